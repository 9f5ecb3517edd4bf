import { Ajv } from 'ajv'

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
}

const ajv = new Ajv()

/** Whether a body is a payload: any `version`, any further fields. */
export const isPayload = ajv.compile<Payload>({
  type: 'object',
  required: ['alerts'],
  properties: { alerts: { type: 'array' } },
})

/** Whether one of the alerts can be told as one. */
export const isPayloadAlert = ajv.compile<PayloadAlert>({
  type: 'object',
  required: ['labels'],
  properties: { labels: { type: 'object' } },
})

/** What the last check found wrong, such as `/labels: must be object`. */
export function faultOf(check: typeof isPayloadAlert | typeof isPayload): string {
  const [error] = check.errors ?? []
  if (error === undefined) return 'not understood'
  const { instancePath, message = error.keyword } = error
  return instancePath === '' ? message : `${instancePath}: ${message}`
}
