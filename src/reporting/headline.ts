import type { QuietSource } from './quiet-sources.ts'
import { isRobotRefusal } from './refusals.ts'

/** The facts that determine the headline. */
export interface HeadlineFacts {
  /** Faults of a new configuration that was refused. */
  refused: { at: Date; faults: readonly string[] } | undefined
  robots: readonly RobotFacts[]
  channels: readonly { name: string; waiting: number; heldUntil: Date | undefined }[]
  failed: { count: number; severe: number; oldest: Date | undefined }
  /** Alerts of the last 24 hours that are dead because their channel or robot was removed. */
  removed: { count: number; oldest: Date | undefined }
  /** Alerts that are not delivered yet; `waitingSevere` are those that are Down or Critical. */
  waiting: number
  waitingSevere: number
  oldest: Date | undefined
  /** Sources from which nothing comes. */
  quiet: readonly QuietSource[]
  quota: { used: number; limit: number | undefined }
  /** True if the store contains a message. */
  hasMessages: boolean
}

export interface RobotFacts {
  name: string
  sandbox: boolean
  pausedUntil: Date | undefined
  pausedSince: Date | undefined
  pauseReason: string | undefined
  pausedBy: string | undefined
  lastResult: string | undefined
  lastAt: Date | undefined
  waiting: number
  oldest: Date | undefined
  /** The robots of the pool that contains most of its waiting alerts; undefined if it delivers them alone. */
  sharedBy: readonly string[] | undefined
  /** Counts of attempts in the past hour. */
  attempts: { accepted: number; refused: number }
  monthUsed: number
  monthly: number | undefined
  /** True if every channel that uses it is a pool with another working robot. */
  covered: boolean
}

/** A problem; MOODS lists the kinds, the most urgent first. */
export type Trouble =
  | { kind: 'store_unavailable'; why: string }
  | { kind: 'refused'; robot: string; result: string; since: Date | undefined }
  | { kind: 'failed'; count: number; severe: number; since: Date | undefined }
  | { kind: 'removed'; count: number; since: Date | undefined }
  | { kind: 'config_refused'; faults: readonly string[]; since: Date }
  | { kind: 'quota_used_up'; robot: string | undefined; used: number; limit: number }
  | { kind: 'unreachable'; robot: string; result: string; until: Date | undefined }
  | { kind: 'throttled'; robot: string; waiting: number; since: Date | undefined; until: Date }
  | Extract<QuietSource, { kind: 'heartbeat_missing' }>
  | {
      kind: 'by_hand'
      robot: string
      waiting: number
      since: Date | undefined
      until: Date
      by: string
    }
  | { kind: 'set_aside'; robot: string; result: string; until: Date | undefined }
  | { kind: 'push_limit'; channel: string; waiting: number; until: Date }
  | { kind: 'quota_low'; robot: string | undefined; used: number; limit: number }

export type Mood = 'calm' | 'busy' | 'paused' | 'bad'

export interface Headline {
  mood: Mood
  /** The kind of the worst problem, else of the state; `calm` only if everything is delivered. */
  kind: Trouble['kind'] | 'waiting' | 'sandbox_only' | 'empty' | 'calm'
  troubles: Trouble[]
  /** Alerts that wait, and the robot with the most of them, unless it is the only one. */
  waiting: {
    count: number
    severe: number
    oldest: Date | undefined
    most: { robot: string; count: number } | undefined
  }
  /** Sources that are quiet, which is not a problem. */
  quiet: readonly Extract<QuietSource, { kind: 'quiet' }>[]
}

export interface RobotCondition {
  mood: Mood
  kind: 'ready' | 'refused' | 'set_aside' | 'throttled' | 'unreachable' | 'by_hand' | 'retrying'
}

/** The share of a monthly limit from which it counts as nearly used. */
export const SCARCE_FROM = 0.9

/** An alert that waits longer than this is delayed, not only in progress. */
const LONG_WAIT_MS = 5 * 60_000

/** A robot with at least this many refused messages in the past hour, and none accepted, counts as refused. */
const MIN_REFUSED = 2

const MOODS: Record<Trouble['kind'], Mood> = {
  store_unavailable: 'bad',
  refused: 'bad',
  failed: 'bad',
  removed: 'bad',
  config_refused: 'bad',
  quota_used_up: 'bad',
  unreachable: 'paused',
  throttled: 'paused',
  heartbeat_missing: 'paused',
  by_hand: 'paused',
  set_aside: 'paused',
  push_limit: 'paused',
  quota_low: 'paused',
}

const ORDER = Object.keys(MOODS) as Trouble['kind'][]

