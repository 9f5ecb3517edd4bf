import type { Calendar } from '../decisions/calendar.ts'
import { countedForMs } from '../decisions/pace.ts'
import type { DelayReason, Plan } from '../decisions/plan.ts'
import { later } from '../model/instant.ts'
import type { Channel, Robot, Settings } from '../model/settings.ts'
import type { Backlog, CallClaim, DueMessage, Store } from '../stores/store.ts'
import { type AttemptDeps, attempt, type InFlight, releaseClaim } from './attempt.ts'
import {
  type ComposeDeps,
  type ComposedMessage,
  composeMessage,
  MAX_QUEUED_PREVIEW,
} from './compose-message.ts'
import { LEASE_MS, LEASE_RETRY_MS, MIN_LEASE_LEFT_MS } from './leases.ts'
import { queuesOfRobot } from './queues.ts'
import { warnOfQuota } from './quota-warning.ts'
import { monthlyQuotaOf, nextPlan } from './robot-state.ts'

/** The longest time between a claim and its POST; after that the claim is released. */
const BEGIN_WITHIN_MS = 2_000
const CLAIM_RETRY_MS = 20

export interface DispatchDeps
  extends AttemptDeps,
    Omit<ComposeDeps, 'settings' | 'renderer' | 'timezone' | 'events' | 'notifier' | 'store'> {
  store: Store
  notifier: AttemptDeps['notifier'] & ComposeDeps['notifier']
  settings: () => Settings
  renderer: () => ComposeDeps['renderer']
  /** Identifies this process in leases. */
  owner: string
}

/**
 * Does the next step for one robot: plan, compose, claim, post, settle. Returns when to run again; undefined waits for
 * a wake. Before the POST begins, the call is counted and the body is on disk.
 */
export async function pass(name: string, deps: DispatchDeps): Promise<Date | undefined> {
  const settings = deps.settings()
  const robot = settings.robots.get(name)
  if (robot === undefined) return undefined
  const now = deps.clock.now()
  if (!(await acquireLease(robot, { now, settings, deps }))) return later(now, LEASE_RETRY_MS)

  const { planned, backlog, calendar } = await nextPlan(robot, {
    settings,
    now,
    store: deps.store,
  })
  if (planned.kind === 'wait') {
    deps.events.robotResting(name, planned.reason, planned.until)
    return planned.until
  }
  const context = { robot, backlog, calendar, now, settings }
  const inFlight =
    planned.kind === 'retry'
      ? await claimRetry(planned, context, deps)
      : await claimNew(planned, context, deps)
  if (inFlight === undefined) {
    deps.events.claimLost(name)
    return later(deps.clock.now(), CLAIM_RETRY_MS)
  }
  // The process stalled since the claim: the call could end after the time for which it is counted and leased.
  if (later(deps.clock.now(), robot.timeoutMs) > inFlight.until) {
    await releaseClaim(inFlight, deps)
    return deps.clock.now()
  }
  await attempt(inFlight, { settings, deps })
  const { channel, message } = inFlight
  if (channel !== undefined)
    await warnOfQuota(
      { robot, channel, queue: message.queue, backlog, now: deps.clock.now(), ...calendar },
      { settings, renderer: deps.renderer(), deps },
    )
  return deps.clock.now()
}

function acquireLease(
  robot: Robot,
  { now, settings, deps }: { now: Date; settings: Settings; deps: DispatchDeps },
): Promise<boolean> {
  const [until, skipIfUntil] = [later(now, LEASE_MS), later(now, MIN_LEASE_LEFT_MS)]
  const { places } = queuesOfRobot(robot, settings)
  const { owner } = deps
  return deps.store.lease({ robot: robot.name, owner, now, until, skipIfUntil, places })
}

interface ClaimContext {
  robot: Robot
  backlog: Backlog
  calendar: Calendar
  now: Date
  settings: Settings
}

