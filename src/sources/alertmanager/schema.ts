import { isObject } from '../parsing/json.ts'

/**
 * An alert of Alertmanager's payload version 4. Only its labels are required, so that an unusual type in another field
 * does not lose the alert. Grafana and hand-made webhooks send such types.
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

/** The payload; its `alerts` are checked one by one, so that a malformed one does not affect the others. */
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
  /** Grafana only. */
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

/** A hint at the right route for a body; undefined for an object with `alerts` and for a text, number or literal. */
export function routeFor(body: unknown): string | undefined {
  if (Array.isArray(body))
    return body.some((each) => isObject(each) && isObject(each['labels']))
      ? 'Alertmanager itself takes a bare list of alerts (/api/v2/alerts): send it there and let Alertmanager post here, or send {"alerts": […]}'
      : '/ocp/:channel takes a list of messages'
  if (!isObject(body)) return undefined
  if ('evalMatches' in body || ('ruleId' in body && 'ruleName' in body))
    return "/ocp/:channel takes the webhook of Grafana's legacy alerting; this address takes Grafana Alerting's own webhook"
  if ('alerts' in body) return undefined
  return "This address takes Alertmanager payloads; OCP's go to /ocp/:channel, and DingTalk's to /robot/send"
}
