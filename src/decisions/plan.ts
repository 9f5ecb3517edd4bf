import { isSevere, type Level } from '../model/level.ts'
import type { Channel, Limits } from '../model/settings.ts'
import { callsLeft, nextCallAt } from './pace.ts'
import { opensAt, passes } from './push-limit.ts'
import { type Allowance, quotaAllows } from './quota.ts'
import { isOngoing, nextOfStormAt, type StormQuestion, type Told, toldOfStorm } from './storm.ts'

export interface PlanQuestion {
  now: Date
  robot: RobotNow
  due: { id: string } | undefined
  nextDueAt: Date | undefined
  waiting: readonly WaitingNow[]
  /** The robot's own monthly cap and the organisation's quota. */
  allowances: readonly Allowance[]
  hourStart: Date
  hourEnd: Date
  dayEnd: Date
  monthEnd: Date
}

export interface RobotNow {
  calls: readonly { at: Date; until: Date }[]
  limits: Limits
  pause: { until: Date; since: Date; reason: string } | undefined
}

/** What waits in one queue for one channel. */
export interface WaitingNow {
  queue: string
  channel: Channel
  /** The other robots that work the same pool. */
  peers: readonly RobotNow[]
  count: number
  oldest: Date
  /** The most severe first, then the oldest. */
  heads: readonly Head[]
  /** Messages of the last window, oldest first. */
  recent: readonly Told[]
  lastMessageAt: Date | undefined
  messagesThisHour: number
  messagesToday: number
}

export interface Head {
  id: number
  payload: number
  level: Level
  receivedAt: Date
}

/** What to do next with a robot. `until` undefined: until something new waits. */
export type Plan =
  | { kind: 'rest'; until: Date | undefined; reason: RestReason }
  | { kind: 'again'; id: string }
  | {
      kind: 'tell'
      queue: string
      channel: Channel
      scope: Scope
      delayed: { since: Date; reason: DelayReason } | undefined
    }

/**
 * What the next message tells, in a form that lets `messages` messages tell it all: one request's alerts, or what
 * several have brought, merged; `all` is everything that waits.
 */
export type Scope =
  | { kind: 'some'; ids: readonly number[]; messages: number; merged: boolean; storm: boolean }
  | { kind: 'all'; messages: number; merged: true; storm: true }

export type RestReason =
  | 'nothing_waits'
  | 'paused'
  | 'no_call_left'
  | 'collecting'
  | 'retrying'
  | 'push_limit'
  | 'quota'

export type DelayReason = 'penalty' | 'push_limit' | 'quota' | 'unreachable'

/** After a message, others of its channel are collected for so long before the next. */
const COLLECT_MS = 1_000

/** What waited for less than this needs no word about why. */
const NOTICED_DELAY_MS = 60_000

/**
 * The next thing a robot does. Pure. A storm is told, not dropped: while there are calls for every request that
 * waits, each is a message of its own; otherwise all that waits is merged. The most severe goes first.
 */
export function plan(question: PlanQuestion): Plan {
  const { now, robot } = question
  const pausedUntil = pauseEnd(robot, now)
  if (pausedUntil !== undefined) return { kind: 'rest', until: pausedUntil, reason: 'paused' }

  const quota = quotaAllows(question.allowances, { now, end: question.monthEnd })
  if (quota.kind === 'used_up') return { kind: 'rest', until: question.monthEnd, reason: 'quota' }

  const window = { calls: robot.calls, limits: robot.limits, now }
  if (question.due !== undefined) {
    const at = nextCallAt({ ...window, severe: true })
    return at > now
      ? { kind: 'rest', until: at, reason: 'no_call_left' }
      : { kind: 'again', id: question.due.id }
  }

  const rests: { until: Date; reason: RestReason }[] = []
  if (question.nextDueAt !== undefined)
    rests.push({ until: question.nextDueAt, reason: 'retrying' })
  const tellable: (Tellable & { scope: Scope })[] = []
  for (const waiting of question.waiting) {
    const open = openHeads(waiting, question)
    const heads =
      quota.kind === 'severe_only' ? open.heads.filter((head) => isSevere(head.level)) : open.heads
    if (open.until !== undefined) rests.push({ until: open.until, reason: 'push_limit' })
    if (heads.length < open.heads.length) rests.push({ until: question.monthEnd, reason: 'quota' })
    const first = heads[0]
    if (first === undefined) continue
    const each = { waiting, heads, whole: heads.length === waiting.heads.length }
    const scope = scopeOf(each, question)
    const held = heldUntil(each, { scope, quota, question })
    if (held !== undefined && held.until > now) rests.push(held)
    else tellable.push({ ...each, scope })
  }
  tellable.sort((a, b) => compareHeads(a.heads[0] as Head, b.heads[0] as Head))

  const next = tellable[0]
  if (next === undefined) {
    const soonest = rests.sort((a, b) => a.until.getTime() - b.until.getTime())[0]
    return { kind: 'rest', until: soonest?.until, reason: soonest?.reason ?? 'nothing_waits' }
  }
  const first = next.heads[0] as Head
  const at = nextCallAt({ ...window, severe: isSevere(first.level) })
  if (at > now) return { kind: 'rest', until: at, reason: 'no_call_left' }
  return {
    kind: 'tell',
    queue: next.waiting.queue,
    channel: next.waiting.channel,
    scope: next.scope,
    delayed: delayOf(next.waiting, { question, quota: quota.kind }),
  }
}

