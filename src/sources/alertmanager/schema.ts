import { isObject } from '../parsing/json.ts'

/**
 * An alert of Alertmanager's payload version 4. Only its labels must be there: a sender that writes another field in
 * another way (Grafana does, so do hand-made webhooks) must not lose the alert by it.
 */
export interface PayloadAlert extends Record<string, unknown> {
  labels: Record<string, unknown>
  status?: unknown
  annotations?: unknown
  startsAt?: unknown
  endsAt?: unknown
  generatorURL?: unknown
  fingerprint?: unknown
}

/** The envelope; `alerts` are checked one by one, so that a bad one costs only itself. */
export interface Payload {
  alerts: unknown[]
  status?: unknown
  groupKey?: unknown
  groupLabels?: unknown
  receiver?: unknown
  externalURL?: unknown
  truncatedAlerts?: unknown
  commonLabels?: unknown
  commonAnnotations?: unknown
  /** Labels of the route that was taken (Alertmanager 0.34 and newer). */
  routeLabels?: unknown
  notification_reason?: unknown
  notificationReason?: unknown
  /** Grafana's. */
  title?: unknown
  message?: unknown
  state?: unknown
  enrichments?: unknown
}

/** Whether a body is a payload: any `version`, any further fields. */
export function isPayload(value: unknown): value is Payload {
  return isObject(value) && Array.isArray(value['alerts'])
}

/** Whether an item of `alerts` is an alert. */
export function isPayloadAlert(value: unknown): value is PayloadAlert {
  return isObject(value) && isObject(value['labels'])
}

/** Why a value is not a payload (`alerts`) or not an alert (`labels`), such as `/labels: must be object`. */
export function faultOf(value: unknown, key: 'alerts' | 'labels'): string {
  if (!isObject(value)) return 'must be object'
  if (value[key] === undefined) return `must have required property '${key}'`
  return `/${key}: must be ${key === 'alerts' ? 'array' : 'object'}`
}
