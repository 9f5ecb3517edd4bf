import type { Clock } from '../clock.ts'
import { type Calendar, calendarOf } from '../decisions/calendar.ts'
import { countedForMs } from '../decisions/pace.ts'
import {
  type Plan,
  type PlanQuestion,
  pauseEnd,
  plan,
  type RobotNow,
  type WaitingNow,
} from '../decisions/plan.ts'
import { verdictOn } from '../decisions/retry.ts'
import { STORM_MS } from '../decisions/storm.ts'
import { messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { Attempt, MessageKind } from '../model/message.ts'
import { type Channel, queuesOf, type Robot, type Settings } from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type {
  CallClaim,
  Claimed,
  RobotState,
  Store,
  Waiting,
  WaitingQuestion,
} from '../stores/store.ts'
import { LEASE_ENOUGH_MS, LEASE_MS, LEASE_RETRY_MS } from './leases.ts'
import { warnOfQuota } from './quota-warning.ts'
import { MOST_HEADS, robotsOf, type TellingDeps, tellingOf } from './telling.ts'

/** How long after its claim an attempt may begin at the latest; one that cannot is given back. */
const BEGIN_WITHIN_MS = 2_000
const SETTLE_RETRY_MS = 500
const CLAIM_RETRY_MS = 20

export interface DispatchDeps extends Omit<TellingDeps, 'settings' | 'renderer' | 'timezone'> {
  store: Store
  notifier: Notifier
  clock: Clock
  settings: () => Settings
  renderer: () => TellingDeps['renderer']
  events: Events
  /** Told the queues in which something waits for any robot that works them. */
  wake: (queues: readonly string[]) => void
  /** Who works the robots here; different for every process. */
  owner: string
  random: () => number
}

interface MessageNow {
  id: string
  robot: string
  queue: string
  channel: string
  kind: MessageKind
  alertCount: number
}

interface Sending {
  robot: Robot
  channel: Channel | undefined
  claimed: Claimed
  /** When its call will have ended at the latest. */
  until: Date
  waiting: Waiting
  message: MessageNow
}

/**
 * Does the next thing for one robot: plan, render, claim, post, settle. Gives when there may be more to do, undefined
 * when not before something new waits. The call is counted and the body fixed on disk before the first byte leaves.
 */
export async function pass(name: string, deps: DispatchDeps): Promise<Date | undefined> {
  const settings = deps.settings()
  const robot = settings.robots.get(name)
  if (robot === undefined) return undefined
  const now = deps.clock.now()
  if (!(await leased(name, now, deps))) return later(now, LEASE_RETRY_MS)

  const { decided, waiting, calendar } = await nextOf(robot, { settings, now, store: deps.store })
  if (decided.kind === 'rest') {
    deps.events.robotResting(name, decided.reason, decided.until)
    return decided.until
  }

  const call = (at: Date): CallClaim => ({
    key: robot.key,
    since: later(at, -countedForMs(robot.limits.perMs)),
    messages: robot.limits.messages,
    until: later(at, BEGIN_WITHIN_MS + robot.timeoutMs),
    month: calendar.month,
    owner: deps.owner,
  })
  const sending =
    decided.kind === 'again'
      ? await claimAgain({ robot, waiting, call, now, settings }, deps)
      : await claimNew(decided, { robot, waiting, call, now, settings }, deps)
  if (sending === undefined) {
    deps.events.claimLost(name)
    return later(deps.clock.now(), CLAIM_RETRY_MS)
  }
  if (later(deps.clock.now(), robot.timeoutMs) > sending.until) {
    await forgo(sending, deps)
    return deps.clock.now()
  }
  await attempt(sending, { settings, deps })
  const { channel, message } = sending
  if (channel !== undefined)
    await warnOfQuota(
      { robot, channel, queue: message.queue, waiting, now: deps.clock.now(), ...calendar },
      { settings, renderer: deps.renderer(), deps },
    )
  return deps.clock.now()
}

/** What a robot would do next as things stand, and what that was decided on; writes nothing. */
export async function nextOf(
  robot: Robot,
  { settings, now, store }: { settings: Settings; now: Date; store: Pick<Store, 'waiting'> },
): Promise<{ decided: Plan; waiting: Waiting; calendar: Calendar }> {
  const work = workOf(robot, settings)
  const calendar = calendarOf(now, settings.timezone)
  const windowsMs = [robot, ...work.peers].map((each) => each.limits.perMs)
  const longestMs = Math.max(STORM_MS, ...windowsMs)
  const waiting = await store.waiting({
    robot: standingOf(robot),
    queues: [...work.queues],
    peers: work.peers.map(standingOf),
    now,
    callsSince: later(now, -countedForMs(longestMs)),
    ...calendar,
    heads: MOST_HEADS,
  })
  const decided = plan(questionOf({ robot, work, settings, now, calendar, waiting }))
  return { decided, waiting, calendar }
}

function leased(
  robot: string,
  now: Date,
  { store, owner }: Pick<DispatchDeps, 'store' | 'owner'>,
): Promise<boolean> {
  const [until, enough] = [later(now, LEASE_MS), later(now, LEASE_ENOUGH_MS)]
  return store.lease({ robot, owner, now, until, enough })
}

interface ClaimContext {
  robot: Robot
  waiting: Waiting
  /** The call at an instant: of a claim, not of the pass, since what is told may take long to be made. */
  call: (at: Date) => CallClaim
  now: Date
  settings: Settings
}

async function claimNew(
  tell: Extract<ReturnType<typeof plan>, { kind: 'tell' }>,
  { robot, waiting, call, now, settings }: ClaimContext,
  deps: DispatchDeps,
): Promise<Sending | undefined> {
  const entry = waiting.channels.find(
    (each) => each.queue === tell.queue && each.channel === tell.channel.name,
  )
  const heads = entry?.heads ?? []
  const bodyBytes = waiting.robot.bodyBytes
  const telling = await tellingOf(
    tell,
    { robot, heads, bodyBytes, now },
    { ...deps, settings, renderer: deps.renderer(), timezone: settings.timezone },
  )
  const { message, alerts } = telling
  const at = deps.clock.now()
  // What took long to make must not find its lease gone: it would be made again, and again.
  if (!(await leased(robot.name, at, deps))) return undefined
  const counted = call(at)
  const claimed = await deps.store.claim({ now: at, message, alerts, call: counted })
  if (claimed === undefined) return undefined
  return {
    ...{ robot, channel: tell.channel, claimed, waiting, until: counted.until },
    message: { ...message, id: claimed.id },
  }
}

async function claimAgain(
  { robot, waiting, call, now, settings }: ClaimContext,
  deps: DispatchDeps,
): Promise<Sending | undefined> {
  const { due } = waiting
  if (due === undefined) return undefined
  const counted = call(now)
  const claimed = await deps.store.claimAgain({ now, id: due.id, robot: robot.name, call: counted })
  if (claimed === undefined) return undefined
  const channel = settings.channels.get(due.channel)
  const { until } = counted
  return { robot, channel, claimed, waiting, until, message: { ...due, robot: robot.name } }
}

/** Posts a claimed message once and records what came of it, for as long as that takes. */
async function attempt(
  { robot, channel, claimed, waiting, message }: Sending,
  { settings, deps }: { settings: Settings; deps: DispatchDeps },
): Promise<void> {
  const { clock, store, events } = deps
  const at = clock.now()
  const result = await deps.notifier.send(robot, claimed.body, at)
  events.attemptEnded(message, result)
  const now = clock.now()
  const verdict = verdictOn({
    attempt: result,
    now,
    robot,
    mode: channel?.mode ?? 'all',
    attempts: claimed.attempts + 1,
    alike: (claimed.results.get(result.result) ?? 0) + 1,
    failures: waiting.robot.failures,
    bodyBytes: Buffer.byteLength(claimed.body),
    othersWork: channel !== undefined && othersWork({ channel, robot, settings, waiting, now }),
    random: deps.random(),
  })
  const { outcome } = result
  const told = await untilStored(deps, () =>
    store.settle({
      now,
      id: claimed.id,
      call: claimed.call,
      attempt: result,
      at,
      next: verdict.next,
      reached: outcome.kind !== 'retryable' || outcome.reached,
      robot: { key: robot.key, failures: verdict.failures },
      pause: verdict.pause,
    }),
  )
  if (verdict.pause !== undefined)
    events.robotPaused(robot.name, verdict.pause.until, verdict.pause.reason)
  switch (verdict.next.kind) {
    case 'sent':
      events.messageSent(message)
      return deps.turns.run(
        events.alertsTold(
          message.channel,
          told.map(({ receivedAt, count }) => ({
            waitedMs: now.getTime() - receivedAt.getTime(),
            count,
          })),
        ),
      )
    case 'dead':
      return events.messageDead(message, verdict.next.reason)
    case 'split':
      return events.messageSplit(message, verdict.next.reason)
    case 'again':
      return deps.wake([message.queue])
  }
}

/**
 * Gives a claimed message back unsent. A process that stood still between claim and POST can no longer end its call
 * within the time for which it is counted and its robot leased: the call might come too late for both.
 */
async function forgo(
  { robot, claimed, waiting, message }: Sending,
  deps: DispatchDeps,
): Promise<void> {
  const now = deps.clock.now()
  deps.events.attemptForgone(message)
  await untilStored(deps, () =>
    deps.store.settle({
      now,
      id: claimed.id,
      call: claimed.call,
      attempt: HELD_UP,
      at: now,
      next: { kind: 'again', dueAt: now },
      reached: false,
      robot: { key: robot.key, failures: waiting.robot.failures },
      pause: undefined,
    }),
  )
}

const HELD_UP: Attempt = {
  outcome: { kind: 'retryable', reason: 'timeout', reached: false, bounded: false },
  result: 'held_up',
  httpStatus: undefined,
  errcode: undefined,
  errmsg: undefined,
  words: 'The receiver itself stood still for too long before the call was made; nothing was sent.',
  durationMs: 0,
}

/** What came of an attempt must be recorded before the next: until then the robot stands still. */
async function untilStored<T>(deps: DispatchDeps, store: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await store()
    } catch (error) {
      deps.events.storeFailed('settle', messageOf(error))
      await deps.clock.sleep(SETTLE_RETRY_MS)
    }
  }
}

