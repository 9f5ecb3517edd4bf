import { type Attempt, type Outcome, STAYS_MS } from '../model/message.ts'
import type { Channel, Robot } from '../model/settings.ts'
import { countedForMs } from './pace.ts'

/** What is known when an attempt has ended. */
export interface Aftermath {
  attempt: Attempt
  /** When it had ended. */
  now: Date
  robot: Robot
  mode: Channel['mode']
  /** Attempts of this message, this one included. */
  attempts: number
  /** Those of them that ended as this one did, this one included. */
  alike: number
  /** Attempts of this robot that failed one after another before this one. */
  failures: number
  /** Size of the body that was sent, in bytes. */
  bodyBytes: number
  /** Alerts that it carries; a message without any cannot be made anew in parts. */
  alertCount: number
  /** In a pool: another robot is not set aside. */
  poolHasHealthyRobot: boolean
  /** From 0 up to but not including 1. */
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

/** After so many replies alike that nobody can read as passing a message is given up; an outage before counts nothing. */
const MAX_BOUNDED_ATTEMPTS = 6

/** Of pages that are not DingTalk's: about half an hour of them, which outlasts a limiter and most mends of a proxy. */
const MAX_UNREADABLE_ATTEMPTS = 40

/** DingTalk refuses a public address for five minutes (10,000 calls in 20 s). */
const ADDRESS_PENALTY_MS = 5 * 60_000

/** How long a robot of a pool that refuses messages is set aside before it is tried again with a single one. */
const SET_ASIDE_MS = 3 * 60_000

/** Below this a smaller body would say nothing. */
const MIN_BODY_BYTES = 2_000

const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/** A robot waits less than a message, so that one bad message does not hold up the others. */
const MAX_ROBOT_PAUSE_MS = 30_000

/** What happens to a message and its robot after an attempt. */
export function verdictOn(aftermath: Aftermath): Verdict {
  const { attempt, now, robot, mode } = aftermath
  const { outcome } = attempt
  switch (outcome.kind) {
    case 'delivered':
      return { next: { kind: 'sent' }, pause: undefined, failures: 0 }
    case 'throttled': {
      // From the refusal, which the peer made before we heard of it.
      const isAddress = outcome.scope === 'address'
      const longestMs = isAddress ? ADDRESS_PENALTY_MS : Number.POSITIVE_INFINITY
      const until = later(now, countedForMs(Math.min(robot.limits.penaltyMs, longestMs)))
      const scope = isAddress ? `address:${robot.address}` : `robot:${robot.key}`
      const dueAt = mode === 'pool' ? now : until
      return {
        next: { kind: 'retry', dueAt },
        pause: { scope, until, reason: 'throttled' },
        failures: aftermath.failures,
      }
    }
    case 'retryable':
      return afterFailure(aftermath, outcome)
    case 'too_long': {
      const bodyBytes = Math.floor(aftermath.bodyBytes * 0.75)
      return {
        next:
          bodyBytes < MIN_BODY_BYTES || aftermath.alertCount === 0
            ? dead(attempt.words)
            : {
                kind: 'split',
                reason: `${attempt.words} Sent again in smaller messages.`,
                bodyBytes,
              },
        pause: undefined,
        failures: 0,
      }
    }
    case 'rejected': {
      if (mode === 'all' || outcome.reason === 'content')
        return { next: dead(attempt.words), pause: undefined, failures: 0 }
      return {
        next: aftermath.poolHasHealthyRobot ? { kind: 'retry', dueAt: now } : dead(attempt.words),
        pause: { scope: `robot:${robot.key}`, until: later(now, SET_ASIDE_MS), reason: 'rejected' },
        failures: 0,
      }
    }
  }
}

/** Again later, by another robot of the pool where nothing can have arrived. */
function afterFailure(
  aftermath: Aftermath,
  outcome: Extract<Outcome, { kind: 'retryable' }>,
): Verdict {
  const { attempt, now, robot, mode } = aftermath
  const failures = aftermath.failures + 1
  const pause = {
    scope: `robot:${robot.key}`,
    until: later(now, backoffMs(failures, MAX_ROBOT_PAUSE_MS, aftermath.random)),
    reason: 'unreachable' as const,
  }
  const max = outcome.reason === 'unreadable' ? MAX_UNREADABLE_ATTEMPTS : MAX_BOUNDED_ATTEMPTS
  if (outcome.bounded && aftermath.alike >= max)
    return {
      next: dead(`${attempt.words} Given up after ${aftermath.alike} replies alike.`),
      pause,
      failures,
    }
  const backoff = backoffMs(aftermath.attempts, MAX_RETRY_MS, aftermath.random)
  if (mode === 'pool' && !outcome.reached)
    return { next: { kind: 'retry', dueAt: now }, pause, failures }
  const dueAt = later(now, backoff)
  if (!outcome.reached) return { next: { kind: 'retry', dueAt }, pause, failures }
  // It may have arrived: it stays with its robot, whose group knows its key. A reload may bring another robot.
  return { next: { kind: 'retry', dueAt, elsewhereAt: later(now, STAYS_MS) }, pause, failures }
}

/** Doubles from a second up to `longestMs`, of which a random half is left away so that retries do not march in step. */
export function backoffMs(attempt: number, longestMs: number, random: number): number {
  const full = Math.min(longestMs, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 20))
  return Math.floor(full * (0.5 + random / 2))
}

function dead(reason: string): Verdict['next'] {
  return { kind: 'dead', reason }
}

function later(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms)
}