/** The end of a pause in force. It never lasts longer than it was made for, though the clock was set back. */
export function pauseEnd({ pause }: RobotNow, now: Date): Date | undefined {
  if (pause === undefined || pause.until <= now) return undefined
  const lengthMs = pause.until.getTime() - pause.since.getTime()
  return now < pause.since ? new Date(now.getTime() + lengthMs) : pause.until
}

interface Tellable {
  waiting: WaitingNow
  heads: readonly Head[]
  /** No head is held back. */
  whole: boolean
}

/**
 * One request's alerts while there is a call for each request that waits. Otherwise all is merged, and in a storm that
 * is being told so is what still comes; what a push limit held is one message.
 */
function scopeOf({ waiting, heads, whole }: Tellable, question: PlanQuestion): Scope {
  const { now, robot } = question
  const robots = [robot, ...waiting.peers.filter((peer) => pauseEnd(peer, now) === undefined)]
  const left = robots.reduce((sum, { calls, limits }) => sum + callsLeft({ calls, limits, now }), 0)
  const units = new Set(heads.map((head) => head.payload))
  const storm = stormOf(waiting, question)
  const held = wasHeld(waiting, question)
  const messages = held ? 1 : Math.max(1, Math.min(storm.most - toldOfStorm(storm), left))
  if (whole && waiting.count > heads.length)
    return { kind: 'all', messages, merged: true, storm: true }
  const merged = units.size > Math.max(left, 1) || isOngoing(storm) || (held && units.size > 1)
  const unit = (heads[0] as Head).payload
  const told = merged ? heads : heads.filter((head) => head.payload === unit)
  const ids = told.map((head) => head.id)
  return {
    kind: 'some',
    ids,
    messages,
    merged,
    storm: merged && units.size > robot.limits.messages,
  }
}

function stormOf({ recent, channel }: WaitingNow, { now, robot }: PlanQuestion): StormQuestion {
  return { recent, perMs: robot.limits.perMs, most: channel.digest.maxMessages, now }
}

/** Whether a push limit that is open now has held what waits since before this hour. */
function wasHeld({ channel, oldest }: WaitingNow, { hourStart, now }: PlanQuestion): boolean {
  if (channel.pushLimits === undefined) return false
  return oldest < hourStart && now.getTime() - oldest.getTime() > NOTICED_DELAY_MS
}

/** The heads that push limits let pass, and when they open for the others. */
function openHeads(
  waiting: WaitingNow,
  { hourEnd, dayEnd }: PlanQuestion,
): { heads: readonly Head[]; until: Date | undefined } {
  const limits = waiting.channel.pushLimits
  const { messagesThisHour, messagesToday } = waiting
  const until = opensAt(limits, { messagesThisHour, messagesToday, hourEnd, dayEnd })
  if (until === undefined) return { heads: waiting.heads, until }
  return { heads: waiting.heads.filter((head) => passes(limits, head.level)), until }
}

/** Until when a channel's next message is held back to collect more, if it is. */
function heldUntil(
  { waiting, heads }: Tellable,
  {
    scope,
    quota,
    question,
  }: { scope: Scope; quota: ReturnType<typeof quotaAllows>; question: PlanQuestion },
): { until: Date; reason: RestReason } | undefined {
  const { now } = question
  const { lastMessageAt, oldest } = waiting
  if (lastMessageAt === undefined || lastMessageAt > now) return undefined
  const severe = heads.filter((head) => isSevere(head.level))
  if (quota.kind === 'stretched' && severe.length === 0 && quota.gapMs > COLLECT_MS)
    return { until: new Date(lastMessageAt.getTime() + quota.gapMs), reason: 'quota' }
  if (scope.merged) {
    const severeSince =
      severe.length === 0
        ? undefined
        : new Date(Math.min(...severe.map((head) => head.receivedAt.getTime())))
    const until = nextOfStormAt({ ...stormOf(waiting, question), oldest, severeSince })
    return { until, reason: 'collecting' }
  }
  const quiet = lastMessageAt.getTime() + COLLECT_MS
  const waited = oldest.getTime() + COLLECT_MS
  return { until: new Date(Math.min(quiet, waited)), reason: 'collecting' }
}

/** Why what waits longest had to wait, where a reader would wonder. */
function delayOf(
  { oldest, channel }: WaitingNow,
  { question, quota }: { question: PlanQuestion; quota: string },
): { since: Date; reason: DelayReason } | undefined {
  const { now, robot } = question
  const pause = robot.pause
  if (pause !== undefined && pause.reason === 'throttled' && oldest < pause.until)
    return { since: oldest, reason: 'penalty' }
  if (now.getTime() - oldest.getTime() < NOTICED_DELAY_MS) return undefined
  if (pause !== undefined && oldest < pause.until) return { since: oldest, reason: 'unreachable' }
  if (quota !== 'open') return { since: oldest, reason: 'quota' }
  return channel.pushLimits === undefined ? undefined : { since: oldest, reason: 'push_limit' }
}

/** The most severe first, then the oldest. */
function compareHeads(a: Head, b: Head): number {
  return a.level - b.level || a.receivedAt.getTime() - b.receivedAt.getTime() || a.id - b.id
}
