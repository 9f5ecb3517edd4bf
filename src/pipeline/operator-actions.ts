import type { Clock } from '../clock.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Events } from '../events.ts'
import { NO_END_MS } from '../model/pause.ts'
import type { Settings } from '../model/settings.ts'
import type { FailedQuery, Pause, StoredMessage } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import { robotNamed } from './lookup.ts'
import { assignmentsOf } from './queues.ts'

/** Actions of a person on messages and robots; `by` is the person's name, or the address of the request. */
export interface OperatorActions {
  /** Queues a dead message again. AppError not_found, not_dead, outdated, removed. */
  resend(id: string, by: string): Promise<void>
  /**
   * Queues dead messages again that are not dismissed, at most MAX_RESENT. `dryRun` only counts them, including those
   * that a resend would leave dead.
   */
  resendAll(which: FailedMessages, how: BulkOptions): Promise<Resending>
  /** Dismisses dead messages, and returns how many. They stay dead, but no longer count as failed. */
  dismissAll(which: FailedMessages, how: BulkOptions): Promise<number>
  /** Pauses a robot; without `until`, until a person resumes it. AppError not_found. */
  pause(robot: string, how: { until: Date | undefined; by: string }): Promise<Date>
  /** Resumes a robot and ends its penalty, including that of its address. Returns the pauses that were in force. */
  resume(robot: string, by: string): Promise<Pause[]>
  /** When the last of these actions ended. */
  lastAt(): Date | undefined
}

export type FailedMessages = Omit<FailedQuery, 'after' | 'limit'>

export interface BulkOptions {
  by: string
  dryRun: boolean
}

export interface Resending {
  /** Messages queued again; each costs one call. */
  resent: number
  /** Messages that are not sent again: outdated, removed, or no longer dead. */
  outdated: number
  /** Whether messages are left dead because one request resends at most MAX_RESENT. */
  hasMore: boolean
}

export interface OperatorDeps {
  store: Pick<Store, 'message' | 'resend' | 'failed' | 'dismiss' | 'pauseRobot' | 'resumeRobot'>
  clock: Clock
  settings: () => Settings
  wake: (queues: readonly string[] | 'all') => void
  events: Events
}

/** Limit on the messages that one request resends; each costs a call. */
const MAX_RESENT = 1_000

const PAGE_SIZE = 500

/** Errors for a message that cannot or need not be sent again. */
const STAYS_DEAD: readonly ErrorCode[] = ['outdated', 'removed', 'not_dead', 'not_found']

export function operatorActions(deps: OperatorDeps): OperatorActions {
  const { store, clock, events, wake } = deps
  let last: Date | undefined
  const acted = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } finally {
      last = clock.now()
    }
  }
  return {
    lastAt: () => last,
    async resend(id, by) {
      wake([await acted(resend(id, deps))])
      events.messagesResent({ by, messages: 1, id })
    },
    resendAll: (which, how) => acted(resendAll(which, how, deps)),
    async dismissAll(which, { by, dryRun }) {
      let dismissed = 0
      for await (const ids of readPages(which, store))
        dismissed += dryRun ? ids.length : await acted(store.dismiss(ids, { at: clock.now(), by }))
      if (!dryRun) events.messagesDismissed({ by, messages: dismissed })
      return dismissed
    },
    async pause(name, { until = new Date(NO_END_MS), by }) {
      const { key } = robotNamed(name, deps.settings())
      await acted(store.pauseRobot({ key, now: clock.now(), until, by }))
      events.robotPausedByHand({ robot: name, until, by })
      return until
    },
    async resume(name, by) {
      const { key, address } = robotNamed(name, deps.settings())
      const ended = await acted(store.resumeRobot({ key, address }, clock.now()))
      events.robotResumed({ robot: name, by, ended: ended.map(({ reason }) => reason) })
      wake('all')
      return ended
    },
  }
}

async function resendAll(
  which: FailedMessages,
  { by, dryRun }: BulkOptions,
  deps: OperatorDeps,
): Promise<Resending> {
  const { store, events, wake } = deps
  const done = { resent: 0, outdated: 0, hasMore: false }
  const queues = new Set<string>()
  try {
    for await (const ids of readPages(which, store))
      for (const id of ids) {
        if (done.resent === MAX_RESENT) return { ...done, hasMore: true }
        const queue = dryRun ? '' : await tryResend(id, deps)
        if (queue === undefined) done.outdated += 1
        else {
          done.resent += 1
          queues.add(queue)
        }
      }
    return done
  } catch (error) {
    if (!(error instanceof AppError) || done.resent === 0) throw error
    throw new AppError(
      error.code,
      `${done.resent} messages were queued again before this error: ${error.message}`,
    )
  } finally {
    if (!dryRun) {
      wake([...queues])
      events.messagesResent({ by, messages: done.resent })
    }
  }
}

/** Returns the queue of the message. */
async function resend(id: string, { store, clock, settings }: OperatorDeps): Promise<string> {
  const found = await store.message(id, 0)
  // A message without alerts cannot move to another robot, so it would be dead again at once.
  if (found?.message.state === 'dead' && found.message.alertCount === 0)
    assertServed(found.message, settings())
  return (await store.resend(id, clock.now())).queue
}

function assertServed({ id, queue, channel, robot }: StoredMessage, settings: Settings): void {
  const assigned = assignmentsOf(settings).find((each) => each.channel === channel)
  if (assigned?.queues.some((each) => each.queue === queue)) return
  throw new AppError(
    'removed',
    `message ${id} is not sent again: robot ${robot} no longer serves its channel`,
  )
}

/** The queue of a message that was queued again; undefined if it stays dead. */
async function tryResend(id: string, deps: OperatorDeps): Promise<string | undefined> {
  try {
    return await resend(id, deps)
  } catch (error) {
    if (error instanceof AppError && STAYS_DEAD.includes(error.code)) return undefined
    throw error
  }
}

async function* readPages(
  which: FailedMessages,
  store: Pick<Store, 'failed'>,
): AsyncGenerator<string[]> {
  for (let after: string | undefined; ; ) {
    const page = await store.failed({ ...which, ...(after && { after }), limit: PAGE_SIZE })
    if (page.ids.length > 0) yield page.ids
    if (page.next === undefined) return
    after = page.next
  }
}