interface Work {
  /** Queues that the robot works. */
  queues: Set<string>
  /** The other robots of its pools. */
  peers: Robot[]
}

function workOf(robot: Robot, settings: Settings): Work {
  const channels = [...settings.channels.values()].filter((each) =>
    each.robots.includes(robot.name),
  )
  const queues = new Set(
    channels.flatMap((each) => (each.mode === 'pool' ? queuesOf(each) : [`robot:${robot.name}`])),
  )
  const peers = new Set(
    channels.filter((each) => each.mode === 'pool').flatMap((each) => robotsOf(each, settings)),
  )
  peers.delete(robot)
  return { queues, peers: [...peers] }
}

function questionOf({
  robot,
  work,
  settings,
  now,
  calendar,
  waiting,
}: {
  robot: Robot
  work: Work
  settings: Settings
  now: Date
  calendar: ReturnType<typeof calendarOf>
  waiting: Waiting
}): PlanQuestion {
  const peers = new Map(
    work.peers.map((peer, index) => [
      peer.name,
      robotNow(peer, waiting.peers[index] as RobotState),
    ]),
  )
  return {
    now,
    robot: robotNow(robot, waiting.robot),
    due: waiting.due,
    nextDueAt: waiting.nextDueAt,
    waiting: waiting.channels.flatMap((entry): WaitingNow[] => {
      const channel = settings.channels.get(entry.channel)
      if (channel === undefined) return []
      const others =
        channel.mode === 'pool' ? channel.robots.filter((each) => each !== robot.name) : []
      return [{ ...entry, channel, peers: others.flatMap((each) => peers.get(each) ?? []) }]
    }),
    allowances: [
      { used: waiting.robot.monthUsed, limit: robot.monthly },
      { used: waiting.organisationUsed, limit: settings.monthlyQuota },
    ],
    ...calendar,
  }
}

/** What the store knows a robot by; the rest of it holds functions, which no thread can be handed. */
function standingOf({ name, key, address }: Robot): WaitingQuestion['robot'] {
  return { name, key, address }
}

function robotNow(robot: Robot, state: RobotState): RobotNow {
  return { calls: state.calls, limits: robot.limits, pause: state.pause }
}

/** Whether another robot of the pool is not set aside. */
function othersWork({
  channel,
  robot,
  settings,
  waiting,
  now,
}: {
  channel: Channel
  robot: Robot
  settings: Settings
  waiting: Waiting
  now: Date
}): boolean {
  return workOf(robot, settings).peers.some((peer, index) => {
    const state = waiting.peers[index]
    if (state === undefined || !channel.robots.includes(peer.name)) return false
    const setAside = state.pause?.reason === 'rejected'
    return !(setAside && pauseEnd(robotNow(peer, state), now) !== undefined)
  })
}

function later(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms)
}
