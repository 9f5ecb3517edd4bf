import type { AcceptRequest, IncomingAlert } from '../../src/stores/incoming.ts'

/** The aggregation period of the alerts. */
export const EVERY_MS = 600_000

/** A firing alert for queue `robot:a` and channel `ops`. */
export function incomingAlert(
  fingerprint: string,
  changes: Partial<IncomingAlert> = {},
): IncomingAlert {
  return {
    position: 0,
    channel: 'ops',
    queues: ['robot:a'],
    fingerprint,
    status: 'firing',
    level: 3,
    name: 'rule',
    cluster: 'c1',
    group: changes.fingerprint ?? fingerprint,
    everyMs: EVERY_MS,
    ...changes,
  }
}

/** A request with these alerts, in their order. */
export function acceptRequest(
  alerts: readonly IncomingAlert[],
  { key = 'k', ...changes }: Partial<AcceptRequest> = {},
): AcceptRequest {
  return {
    now: new Date(0),
    source: 'ocp',
    key,
    dedupWindowMs: 120_000,
    body: `text ${key}`,
    alerts: alerts.map((each, position) => ({ ...each, position })),
    ...changes,
  }
}
