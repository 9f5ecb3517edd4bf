import type { Settings } from '../../src/model/settings.ts'
import { queuesOf } from '../../src/model/settings.ts'
import type { Accepted, AcceptRequest } from '../../src/stores/incoming.ts'
import type { Backlog, NewMessage, Settlement, Store } from '../../src/stores/store.ts'
import type { Call, Dingtalk, Fault } from './dingtalk.ts'
import { groupOf } from './layout.ts'

/** One committed request, and the store's result. */
export interface Committed {
  request: AcceptRequest
  accepted: Accepted
  /** The groups of the result's queues. */
  groups: string[]
}

/** Longest time that a severe alert waits for others. */
const COLLECTED_MS = 5_000

/** Records each commit at the moment it is durable, even if the process dies then. */
export class Ledger {
  readonly committed: Committed[] = []
  /** Alert ids of each message, by uuid. */
  readonly claimed = new Map<string, readonly string[]>()
  /** When each message was first dead, by uuid. */
  readonly diedAt = new Map<string, Date>()
  /** When alerts became dead with their removed channel, by channel. */
  readonly removedAt = new Map<string, Date[]>()
  /** Ids of manual messages and resends. */
  readonly byHand = new Set<string>()
  readonly faults: Fault[] = []
  /** Earliest next attempt of each message, by id. */
  readonly #dueAt = new Map<string, Date>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The clock was set, or alerts were moved: due times can no longer be checked. */
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
    // A released claim was not attempted.
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

/** The groups of each queue in a configuration. */
export function groupsOfQueues({ channels, robots }: Settings): Map<string, string> {
  const groups = new Map<string, string>()
  for (const channel of channels.values())
    for (const [index, queue] of queuesOf(channel).entries()) {
      const robot = robots.get(channel.robots[index] ?? '')
      if (robot !== undefined) groups.set(queue, groupOf(robot.key))
    }
  return groups
}

/** Wraps a store, and reports its commits to the ledger and the model of DingTalk. */
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
      const { replaces, message, now } = claim
      if (replaces !== undefined)
        ledger.retried(replaces, { backlog: backlogs.get(message.robot), now })
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
      // A late settlement changes nothing.
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
      // A failed message waits beside the next one.
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
    async reassign(assignments, time) {
      const reassigned = await store.reassign(assignments, time)
      for (const { channel } of reassigned.dead) ledger.removed(channel, time.now)
      return reassigned
    },
    async shift(byMs) {
      await store.shift(byMs)
      ledger.forgetDueTimes()
    },
  }
}