/** The condition of one robot. `retrying`: its last message failed and alerts wait; `ready`: nothing is wrong. */
export function conditionOf(robot: RobotFacts): RobotCondition {
  const { pausedUntil, pauseReason, lastResult, waiting, covered, attempts } = robot
  if (pausedUntil !== undefined && pauseReason === 'by_hand')
    return { mood: 'paused', kind: 'by_hand' }
  if (pausedUntil !== undefined && pauseReason === 'throttled')
    return { mood: 'paused', kind: 'throttled' }
  if (pausedUntil !== undefined && pauseReason === 'rejected')
    return { mood: 'paused', kind: 'set_aside' }
  const isRefusing = attempts.accepted === 0 && attempts.refused >= MIN_REFUSED
  if (isRobotRefusal(lastResult) || (isRefusing && lastResult !== 'ok'))
    return covered ? { mood: 'paused', kind: 'set_aside' } : { mood: 'bad', kind: 'refused' }
  if (pausedUntil !== undefined) return { mood: 'paused', kind: 'unreachable' }
  if (lastResult !== undefined && lastResult !== 'ok' && lastResult !== 'throttled' && waiting > 0)
    return { mood: 'paused', kind: 'retrying' }
  return { mood: 'calm', kind: 'ready' }
}

/** State, color and numbers of the headline. Pure: never calm while anything is wrong, waits or has failed. */
export function headlineOf(facts: HeadlineFacts, now: Date): Headline {
  const { robots, waiting: count, waitingSevere: severe, oldest } = facts
  const troubles = troublesOf(facts)
  const waiting = { count, severe, oldest, most: mostOf(robots, count) }
  const quiet = facts.quiet.filter((each) => each.kind === 'quiet')
  const rest = { troubles, waiting, quiet }
  const [worst] = troubles
  if (worst !== undefined) return { mood: moodOf(troubles), kind: worst.kind, ...rest }
  if (count > 0) {
    const isLong = oldest !== undefined && now.getTime() - oldest.getTime() > LONG_WAIT_MS
    return { mood: isLong ? 'paused' : 'busy', kind: 'waiting', ...rest }
  }
  const mood = 'calm'
  if (robots.every(({ sandbox }) => sandbox)) return { mood: 'busy', kind: 'sandbox_only', ...rest }
  return { mood, kind: facts.hasMessages ? 'calm' : 'empty', ...rest }
}

/** The headline while the store cannot be read, for the reason `why`. */
export function unavailableHeadline(why: string): Headline {
  const kind = 'store_unavailable'
  const waiting = { count: 0, severe: 0, oldest: undefined, most: undefined }
  return { mood: MOODS[kind], kind, troubles: [{ kind, why }], waiting, quiet: [] }
}

function moodOf(troubles: readonly Trouble[]): Mood {
  return troubles.some(({ kind }) => MOODS[kind] === 'bad') ? 'bad' : 'paused'
}

function troublesOf(facts: HeadlineFacts): Trouble[] {
  const { refused, robots, channels, failed, removed, quota } = facts
  const troubles: Trouble[] = robots.flatMap(troubleOf)
  if (failed.count > 0)
    troubles.push({
      ...{ kind: 'failed', count: failed.count, severe: failed.severe, since: failed.oldest },
    })
  if (removed.count > 0)
    troubles.push({ kind: 'removed', count: removed.count, since: removed.oldest })
  if (refused !== undefined)
    troubles.push({ kind: 'config_refused', faults: refused.faults, since: refused.at })
  for (const each of facts.quiet) if (each.kind === 'heartbeat_missing') troubles.push(each)
  for (const { name, waiting, heldUntil } of channels)
    if (heldUntil !== undefined && waiting > 0)
      troubles.push({ kind: 'push_limit', channel: name, waiting, until: heldUntil })
  const allowances = [
    { robot: undefined, ...quota },
    ...robots.map(({ name, monthUsed, monthly }) => ({
      ...{ robot: name, used: monthUsed, limit: monthly },
    })),
  ]
  for (const { robot, used, limit } of allowances)
    if (limit !== undefined && used >= limit * SCARCE_FROM)
      troubles.push({ kind: used >= limit ? 'quota_used_up' : 'quota_low', robot, used, limit })
  return troubles.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
}

function troubleOf(robot: RobotFacts): Trouble[] {
  const { name, waiting, lastResult: result = '', lastAt, pausedBy } = robot
  const { pausedSince: since, pausedUntil: until } = robot
  const { kind } = conditionOf(robot)
  switch (kind) {
    case 'ready':
      return []
    case 'refused':
      return [{ kind, robot: name, result, since: lastAt }]
    case 'set_aside':
      return [{ kind, robot: name, result, until }]
    case 'throttled':
      return [{ kind, robot: name, waiting, since, until: until as Date }]
    case 'by_hand':
      return [{ kind, robot: name, waiting, since, until: until as Date, by: pausedBy ?? '' }]
    case 'unreachable':
    case 'retrying':
      return [{ kind: 'unreachable', robot: name, result, until }]
  }
}

/**
 * The robot or pool with the most waiting alerts, of equal ones that with the oldest; undefined if it includes all
 * robots.
 */
function mostOf(
  robots: readonly RobotFacts[],
  count: number,
): { robot: string; count: number } | undefined {
  const [most] = robots
    .filter(({ waiting }) => waiting > 0)
    .sort((a, b) => b.waiting - a.waiting || timeOf(a.oldest) - timeOf(b.oldest))
  const named = most?.sharedBy ?? (most && [most.name])
  if (most === undefined || named === undefined || robots.length === named.length) return undefined
  return { robot: named.join(' + '), count: Math.min(most.waiting, count) }
}

function timeOf(at: Date | undefined): number {
  return at?.getTime() ?? Number.POSITIVE_INFINITY
}
