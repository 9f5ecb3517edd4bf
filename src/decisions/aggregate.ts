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
  /** Came again because others joined its group: a firing that the group was sent does not pass. */
  onlyNew?: boolean | undefined
  /** Somebody has muted it. */
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
 * Why an alert is not delivered to a group; undefined when it is. `outdated`: a later state was already let through.
 * `aggregated`: the same alert with the same status was let through within the period. A change of status and a rise in
 * level always pass. Alerts with a common aggregation key (`aggregate.by`) count as one, and pass when one fires after a
 * recovery. `muted`: somebody has muted it; a rise in level passes, and so does the recovery of what the group was
 * sent.
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
  // Absolute, so that a clock set back does not suppress alerts for as long as it was wrong.
  return Math.abs(now.getTime() - lastAt.getTime()) < incoming.everyMs ? 'aggregated' : undefined
}

/**
 * A firing is outdated if it began before the firing whose recovery was let through; a recovery, if it ended before the
 * last firing began. The start of a recovery is not compared: Alertmanager moves it back when it merges two copies.
 */
function isOutdated(incoming: Incoming, last: Last): boolean {
  if (incoming.fingerprint !== last.fingerprint || incoming.status === last.status) return false
  const { status, startsAtMs, endsAtMs } = incoming
  const atMs = status === 'firing' ? startsAtMs : (endsAtMs ?? startsAtMs)
  return atMs !== undefined && last.startsAt !== undefined && atMs < last.startsAt.getTime()
}

/** A firing that was muted is remembered without the time at which the group heard of it. */
function isMuted(incoming: Incoming, last: Last): boolean {
  if (incoming.status === 'firing') return incoming.muted === true && incoming.level >= last.level
  if (last.status === 'firing' && last.fingerprint === incoming.fingerprint)
    return last.firingAt === undefined
  return incoming.muted === true
}

/** It began after the firing that was let through, whose recovery was not heard. */
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
