import type { Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'

interface Incoming {
  fingerprint: string
  status: Status
  level: Level
  startsAtMs?: number | undefined
  endsAtMs?: number | undefined
  /** 0: aggregation is off. */
  everyMs: number
}

/** What was last let through for one group of the same alert, or of the same aggregation group. */
interface Last {
  fingerprint: string
  status: Status
  level: Level
  startsAt: Date | undefined
  firingAt: Date | undefined
  resolvedAt: Date | undefined
}

/**
 * Why an alert is not delivered to a group, or undefined when it is. `outdated`: the group has heard of a later state.
 * `aggregated`: the same alert with the same status was let through within the period; a change of status and a rise in
 * level always pass. Alerts that share a group (`aggregate.by`) are delivered once a period, whichever of them it is, and
 * again when one fires after the group heard of a recovery.
 */
export function reasonToSuppress(
  incoming: Incoming,
  last: Last | undefined,
  now: Date,
): 'outdated' | 'aggregated' | undefined {
  if (last === undefined) return undefined
  if (isOutdated(incoming, last)) return 'outdated'
  if (incoming.everyMs === 0 || isNews(incoming, last)) return undefined
  const lastAt = incoming.status === 'firing' ? last.firingAt : last.resolvedAt
  if (lastAt === undefined) return undefined
  // Absolute, so that a clock that was set back does not silence an alert for as long as it was wrong.
  return Math.abs(now.getTime() - lastAt.getTime()) < incoming.everyMs ? 'aggregated' : undefined
}

/**
 * A firing that began before the one whose recovery was let through; a recovery that ended before the firing that was let
 * through began. Not by the start of a recovery: Alertmanager moves it back where it merges two copies of an alert.
 */
function isOutdated(incoming: Incoming, last: Last): boolean {
  if (incoming.fingerprint !== last.fingerprint || incoming.status === last.status) return false
  const { status, startsAtMs, endsAtMs } = incoming
  const atMs = status === 'firing' ? startsAtMs : (endsAtMs ?? startsAtMs)
  return atMs !== undefined && last.startsAt !== undefined && atMs < last.startsAt.getTime()
}

function isNews(incoming: Incoming, last: Last): boolean {
  if (incoming.status !== last.status)
    return incoming.status === 'firing' || incoming.fingerprint === last.fingerprint
  return incoming.status === 'firing' && incoming.level < last.level
}
