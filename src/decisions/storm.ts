import { later } from '../model/instant.ts'

/** A recent message of one queue and channel. */
export interface RecentMessage {
  at: Date
  /** Whether it is a storm message: it merged more requests than a window has calls. */
  storm: boolean
}

/** A storm counts messages from this long before its start, and ends this long after its last storm message. */
export const STORM_MS = 10_000

/** Gap before a storm's second message. */
const SECOND_GAP_MS = 1_000
/** Gap before each later message. */
const LATER_GAP_MS = 8_000

/** Gap before a message with severe alerts. They go out within 5 s; 1 s of this is for the pace and the network. */
const SEVERE_GAP_MS = 4_000

export interface StormInput {
  /** Oldest first. */
  recent: readonly RecentMessage[]
  /** The length of the robot's window. */
  perMs: number
  /** `digest.max_messages`. */
  maxMessages: number
  now: Date
}

/** How many messages count towards the storm so far. */
export function sentOfStorm(input: StormInput): number {
  return countedMessages(input).length
}

/** Whether a storm is in progress. */
export function isOngoing({ recent, now }: StormInput): boolean {
  return recent.some(({ at, storm }) => storm && isWithin(at, STORM_MS, now))
}

/**
 * When the next message of a storm may be sent. At most `maxMessages` messages in a window carry the storm, and each
 * but the first collects alerts for a while. Severe alerts ignore the window and wait at most 4 s from `severeSince`.
 */
export function nextOfStormAt(
  input: StormInput & { oldest: Date; severeSince: Date | undefined },
): Date {
  const { now, maxMessages, oldest, severeSince } = input
  const counted = countedMessages(input)
  const last = counted.at(-1)?.at
  if (last === undefined) return now
  if (counted.length === 1 && (maxMessages > 1 || severeSince !== undefined))
    return earlier(later(last, SECOND_GAP_MS), later(oldest, SECOND_GAP_MS))
  if (severeSince !== undefined)
    return earlier(later(last, SEVERE_GAP_MS), later(severeSince, SEVERE_GAP_MS))
  const leaving = counted
    .map(({ at, storm }) => at.getTime() + countsForMs(storm, input))
    .sort((a, b) => a - b)
  const gap = last.getTime() + LATER_GAP_MS
  return new Date(Math.max(gap, leaving[leaving.length - maxMessages] ?? gap))
}

/** Messages that count towards the storm. Ignores messages in the future, left by a clock that was set back. */
function countedMessages(input: StormInput): RecentMessage[] {
  const { recent, now } = input
  return recent.filter(({ at, storm }) => isWithin(at, countsForMs(storm, input), now))
}

/** A storm message counts for the whole window. */
function countsForMs(storm: boolean, { perMs }: StormInput): number {
  return storm ? Math.max(perMs, STORM_MS) : STORM_MS
}

function isWithin(at: Date, ms: number, now: Date): boolean {
  const ageMs = now.getTime() - at.getTime()
  return ageMs >= 0 && ageMs < ms
}

function earlier(one: Date, other: Date): Date {
  return new Date(Math.min(one.getTime(), other.getTime()))
}
