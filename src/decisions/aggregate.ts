import type { Status } from '../model/alert.ts'

interface Arrival {
  fingerprint: string
  status: Status
  /** 0: aggregation is off. */
  everyMs: number
}

interface Past {
  status: Status
  fingerprint: string
  firingAt: Date | undefined
  resolvedAt: Date | undefined
  dead: boolean
}

/**
 * Why an alert is not told, or undefined when it is. The same alert with the same status within the period is
 * `aggregated`; a change of its status, and an alert whose last message is dead, always pass. Alerts that share a
 * group (`aggregate.by`) are told once a period for each status, whichever of them it is.
 */
export function reasonToSuppress(
  arrival: Arrival,
  past: Past | undefined,
  now: Date,
): string | undefined {
  if (past === undefined || arrival.everyMs === 0 || past.dead) return undefined
  if (arrival.fingerprint === past.fingerprint && arrival.status !== past.status) return undefined
  const toldAt = arrival.status === 'firing' ? past.firingAt : past.resolvedAt
  if (toldAt === undefined) return undefined
  // Absolute, so that a clock that was set back does not silence an alert for as long as it was wrong.
  return Math.abs(now.getTime() - toldAt.getTime()) < arrival.everyMs ? 'aggregated' : undefined
}
