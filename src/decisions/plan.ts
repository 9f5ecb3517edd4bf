import { later } from '../model/instant.ts'
import { isSevere, type Level } from '../model/level.ts'
import type { Channel, Limits } from '../model/settings.ts'
import { callsLeft, nextCallAt } from './pace.ts'
import { isExempt, opensAt } from './push-limit.ts'
import { type Allowance, type QuotaDecision, quotaAllows } from './quota.ts'
import {
  isOngoing,
  nextOfStormAt,
  type RecentMessage,
  type StormInput,
  sentOfStorm,
} from './storm.ts'

export interface PlanInput {
  now: Date
  robot: RobotNow
  /** The pending message to try now; a message requested by a person only if there is no other. */
  due: DueMessage | undefined
  /** The first severe one, which may use the month's last tenth; equals `due` if that is severe. */
  dueSevere: DueMessage | undefined
  nextDueAt: Date | undefined
  waiting: readonly QueueState[]
  /** The robot's monthly limit and the organisation's quota. */
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

/** A pending message. */
export interface DueMessage {
  id: string
  /** The level of its most severe alert, or QUOTA_WARNING_LEVEL; undefined for other messages without alerts. */
  level: Level | undefined
  byHand: boolean
  alertCount: number
  createdAt: Date
  /** The last attempt, if no attempt can have arrived. */
  refused: { at: Date; result: string } | undefined
}

/** The state of one queue and channel. */
export interface QueueState {
  queue: string
  channel: Channel
  /** The states of the pool's other robots. */
  peers: readonly RobotNow[]
  count: number
  oldest: Date
  /** The most severe first, then the oldest. */
  alerts: readonly QueuedAlert[]
  /** Whether a digest is in flight or pending; then no other digest may be claimed. */
  digestOpen: boolean
  /** Messages of the last window, oldest first. */
  recent: readonly RecentMessage[]
  lastMessageAt: Date | undefined
  messagesThisHour: number
  messagesToday: number
}

export interface QueuedAlert {
  id: number
  payload: number
  level: Level
  receivedAt: Date
}

/** What a robot does next. `until` is undefined if nothing waits. */
export type Plan =
  | { kind: 'wait'; until: Date | undefined; reason: WaitReason }
  | {
      kind: 'retry'
      id: string
      /** Why the message is late, if the group saw nothing of it: it is then composed again, from the present state. */
      late: DelayReason | undefined
    }
  | {
      kind: 'send'
      queue: string
      channel: Channel
      scope: Scope
      delayed: { since: Date; reason: DelayReason } | undefined
    }

/**
 * Alerts of the next message: those of one request, of several merged requests, or `all` that wait. `messages`: how
 * many messages may be used for all of them, which decides how compact the form is.
 */
export type Scope =
  | { kind: 'some'; ids: readonly number[]; messages: number; merged: boolean; storm: boolean }
  | { kind: 'all'; messages: number; merged: true; storm: true }

export type WaitReason =
  | 'nothing_waits'
  | 'paused'
  | 'no_call_left'
  | 'collecting'
  | 'retrying'
  | 'push_limit'
  | 'quota'

export type DelayReason = 'penalty' | 'push_limit' | 'quota' | 'unreachable' | 'by_hand'

/** How long alerts of a channel are collected after a message. */
const COLLECT_MS = 1_000

/** A message explains only longer delays, except that it always explains a penalty of DingTalk. */
const NOTICED_DELAY_MS = 60_000

/**
 * Decides what a robot does next. Pure. If there is a call for each waiting request of a channel, each becomes a
 * separate message; otherwise all are merged, and none is dropped. The most severe alerts go first; a retry counts with
 * the level of its alerts. Messages requested by a person go last. Only severe messages use the last tenth of a month's
 * calls.
 */
export function plan(input: PlanInput): Plan {
  const { now, robot } = input
  const pausedUntil = pauseEnd(robot, now)
  if (pausedUntil !== undefined) return { kind: 'wait', until: pausedUntil, reason: 'paused' }

  const quota = quotaAllows(input.allowances, { now, end: input.monthEnd })
  if (quota.kind === 'used_up') return { kind: 'wait', until: input.monthEnd, reason: 'quota' }

  const { ready, waits } = sendable(input, quota)
  const due = quota.kind === 'severe_only' ? input.dueSevere : input.due
  const { nextDueAt } = input
  if (nextDueAt !== undefined) waits.push({ until: nextDueAt, reason: 'retrying' })
  const window = { calls: robot.calls, limits: robot.limits, now }
  const [next] = ready
  const level = next?.alerts[0]?.level

  if (due !== input.due) waits.push({ until: input.monthEnd, reason: 'quota' })
  if (due !== undefined && !due.byHand && (level === undefined || (due.level ?? 5) <= level)) {
    const at = nextCallAt({ ...window, severe: isSevere(due.level ?? 5) })
    return at > now ? noCallUntil(at) : retryOf(due, now)
  }
  if (next !== undefined && level !== undefined) {
    const at = nextCallAt({ ...window, severe: isSevere(level) })
    if (at > now) return noCallUntil(at)
    return {
      kind: 'send',
      queue: next.waiting.queue,
      channel: next.waiting.channel,
      scope: next.scope,
      delayed: delayOf(next.waiting, { input, quota: quota.kind }),
    }
  }
  if (due?.byHand === true) {
    // Keep a call for the alerts that are being collected.
    const keeps = waits.some(({ reason }) => reason === 'collecting') ? 1 : 0
    if (callsLeft(window) > keeps) return retryOf(due, now)
    const at = nextCallAt({ ...window, severe: false })
    if (at > now) waits.push({ until: at, reason: 'no_call_left' })
  }
  const soonest = waits.sort((a, b) => a.until.getTime() - b.until.getTime())[0]
  return { kind: 'wait', until: soonest?.until, reason: soonest?.reason ?? 'nothing_waits' }
}

/** A late message with more alerts is sent unchanged: it could become a digest of counts, which covers the whole queue. */
const MAX_RECOMPOSED_ALERTS = 100

/** A shorter delay after a throttle needs no notice: in a pool, another robot takes the message at once. */
const MIN_PENALTY_DELAY_MS = 1_000

function retryOf(due: DueMessage, now: Date): Plan {
  return { kind: 'retry', id: due.id, late: lateReason(due, now) }
}

function lateReason(
  { refused, byHand, alertCount, createdAt }: DueMessage,
  now: Date,
): DelayReason | undefined {
  if (refused === undefined || byHand || alertCount === 0 || alertCount > MAX_RECOMPOSED_ALERTS)
    return undefined
  if (refused.result === 'throttled')
    return now.getTime() - refused.at.getTime() >= MIN_PENALTY_DELAY_MS ? 'penalty' : undefined
  return now.getTime() - createdAt.getTime() >= NOTICED_DELAY_MS ? 'unreachable' : undefined
}

function noCallUntil(until: Date): Plan {
  return { kind: 'wait', until, reason: 'no_call_left' }
}

interface Wait {
  until: Date
  reason: WaitReason
}

/** `ready`: what may be sent as soon as a call is free, most severe first. `waits`: when the rest may. */
function sendable(
  input: PlanInput,
  quota: QuotaDecision,
): { ready: (OpenAlerts & { scope: Scope })[]; waits: Wait[] } {
  const ready: (OpenAlerts & { scope: Scope })[] = []
  const waits: Wait[] = []
  for (const waiting of input.waiting) {
    const open = openAlerts(waiting, input)
    const alerts =
      quota.kind === 'severe_only'
        ? open.alerts.filter(({ level }) => isSevere(level))
        : open.alerts
    if (open.until !== undefined) waits.push({ until: open.until, reason: 'push_limit' })
    if (alerts.length < open.alerts.length) waits.push({ until: input.monthEnd, reason: 'quota' })
    if (alerts.length === 0) continue
    const selected = { waiting, alerts, complete: alerts.length === waiting.alerts.length }
    const scope = scopeOf(selected, input)
    const hold = heldUntil(selected, { scope, quota, input })
    if (hold !== undefined && hold.until > input.now) waits.push(hold)
    else ready.push({ ...selected, scope })
  }
  ready.sort((a, b) => compareAlerts(a.alerts[0] as QueuedAlert, b.alerts[0] as QueuedAlert))
  return { ready, waits }
}

/** The end of a pause in force. If the clock was set back to before the pause, its length counts from now. */
export function pauseEnd({ pause }: RobotNow, now: Date): Date | undefined {
  if (pause === undefined || pause.until <= now) return undefined
  const lengthMs = pause.until.getTime() - pause.since.getTime()
  return now < pause.since ? later(now, lengthMs) : pause.until
}

interface OpenAlerts {
  waiting: QueueState
  alerts: readonly QueuedAlert[]
  /** False if a push limit or the monthly quota holds back some of its alerts. */
  complete: boolean
}

/**
 * The alerts of one request, if there is a call for each waiting request. Merges all alerts if there is not, during a
 * storm, or if the channel's alerts waited past the start of an hour.
 */
function scopeOf({ waiting, alerts, complete }: OpenAlerts, input: PlanInput): Scope {
  const left = poolCallsLeft(waiting, input)
  const messages = messagesFor(waiting, left, input)
  if (complete && waiting.count > alerts.length && !waiting.digestOpen)
    return { kind: 'all', messages, merged: true, storm: true }
  const requests = new Set(alerts.map(({ payload }) => payload)).size
  const merged =
    requests > Math.max(left, 1) ||
    isOngoing(stormOf(waiting, input)) ||
    (requests > 1 && waitedOverHour(waiting, input))
  const first = (alerts[0] as QueuedAlert).payload
  const included = merged ? alerts : alerts.filter(({ payload }) => payload === first)
  const ids = included.map(({ id }) => id)
  const storm = merged && requests > input.robot.limits.messages
  return { kind: 'some', ids, messages, merged, storm }
}

/** The calls that the robot and its peers without a pause may make now. */
function poolCallsLeft({ peers }: QueueState, { robot, now }: PlanInput): number {
  const robots = [robot, ...peers.filter((peer) => pauseEnd(peer, now) === undefined)]
  return robots.reduce((sum, { calls, limits }) => sum + callsLeft({ calls, limits, now }), 0)
}

/** How many messages may be used: one if alerts waited past the start of an hour, else what storm and calls leave. */
function messagesFor(waiting: QueueState, left: number, input: PlanInput): number {
  if (waitedOverHour(waiting, input)) return 1
  const storm = stormOf(waiting, input)
  return Math.max(1, Math.min(storm.maxMessages - sentOfStorm(storm), left))
}

function stormOf({ recent, channel }: QueueState, { now, robot }: PlanInput): StormInput {
  return { recent, perMs: robot.limits.perMs, maxMessages: channel.digest.maxMessages, now }
}

/**
 * Whether the channel has push limits and its oldest alert waited past the start of an hour, and more than a minute.
 * Also true if the robot's pause was the reason, because one message of the new hour is enough then too.
 */
function waitedOverHour({ channel, oldest }: QueueState, { hourStart, now }: PlanInput): boolean {
  if (channel.pushLimits === undefined) return false
  return oldest < hourStart && now.getTime() - oldest.getTime() > NOTICED_DELAY_MS
}

/** Alerts that pass the push limits, and when the limits open for the others. */
function openAlerts(
  waiting: QueueState,
  { hourEnd, dayEnd }: PlanInput,
): { alerts: readonly QueuedAlert[]; until: Date | undefined } {
  const limits = waiting.channel.pushLimits
  const { messagesThisHour, messagesToday } = waiting
  const until = opensAt(limits, { messagesThisHour, messagesToday, hourEnd, dayEnd })
  if (until === undefined) return { alerts: waiting.alerts, until }
  return { alerts: waiting.alerts.filter(({ level }) => isExempt(limits, level)), until }
}

/** Until when a channel's next message waits, to collect alerts or to save the quota; undefined: no wait. */
function heldUntil(
  { waiting, alerts }: OpenAlerts,
  { scope, quota, input }: { scope: Scope; quota: QuotaDecision; input: PlanInput },
): Wait | undefined {
  const { now } = input
  const { lastMessageAt, oldest } = waiting
  if (lastMessageAt === undefined || lastMessageAt > now) return undefined
  const severe = alerts.filter(({ level }) => isSevere(level))
  if (quota.kind === 'stretched' && severe.length === 0 && quota.gapMs > COLLECT_MS)
    return { until: later(lastMessageAt, quota.gapMs), reason: 'quota' }
  if (scope.merged) {
    const severeSince =
      severe.length === 0
        ? undefined
        : new Date(Math.min(...severe.map(({ receivedAt }) => receivedAt.getTime())))
    const until = nextOfStormAt({ ...stormOf(waiting, input), oldest, severeSince })
    return { until, reason: 'collecting' }
  }
  const quiet = lastMessageAt.getTime() + COLLECT_MS
  const waited = oldest.getTime() + COLLECT_MS
  return { until: new Date(Math.min(quiet, waited)), reason: 'collecting' }
}

/** Why the oldest alert had to wait; undefined if the message need not explain it. */
function delayOf(
  { oldest, channel }: QueueState,
  { input, quota }: { input: PlanInput; quota: string },
): { since: Date; reason: DelayReason } | undefined {
  const { now, robot } = input
  const pause = robot.pause
  if (pause !== undefined && pause.reason === 'throttled' && oldest < pause.until)
    return { since: oldest, reason: 'penalty' }
  if (now.getTime() - oldest.getTime() < NOTICED_DELAY_MS) return undefined
  if (pause !== undefined && oldest < pause.until)
    return { since: oldest, reason: pause.reason === 'by_hand' ? 'by_hand' : 'unreachable' }
  if (quota !== 'open') return { since: oldest, reason: 'quota' }
  return channel.pushLimits === undefined ? undefined : { since: oldest, reason: 'push_limit' }
}

/** The most severe first, then the oldest. */
function compareAlerts(a: QueuedAlert, b: QueuedAlert): number {
  return a.level - b.level || a.receivedAt.getTime() - b.receivedAt.getTime() || a.id - b.id
}