/** The call of a claim that is made at `at`, which is after composing, not at the start of the pass. */
function callAt(
  at: Date,
  { robot, calendar, settings }: ClaimContext,
  { owner }: DispatchDeps,
): CallClaim {
  return {
    key: robot.key,
    address: robot.address,
    since: later(at, -countedForMs(robot.limits.perMs)),
    maxCalls: robot.limits.messages,
    until: later(at, BEGIN_WITHIN_MS + robot.timeoutMs),
    month: calendar.month,
    organisationLimit: monthlyQuotaOf(robot, settings),
    monthlyLimit: robot.monthly,
    owner,
  }
}

async function claimNew(
  planned: Extract<Plan, { kind: 'send' }>,
  context: ClaimContext,
  deps: DispatchDeps,
): Promise<InFlight | undefined> {
  const { robot, backlog, now, settings } = context
  const entry = backlog.channels.find(
    ({ queue, channel }) => queue === planned.queue && channel === planned.channel.name,
  )
  const composed = await composeMessage(
    planned,
    { robot, queued: entry?.alerts ?? [], bodyBytes: backlog.robot.bodyBytes, now },
    { ...deps, settings, renderer: deps.renderer(), timezone: settings.timezone },
  )
  return claimComposed({ ...composed, channel: planned.channel }, context, deps)
}

async function claimComposed(
  { message, alerts, channel, replaces }: ComposedMessage & { channel: Channel; replaces?: string },
  context: ClaimContext,
  deps: DispatchDeps,
): Promise<InFlight | undefined> {
  const { robot, backlog, settings } = context
  const at = deps.clock.now()
  // The lease may have ended while the message was composed. A claim without it would fail, and composing would start
  // over.
  if (!(await acquireLease(robot, { now: at, settings, deps }))) return undefined
  const call = callAt(at, context, deps)
  const claimed = await deps.store.claim({ now: at, message, alerts, call, replaces })
  if (claimed === undefined) return undefined
  return {
    ...{ robot, channel, claimed, backlog, until: call.until },
    message: { ...message, id: claimed.id },
  }
}

async function claimRetry(
  { id, late }: Extract<Plan, { kind: 'retry' }>,
  context: ClaimContext,
  deps: DispatchDeps,
): Promise<InFlight | undefined> {
  const { robot, backlog, settings } = context
  const due = [backlog.due, backlog.dueSevere].find((each) => each?.id === id)
  if (due === undefined) return undefined
  const recomposed = late && (await claimRecomposed(due, late, { context, deps }))
  if (recomposed !== undefined) return recomposed
  const at = deps.clock.now()
  const call = callAt(at, context, deps)
  const claimed = await deps.store.claimRetry({ now: at, id, robot: robot.name, call })
  if (claimed === undefined) return undefined
  const channel = settings.channels.get(due.channel)
  const message = { ...due, robot: robot.name }
  return { robot, channel, claimed, backlog, until: call.until, message }
}

/**
 * Composes a late message again, from its alerts and their later notifications, and claims it. Undefined if that is not
 * possible; the message is then sent unchanged.
 */
async function claimRecomposed(
  { id, queue, channel: name }: DueMessage,
  reason: DelayReason,
  { context, deps }: { context: ClaimContext; deps: DispatchDeps },
): Promise<InFlight | undefined> {
  const { robot, backlog, now, settings } = context
  const channel = settings.channels.get(name)
  const found = channel && (await deps.store.unshown(id, MAX_QUEUED_PREVIEW))
  if (channel === undefined || found === undefined || found.carried.length === 0) return undefined
  const ids = found.carried.map((each) => each.id)
  const since = new Date(Math.min(...found.carried.map(({ receivedAt }) => receivedAt.getTime())))
  const composed = await composeMessage(
    {
      ...{ kind: 'send', queue, channel, delayed: { since, reason } },
      scope: { kind: 'some', ids, messages: 1, merged: true, storm: false },
    },
    {
      robot,
      queued: [...found.carried, ...found.waiting],
      bodyBytes: backlog.robot.bodyBytes,
      now,
    },
    { ...deps, settings, renderer: deps.renderer(), timezone: settings.timezone },
  )
  // A digest of counts would take everything that waits, not only these alerts.
  if (composed.alerts.kind !== 'some') return undefined
  return claimComposed({ ...composed, channel, replaces: id }, context, deps)
}
