/** A message that was claimed lately for one queue and channel. */
export interface RecentMessage {
  at: Date
  /** It merged more requests than a window has calls. */
  storm: boolean
}

/** Messages of the last so long belong to the storm that may follow them; after so long without one it is over. */
export const STORM_MS = 10_000

/** A storm's second message carries what its first seconds brought; later ones collect for longer. */
const SECOND_AFTER_MS = 1_000
const NEXT_AFTER_MS = 8_000

/** Severe alerts are promised to be on the wire within 5 s: a second of it is for the pace and the network. */
const SEVERE_AFTER_MS = 4_000

export interface StormQuestion {
  /** Oldest first. */
  recent: readonly RecentMessage[]
  /** The robot's window. */
  perMs: number
  /** Messages that may carry a storm: `digest.max_messages`. */
  maxMessages: number
  now: Date
}

/** How many messages have carried the storm so far; those of a storm count for the whole window. */
export function sentOfStorm(question: StormQuestion): number {
  return leavingTimes(question).length
}

/** Whether what waits now belongs to a storm that is under way. */
export function isOngoing({ recent, now }: StormQuestion): boolean {
  return recent.some(({ at, storm }) => storm && isWithin(at, STORM_MS, now))
}

/**
 * When a storm's next message may be made: at most `maxMessages` in a window carry it, however long it lasts, and each but
 * the first collects for a while. Severe alerts wait for no window, and no longer than `severeSince` plus 4 s.
 */
export function nextOfStormAt(
  question: StormQuestion & { oldest: Date; severeSince: Date | undefined },
): Date {
  const { recent, now, maxMessages, oldest, severeSince } = question
  const leaving = leavingTimes(question)
  const last = recent.findLast(({ at }) => at <= now)?.at
  if (leaving.length === 0 || last === undefined) return now
  if (leaving.length === 1 && (maxMessages > 1 || severeSince !== undefined))
    return earlier(later(last, SECOND_AFTER_MS), later(oldest, SECOND_AFTER_MS))
  if (severeSince !== undefined)
    return earlier(later(last, SEVERE_AFTER_MS), later(severeSince, SEVERE_AFTER_MS))
  const gap = later(last, NEXT_AFTER_MS)
  const free = leaving[leaving.length - maxMessages]
  return free === undefined || free < gap ? gap : free
}

/** When each message stops counting towards the storm, ascending. Those from the future (the clock was set back) never did. */
function leavingTimes({ recent, perMs, now }: StormQuestion): Date[] {
  const longestMs = (storm: boolean): number => (storm ? Math.max(perMs, STORM_MS) : STORM_MS)
  return recent
    .filter(({ at, storm }) => isWithin(at, longestMs(storm), now))
    .map(({ at, storm }) => later(at, longestMs(storm)))
    .sort((a, b) => a.getTime() - b.getTime())
}

function isWithin(at: Date, ms: number, now: Date): boolean {
  const ageMs = now.getTime() - at.getTime()
  return ageMs >= 0 && ageMs < ms
}

function later(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms)
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other
}
