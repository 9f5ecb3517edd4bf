import type { Clock } from '../clock.ts'
import { verdictOn } from '../decisions/retry.ts'
import { messageOf } from '../errors.ts'
import type { Events, MessageName } from '../events.ts'
import type { Attempt } from '../model/message.ts'
import type { Channel, Robot, Settings } from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type { Backlog, Claimed, Settlement, Store } from '../stores/store.ts'
import { hasUsablePeer } from './robot-state.ts'

const SETTLE_RETRY_MS = 500

export interface AttemptDeps {
  store: Pick<Store, 'settle'>
  notifier: Pick<Notifier, 'send' | 'maxBodyBytes'>
  clock: Clock
  events: Events
  /** Called with queues that have work for any of their robots. */
  wake: (queues: readonly string[]) => void
  random: () => number
}

/** A claimed message: in flight until it is settled. */
export interface InFlight {
  robot: Robot
  channel: Channel | undefined
  claimed: Claimed
  /** The latest time at which its call ends. */
  until: Date
  backlog: Backlog
  message: MessageName & { queue: string }
}

/** Posts a claimed message once and records the outcome, retrying the record until the store accepts it. */
export async function attempt(
  inFlight: InFlight,
  { settings, deps }: { settings: Settings; deps: AttemptDeps },
): Promise<void> {
  const { robot, channel, claimed, backlog, message } = inFlight
  const { clock, events } = deps
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
    sameResults: (claimed.results.get(result.result) ?? 0) + 1,
    failures: backlog.robot.failures,
    bodyBytes: Buffer.byteLength(claimed.body),
    limitBytes: backlog.robot.bodyBytes ?? deps.notifier.maxBodyBytes,
    alertCount: message.alertCount,
    hasUsablePeer:
      channel !== undefined && hasUsablePeer({ channel, robot, settings, backlog, now }),
    random: deps.random(),
  })
  const { outcome } = result
  const received = await settle(deps, {
    now,
    id: claimed.id,
    call: claimed.call,
    attempt: result,
    at,
    next: verdict.next,
    reached: outcome.kind !== 'retryable' || outcome.reached,
    robot: { key: robot.key, failures: verdict.failures },
    pause: verdict.pause,
  })
  if (verdict.pause !== undefined)
    events.robotPaused(robot.name, verdict.pause.until, verdict.pause.reason)
  switch (verdict.next.kind) {
    case 'sent': {
      events.messageSent(message)
      const waited = received.map(({ receivedAt, count }) => ({
        waitedMs: now.getTime() - receivedAt.getTime(),
        count,
      }))
      return events.alertsDelivered(message.channel, waited)
    }
    case 'dead':
      return events.messageDead(message, verdict.next.reason)
    case 'split':
      return events.messageSplit(message, verdict.next.reason)
    case 'retry':
      return deps.wake([message.queue])
  }
}

/**
 * Makes a claimed message pending again without a POST, after a stall since the claim. A later POST could end after the
 * counted time of its call and after the robot's lease.
 */
export async function releaseClaim(
  { robot, claimed, backlog, message }: InFlight,
  deps: AttemptDeps,
): Promise<void> {
  const now = deps.clock.now()
  deps.events.claimReleased(message)
  await settle(deps, {
    now,
    id: claimed.id,
    call: claimed.call,
    attempt: STALLED,
    at: now,
    next: { kind: 'retry', dueAt: now },
    reached: false,
    robot: { key: robot.key, failures: backlog.robot.failures },
    pause: undefined,
  })
}

const STALLED: Attempt = {
  outcome: { kind: 'retryable', reason: 'timeout', reached: false, bounded: false },
  result: 'held_up',
  httpStatus: undefined,
  errcode: undefined,
  errmsg: undefined,
  explanation: 'The receiver stalled before the call; nothing was sent.',
  durationMs: 0,
}

/** Records an outcome, retrying until the store accepts it. Meanwhile the robot sends nothing. */
async function settle(
  { store, clock, events }: AttemptDeps,
  settlement: Settlement,
): ReturnType<Store['settle']> {
  for (;;) {
    try {
      const settled = await store.settle(settlement)
      events.storeWorks('settle', clock.now())
      return settled
    } catch (error) {
      events.storeFailed('settle', messageOf(error), clock.now())
      await clock.sleep(SETTLE_RETRY_MS)
    }
  }
}
