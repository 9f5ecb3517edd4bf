import type { Settings } from '../../src/model/settings.ts'
import { queuesOf } from '../../src/model/settings.ts'
import type { Accepted, AcceptRequest } from '../../src/stores/incoming.ts'
import type { Backlog, NewMessage, Settlement, Store } from '../../src/stores/store.ts'
import type { Call, Dingtalk, Fault } from './dingtalk.ts'
import { groupOf } from './layout.ts'

/** One request that was committed, and what the store said of it. */
export interface Committed {
  request: AcceptRequest
  accepted: Accepted
  /** The groups of the queues that it named. */
  groups: string[]
}

/** A severe alert that waits for longer collects no more. */
const COLLECTED_MS = 5_000

/** What the disk holds, noted the moment it does, whether or not the process lives on. */
export class Ledger {
  readonly committed: Committed[] = []
  /** Which alerts a message was made for, by uuid. */
  readonly claimed = new Map<string, readonly string[]>()
  /** When a message was given up the first time, by uuid. */
  readonly diedAt = new Map<string, Date>()
  /** When alerts of a channel became dead because it was gone, by channel. */
  readonly removedAt = new Map<string, Date[]>()
  /** Messages that a person asked for, or asked for again, by id. */
  readonly byHand = new Set<string>()
  readonly faults: Fault[] = []
  /** Before when a message must not be tried again, by id. */
  readonly #dueAt = new Map<string, Date>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Clocks were set, or a configuration has moved what waits: due times say nothing any more. */
  forgetDueTimes(): void {
    this.#dueAt.clear()
  }

  accepted(
    request: AcceptRequest,
    { accepted, settings }: { accepted: Accepted; settings: Settings },
  ): void {
    const queues = new Set(request.alerts.flatMap((alert) => alert.queues))
    const groups = groupsOfQueues(settings)
    const named = [...queues].flatMap((queue) => groups.get(queue) ?? [])
    this.committed.push({ request, accepted, groups: [...new Set(named)] })
  }

  settled({ id, next, now, attempt }: Settlement, uuid: string): void {
    if (next.kind === 'dead' && !this.diedAt.has(uuid)) this.diedAt.set(uuid, now)
    // What is given back was not tried.
    if (next.kind === 'retry' && attempt.result !== 'held_up') this.#dueAt.set(id, next.dueAt)
  }

  retried(id: string, { backlog, now }: { backlog: Backlog | undefined; now: Date }): void {
    const earlyMs = Number(this.#dueAt.get(id) ?? 0) - now.getTime()
    if (earlyMs > 20) this.#fault('too soon', `message ${id} was tried ${earlyMs} ms too soon`)
    this.#dueAt.delete(id)
    if (!this.byHand.has(id)) return
    for (const { alerts } of backlog?.channels ?? [])
      for (const alert of alerts)
        if (alert.level <= 2 && now.getTime() - alert.receivedAt.getTime() > COLLECTED_MS)
          this.#fault('by hand first', `message ${id} went before alert ${alert.id}`)
  }

  enqueued(messages: readonly NewMessage[], ids: readonly string[], pendingTests: number): void {
    for (const id of ids) this.byHand.add(id)
    const tests = messages.filter(({ kind }) => kind === 'test').length
    if (pendingTests > tests)
      this.#fault('by hand first', `${pendingTests} tests of ${tests} robots wait`)
  }

  removed(channel: string, now: Date): void {
    this.removedAt.set(channel, [...(this.removedAt.get(channel) ?? []), now])
  }

  resent(id: string): void {
    this.byHand.add(id)
    this.#dueAt.delete(id)
  }

  #fault(kind: Fault['kind'], words: string): void {
    this.faults.push({ at: this.#now(), kind, words })
  }
}

/** The groups that each queue of a configuration posts to. */
export function groupsOfQueues({ channels, robots }: Settings): Map<string, string> {
  const groups = new Map<string, string>()
  for (const channel of channels.values())
    for (const [index, queue] of queuesOf(channel).entries()) {
      const robot = robots.get(channel.robots[index] ?? '')
      if (robot !== undefined) groups.set(queue, groupOf(robot.key))
    }
  return groups
}

/** The store, with everything that the ledger and the model of DingTalk learn from what is on disk. */
export function watched(
  store: Store,
  {
    ledger,
    dingtalk,
    settings,
    callOf,
  }: {
    ledger: Ledger
    dingtalk: Dingtalk
    settings: () => Settings
    callOf: (attempt: object) => Call | undefined
  },
): Store {
  const backlogs = new Map<string, Backlog>()
  return {
    ...store,
    async accept(request) {
      const used = settings()
      const accepted = await store.accept(request)
      ledger.accepted(request, { accepted, settings: used })
      return accepted
    },
    async backlog(query) {
      const backlog = await store.backlog(query)
      backlogs.set(query.robot.name, backlog)
      return backlog
    },
    async claim(claim) {
      const claimed = await store.claim(claim)
      if (claimed === undefined) return undefined
      const made = await store.message(claimed.id)
      ledger.claimed.set(claimed.uuid, made?.alerts.map((alert) => alert.id) ?? [])
      return claimed
    },
    async claimRetry(claim) {
      const claimed = await store.claimRetry(claim)
      if (claimed !== undefined)
        ledger.retried(claim.id, { backlog: backlogs.get(claim.robot), now: claim.now })
      return claimed
    },
    async settle(settlement) {
      const received = await store.settle(settlement)
      const made = await store.message(settlement.id)
      if (made !== undefined) ledger.settled(settlement, made.message.uuid)
      const call = callOf(settlement.attempt)
      const { kind } = settlement.attempt.outcome
      // A settlement that comes too late changes nothing.
      const isTaken = made?.message.attempts.some(
        ({ at, result }) =>
          Number(at) === Number(settlement.at) && result === settlement.attempt.result,
      )
      if (call !== undefined && (kind !== 'delivered' || isTaken)) dingtalk.learned(call, kind)
      return received
    },
    async enqueue(messages, now) {
      const ids = await store.enqueue(messages, now)
      const { items } = await store.messages({ state: 'pending', limit: 200 })
      const queues = new Set(messages.map(({ queue }) => queue))
      // One that was tried waits beside the next.
      const tests = items.filter(
        ({ kind, queue, attemptCount }) =>
          kind === 'test' && queues.has(queue) && attemptCount === 0,
      )
      ledger.enqueued(messages, ids, tests.length)
      return ids
    },
    async resend(id, now) {
      const resent = await store.resend(id, now)
      ledger.resent(id)
      return resent
    },
    async reassign(assignments, now) {
      const reassigned = await store.reassign(assignments, now)
      for (const { channel } of reassigned.dead) ledger.removed(channel, now)
      return reassigned
    },
    async shift(byMs) {
      await store.shift(byMs)
      ledger.forgetDueTimes()
    },
  }
}
