import type { Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'

interface Incoming {
  fingerprint: string
  status: Status
  level: Level
  startsAtMs?: number | undefined
  endsAtMs?: number | undefined
  /** 0 turns aggregation off. */
  everyMs: number
  /** Whether the sender repeats a group only because alerts joined it. The alerts let through before are suppressed. */
  onlyNew?: boolean | undefined
  /** Whether a mute covers the alert. */
  muted?: boolean | undefined
}

/** The last alert that was let through for one group and aggregation key. */
interface Last {
  fingerprint: string
  status: Status
  level: Level
  startsAt: Date | undefined
  firingAt: Date | undefined
  resolvedAt: Date | undefined
}

/**
 * Why an alert is not delivered to a group; undefined if it is delivered. `outdated`: a later state was already let
 * through. `aggregated`: the same alert with the same status was let through within the period; with `onlyNew` the
 * period has no end, except for a later firing. A firing after a recovery, the recovery of the last alert and a rise in
 * level are exempt. `muted`: a mute covers it, or covered its firing; a rise in level and the recovery of a sent firing
 * are exempt. Alerts with a common aggregation key (`aggregate.by`) count as one.
 */
export function reasonToSuppress(
  incoming: Incoming,
  last: Last | undefined,
  now: Date,
): 'outdated' | 'aggregated' | 'muted' | undefined {
  if (last === undefined) return incoming.muted === true ? 'muted' : undefined
  if (isOutdated(incoming, last)) return 'outdated'
  if (isMuted(incoming, last)) return 'muted'
  if (isNews(incoming, last)) return undefined
  const lastAt = incoming.status === 'firing' ? last.firingAt : last.resolvedAt
  if (lastAt === undefined) return undefined
  if (incoming.onlyNew === true && !isLaterFiring(incoming, last)) return 'aggregated'
  // The absolute difference, so that a clock set back does not suppress alerts until it catches up.
  return Math.abs(now.getTime() - lastAt.getTime()) < incoming.everyMs ? 'aggregated' : undefined
}

/**
 * A firing is outdated if it started before the firing whose recovery was let through. A recovery is outdated if it
 * ended before the last firing started. Its own start counts only if it has no end, because Alertmanager moves the
 * start back when it merges two copies.
 */
function isOutdated(incoming: Incoming, last: Last): boolean {
  if (incoming.fingerprint !== last.fingerprint || incoming.status === last.status) return false
  const { status, startsAtMs, endsAtMs } = incoming
  const atMs = status === 'firing' ? startsAtMs : (endsAtMs ?? startsAtMs)
  return atMs !== undefined && last.startsAt !== undefined && atMs < last.startsAt.getTime()
}

/** A muted firing is stored without `firingAt`, because it was not delivered. */
function isMuted(incoming: Incoming, last: Last): boolean {
  if (incoming.status === 'firing') return incoming.muted === true && incoming.level >= last.level
  if (last.status === 'firing' && last.fingerprint === incoming.fingerprint)
    return last.firingAt === undefined
  return incoming.muted === true
}

/** For an alert with the status of the last one: whether it is a firing that started after the last firing. */
function isLaterFiring({ status, startsAtMs }: Incoming, { startsAt }: Last): boolean {
  return (
    status === 'firing' &&
    startsAtMs !== undefined &&
    startsAt !== undefined &&
    startsAtMs > startsAt.getTime()
  )
}

function isNews(incoming: Incoming, last: Last): boolean {
  if (incoming.status !== last.status)
    return incoming.status === 'firing' || incoming.fingerprint === last.fingerprint
  return incoming.status === 'firing' && incoming.level < last.level
}
