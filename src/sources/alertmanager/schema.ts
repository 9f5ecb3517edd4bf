import { Ajv } from 'ajv'

/** An alert of Alertmanager's payload version 4, as much of it as is needed; unknown fields are taken. */
export interface PayloadAlert {
  status?: string
  labels: Record<string, unknown>
  annotations?: Record<string, unknown>
  startsAt?: string
  endsAt?: string
  generatorURL?: string
  fingerprint?: string
}

/** The envelope; `alerts` are checked one by one, so that a bad one costs only itself. */
export interface Payload {
  alerts: unknown[]
  groupKey?: unknown
  groupLabels?: unknown
  receiver?: unknown
  externalURL?: unknown
  truncatedAlerts?: unknown
}

const ajv = new Ajv({ allErrors: false, strict: true })

export const isPayload = ajv.compile<Payload>({
  type: 'object',
  required: ['alerts'],
  properties: { alerts: { type: 'array' } },
})

export const isPayloadAlert = ajv.compile<PayloadAlert>({
  type: 'object',
  required: ['labels'],
  properties: {
    status: { type: 'string' },
    labels: { type: 'object' },
    annotations: { type: 'object', nullable: true },
    startsAt: { type: 'string' },
    endsAt: { type: 'string' },
    generatorURL: { type: 'string' },
    fingerprint: { type: 'string' },
  },
})

/** What the last check found wrong, such as `/labels must be object`. */
export function faultOf(check: typeof isPayloadAlert | typeof isPayload): string {
  const [error] = check.errors ?? []
  return error === undefined ? 'not understood' : `${error.instancePath} ${error.message}`.trim()
}
