import { later } from '../model/instant.ts'
import { type Attempt, type Outcome, SAME_ROBOT_MS } from '../model/message.ts'
import type { Channel, Robot } from '../model/settings.ts'
import { countedForMs } from './pace.ts'

/** A finished attempt and its circumstances. */
export interface EndedAttempt {
  attempt: Attempt
  /** End of the attempt. */
  now: Date
  robot: Robot
  mode: Channel['mode']
  /** Attempts of this message, including this one. */
  attempts: number
  /** Attempts with the same result, including this one. */
  sameResults: number
  /** Consecutive failures of this robot before this attempt. */
  failures: number
  /** Size of the sent body. */
  bodyBytes: number
  /** The size limit for which the robot's messages are composed. */
  limitBytes: number
  /** Alerts in the message; a message without alerts cannot be split. */
  alertCount: number
  /** Whether another robot of the pool is neither set aside nor paused without an end. */
  hasUsablePeer: boolean
  /** A random number in [0, 1), for the jitter. */
  random: number
}

export interface Verdict {
  next:
    | { kind: 'sent' }
    | { kind: 'retry'; dueAt: Date; elsewhereAt?: Date }
    | { kind: 'dead'; reason: string }
    | { kind: 'split'; reason: string; bodyBytes: number }
  pause: { scope: string; until: Date; reason: PauseReason } | undefined
  failures: number
}

export type PauseReason = 'throttled' | 'unreachable' | 'rejected'

/** A message is dead after this many equal replies that do not look transient. Other failures do not count. */
const MAX_BOUNDED_ATTEMPTS = 6

/**
 * The same limit for replies that do not come from DingTalk: 17 to 34 minutes of retries, which outlast a rate limiter
 * and most proxy repairs.
 */
const MAX_UNREADABLE_ATTEMPTS = 40

/** DingTalk blocks a public IP address for five minutes (after 10,000 calls in 20 s). */
const ADDRESS_PENALTY_MS = 5 * 60_000

/** How long a pool robot that rejects messages is set aside before it is tried with a single message. */
const SET_ASIDE_MS = 3 * 60_000

/** A smaller body has no room for useful text. */
const MIN_BODY_BYTES = 2_000

const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/** Shorter than MAX_RETRY_MS, so that one bad message does not block the others. */
const MAX_ROBOT_PAUSE_MS = 30_000

/** Decides what follows for a message and its robot after an attempt. */
export function verdictOn(ended: EndedAttempt): Verdict {
  const { attempt, now, robot, mode } = ended
  const { outcome } = attempt
  switch (outcome.kind) {
    case 'delivered':
      return { next: { kind: 'sent' }, pause: undefined, failures: 0 }
    case 'throttled': {
      // Counts from now, because DingTalk refused the call before its reply arrived.
      const isAddress = outcome.scope === 'address'
      const longestMs = isAddress ? ADDRESS_PENALTY_MS : Number.POSITIVE_INFINITY
      const until = later(now, countedForMs(Math.min(robot.limits.penaltyMs, longestMs)))
      const scope = isAddress ? `address:${robot.address}` : `robot:${robot.key}`
      const dueAt = mode === 'pool' ? now : until
      return {
        next: { kind: 'retry', dueAt },
        pause: { scope, until, reason: 'throttled' },
        failures: ended.failures,
      }
    }
    case 'retryable':
      return afterFailure(ended, outcome)
    case 'too_long': {
      const smaller = Math.floor(ended.bodyBytes * 0.75)
      const bodyBytes = Math.min(smaller, ended.limitBytes)
      // The first attempt was composed for this limit and is still larger, so composing again would not help.
      const isStuck = ended.attempts === 1 && smaller >= ended.limitBytes
      return {
        next:
          bodyBytes < MIN_BODY_BYTES || ended.alertCount === 0 || isStuck
            ? dead(attempt.explanation)
            : {
                kind: 'split',
                reason: `${attempt.explanation} Sent again in smaller messages.`,
                bodyBytes,
              },
        pause: undefined,
        failures: 0,
      }
    }
    case 'rejected': {
      if (mode === 'all' || outcome.reason === 'content')
        return { next: dead(attempt.explanation), pause: undefined, failures: 0 }
      return {
        next: ended.hasUsablePeer ? { kind: 'retry', dueAt: now } : dead(attempt.explanation),
        pause: { scope: `robot:${robot.key}`, until: later(now, SET_ASIDE_MS), reason: 'rejected' },
        failures: 0,
      }
    }
  }
}

/**
 * Retries later, or at once through another robot of the pool if the message certainly did not arrive. Gives up after
 * the maximum of equal bounded replies.
 */
function afterFailure(
  ended: EndedAttempt,
  outcome: Extract<Outcome, { kind: 'retryable' }>,
): Verdict {
  const { attempt, now, robot, mode } = ended
  const failures = ended.failures + 1
  const pause = {
    scope: `robot:${robot.key}`,
    until: later(now, backoffMs(failures, MAX_ROBOT_PAUSE_MS, ended.random)),
    reason: 'unreachable' as const,
  }
  const max = outcome.reason === 'unreadable' ? MAX_UNREADABLE_ATTEMPTS : MAX_BOUNDED_ATTEMPTS
  if (outcome.bounded && ended.sameResults >= max)
    return {
      next: dead(`${attempt.explanation} Given up after ${ended.sameResults} equal replies.`),
      pause,
      failures,
    }
  if (mode === 'pool' && !outcome.reached)
    return { next: { kind: 'retry', dueAt: now }, pause, failures }
  const dueAt = later(now, backoffMs(ended.attempts, MAX_RETRY_MS, ended.random))
  if (!outcome.reached) return { next: { kind: 'retry', dueAt }, pause, failures }
  // The message may have arrived, so it stays with its robot for SAME_ROBOT_MS: its group drops a repeat. This holds
  // even if a reload adds robots.
  return { next: { kind: 'retry', dueAt, elsewhereAt: later(now, SAME_ROBOT_MS) }, pause, failures }
}

/** Exponential backoff from one second to `longestMs`, with up to half subtracted as jitter. */
export function backoffMs(attempt: number, longestMs: number, random: number): number {
  const full = Math.min(longestMs, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 20))
  return Math.floor(full * (0.5 + random / 2))
}

function dead(reason: string): Verdict['next'] {
  return { kind: 'dead', reason }
}
