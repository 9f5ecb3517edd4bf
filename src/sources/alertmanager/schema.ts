import { isObject } from '../parsing/json.ts'

/** Fields of an alert that become variables under another name. */
export const ALERT_FIELDS = [
  'labels',
  'annotations',
  'status',
  'startsAt',
  'endsAt',
  'fingerprint',
  'generatorURL',
] as const

/**
 * An alert of Alertmanager's payload version 4. Only its labels are required, so that an unusual type in another field
 * does not lose the alert. Grafana and hand-made webhooks send such types.
 */
export type PayloadAlert = Record<string, unknown> & { labels: Record<string, unknown> } & {
  [name in (typeof ALERT_FIELDS)[number]]?: unknown
}

/** Fields of the payload that are read, other than `alerts`. */
export const PAYLOAD_FIELDS = [
  'status',
  'groupKey',
  'groupLabels',
  'commonLabels',
  'commonAnnotations',
  // Labels of the route that was taken (Alertmanager 0.34 and newer).
  'routeLabels',
  'receiver',
  'externalURL',
  'truncatedAlerts',
  // Why Alertmanager notifies (0.32 and newer), in two spellings.
  'notification_reason',
  'notificationReason',
  // Of Grafana's whole notification.
  'title',
  'message',
  'state',
  'enrichments',
] as const

/** The payload; its `alerts` are checked one by one, so that a malformed one does not affect the others. */
export type Payload = { alerts: unknown[] } & {
  [name in (typeof PAYLOAD_FIELDS)[number]]?: unknown
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
