import assert from 'node:assert/strict'
import { afterEach, beforeEach } from 'node:test'
import type { Attempt } from '../../../src/model/message.ts'
import type { QueueAssignment } from '../../../src/stores/assignments.ts'
import type { Accepted, AcceptRequest, IncomingAlert } from '../../../src/stores/incoming.ts'
import type {
  Backlog,
  BacklogQuery,
  CallClaim,
  Claim,
  Claimed,
  NewMessage,
  ReceivedCount,
  Settlement,
  Store,
  Tally,
} from '../../../src/stores/store.ts'
import { acceptRequest, incomingAlert } from '../../support/requests.ts'

export { EVERY_MS, incomingAlert as alert } from '../../support/requests.ts'

/** A way to open one kind of store; a backend's own test is one call of `conformance`. */
export interface Backend {
  name: string
  open(): Promise<Opened>
  /** True if `reopen` returns a store with the same data. */
  reopens: boolean
}

export interface Opened {
  store: Store
  /** Closes the store and opens the same data again. */
  reopen(): Promise<Store>
  close(): Promise<void>
}

export const START = Date.UTC(2026, 10, 24, 4)
export const MINUTE = 60_000
export const HOUR = 3_600_000

export function at(ms: number): Date {
  return new Date(START + ms)
}

export const DELIVERED: Attempt = {
  outcome: { kind: 'delivered' },
  result: 'ok',
  httpStatus: 200,
  errcode: 0,
  errmsg: 'ok',
  explanation: 'accepted',
  durationMs: 12,
}

export const FAILED: Attempt = {
  ...DELIVERED,
  outcome: { kind: 'retryable', reason: 'network', reached: false, bounded: false },
  result: 'network',
  errcode: undefined,
}

export const REFUSED: Attempt = {
  ...DELIVERED,
  outcome: { kind: 'rejected', reason: 'token' },
  result: 'token',
  errcode: 300005,
}

export function alerts(count: number, changes: Partial<IncomingAlert> = {}): IncomingAlert[] {
  return Array.from({ length: count }, (_, index) => incomingAlert(`f${index}`, changes))
}

/** A call of robot `a` at an instant. */
export function call(ms: number, changes: Partial<CallClaim> = {}): CallClaim {
  return {
    key: 'ka',
    address: 'direct',
    since: at(ms - MINUTE),
    maxCalls: 20,
    until: at(ms + 5_000),
    month: '2026-11',
    owner: 'me',
    ...changes,
  }
}

export function settlement(
  claimed: { id: string; call: number },
  ms: number,
  changes: Partial<Settlement> = {},
): Settlement {
  return {
    now: at(ms),
    id: claimed.id,
    call: claimed.call,
    attempt: DELIVERED,
    at: at(ms),
    next: { kind: 'sent' },
    reached: true,
    robot: { key: 'ka', failures: 0 },
    pause: undefined,
    ...changes,
  }
}

/** Changes to the default claim: robot `a` claims for queue `robot:a` and channel `ops`. */
export interface ClaimChanges {
  /** The robot that claims; its key is `kROBOT`. */
  robot?: string
  message?: Partial<NewMessage>
  call?: Partial<CallClaim>
  alerts?: Claim['alerts']
  replaces?: string
}

/** A store of a backend for one test, with shorter forms of the verbs. */
export class StoreFixture {
  #opened: Opened | undefined
  #store: Store | undefined
  #serial: number

  constructor(store?: Store, serial = 0) {
    this.#store = store
    this.#serial = serial
  }

  get store(): Store {
    assert.ok(this.#store)
    return this.#store
  }

  async open(backend: Backend): Promise<void> {
    this.#opened = await backend.open()
    this.#store = this.#opened.store
    this.#serial = 0
  }

  async close(): Promise<void> {
    await this.#opened?.close()
  }

  async reopen(): Promise<void> {
    this.#store = await this.#opened?.reopen()
  }

  nextKey(): string {
    this.#serial += 1
    return `k${this.#serial}`
  }

  /** Accepts one request with these alerts, in this order. */
  accept(
    incoming: readonly IncomingAlert[],
    ms = 0,
    changes: Partial<AcceptRequest> = {},
  ): Promise<Accepted> {
    const key = changes.key ?? this.nextKey()
    return this.store.accept(acceptRequest(incoming, { now: at(ms), ...changes, key }))
  }

  backlog(ms = 0, changes: Partial<BacklogQuery> = {}): Promise<Backlog> {
    return this.store.backlog({
      robot: { name: 'a', key: 'ka', address: 'direct' },
      queues: ['robot:a'],
      peers: [],
      now: at(ms),
      callsSince: at(ms - MINUTE),
      hourStart: at(0),
      dayStart: at(0),
      month: '2026-11',
      preview: 500,
      ...changes,
    })
  }

  /** The backlog of the queue of `a` for robot `b` of a pool. */
  backlogOf(robot: string, ms = 0, changes: Partial<BacklogQuery> = {}): Promise<Backlog> {
    return this.backlog(ms, {
      robot: { name: robot, key: `k${robot}`, address: 'direct' },
      ...changes,
    })
  }

  /** Ids of the unblocked alerts in a queue and channel, the most severe first. */
  async waitingIds(ms = 0, queue = 'robot:a', channel = 'ops'): Promise<number[]> {
    return (await this.#waiting(ms, queue, channel)).map(({ id }) => id)
  }

  /** The same alerts as `fingerprint status`. */
  async waiting(ms = 0, queue = 'robot:a', channel = 'ops'): Promise<string[]> {
    const found = await this.#waiting(ms, queue, channel)
    return found.map(({ fingerprint, status }) => `${fingerprint} ${status}`)
  }

  async #waiting(ms: number, queue: string, channel: string) {
    const { channels } = await this.backlog(ms, { queues: [queue] })
    return channels.find((each) => each.channel === channel)?.alerts ?? []
  }

  message(changes: Partial<NewMessage> = {}): NewMessage {
    return {
      uuid: this.nextKey(),
      robot: 'a',
      robotKey: 'ka',
      queue: 'robot:a',
      channel: 'ops',
      kind: 'alert',
      title: 'T',
      text: 'text',
      body: '{"msgtype":"text","告":1}',
      alertCount: 1,
      level: 3,
      storm: false,
      ...changes,
    }
  }

  /** Enqueues a message without alerts. */
  testMessage(changes: Partial<NewMessage> = {}): NewMessage {
    return this.message({ kind: 'test', alertCount: 0, level: undefined, ...changes })
  }

  /** Takes the robot's lease for a minute. */
  lease(ms: number, robot = 'a', owner = 'me'): Promise<boolean> {
    return this.store.lease({ robot, owner, now: at(ms), until: at(ms + MINUTE) })
  }

  /** Leases the robot and claims some alerts. */
  async tryClaim(
    ids: readonly number[],
    ms = 0,
    changes: ClaimChanges = {},
  ): Promise<Claimed | undefined> {
    const { robot = 'a', message, alerts: taken = { kind: 'some', ids }, replaces } = changes
    await this.lease(ms, robot)
    return this.store.claim({
      now: at(ms),
      message: this.message({ robot, robotKey: `k${robot}`, alertCount: ids.length, ...message }),
      alerts: taken,
      call: call(ms, { key: `k${robot}`, ...changes.call }),
      replaces,
    })
  }

  async claim(ids: readonly number[], ms = 0, changes: ClaimChanges = {}): Promise<Claimed> {
    const claimed = await this.tryClaim(ids, ms, changes)
    assert.ok(claimed, 'the claim was rejected')
    return claimed
  }

  /** Claims a digest of everything that a tally counted. */
  tryClaimTally(
    { upTo, count }: Pick<Tally, 'upTo' | 'count'>,
    ms = 0,
    changes: ClaimChanges = {},
  ): Promise<Claimed | undefined> {
    return this.tryClaim([], ms, {
      ...changes,
      message: { kind: 'digest', alertCount: count, ...changes.message },
      alerts: { kind: 'upTo', upTo, count },
    })
  }

  /** Claims a digest of everything that waits in a queue and channel. */
  async claimAll(ms = 0, changes: ClaimChanges = {}): Promise<Claimed> {
    const { queue = 'robot:a', channel = 'ops' } = changes.message ?? {}
    const claimed = await this.tryClaimTally(await this.store.tally(queue, channel), ms, changes)
    assert.ok(claimed, 'the claim of a digest was rejected')
    return claimed
  }

  async retry(
    id: string,
    ms: number,
    { robot = 'a', ...changes }: Partial<CallClaim> & { robot?: string } = {},
  ): Promise<Claimed | undefined> {
    await this.lease(ms, robot, changes.owner)
    const now = at(ms)
    return this.store.claimRetry({
      ...{ now, id, robot },
      call: call(ms, { key: `k${robot}`, ...changes }),
    })
  }

  /** Reassigns with a configuration that took effect at `sinceMs`, by a reload unless `isReloaded` is false. */
  reassign(
    assignments: readonly QueueAssignment[],
    ms: number,
    { sinceMs = ms, isReloaded = true } = {},
  ): ReturnType<Store['reassign']> {
    return this.store.reassign(assignments, { now: at(ms), since: at(sinceMs), isReloaded })
  }

  settle(
    claimed: { id: string; call: number },
    ms: number,
    changes: Partial<Settlement> = {},
  ): Promise<ReceivedCount[]> {
    return this.store.settle(settlement(claimed, ms, changes))
  }

  async send(ids: readonly number[], ms = 0, changes: ClaimChanges = {}): Promise<string> {
    const claimed = await this.claim(ids, ms, changes)
    await this.settle(claimed, ms + 1)
    return claimed.id
  }

  die(claimed: { id: string; call: number }, ms: number, reason = 'token'): Promise<unknown> {
    return this.settle(claimed, ms, { attempt: REFUSED, next: { kind: 'dead', reason } })
  }

  async stateOf(id: string): Promise<string | undefined> {
    return (await this.store.message(id))?.message.state
  }

  /** Alerts as `fingerprint state`, newest first. */
  async states(): Promise<string[]> {
    const { items } = await this.store.alerts({ limit: 1_000 })
    return items.map(({ fingerprint, state }) => `${fingerprint} ${state}`)
  }

  /** The alerts of a message as `fingerprint status`, in its order. */
  async alertsOf(id: string): Promise<string[] | undefined> {
    const found = await this.store.message(id)
    return found?.alerts.map(({ fingerprint, status }) => `${fingerprint} ${status}`)
  }
}

/** A fixture whose store is opened before each test of the suite around it, and closed after it. */
export function storeFixture(backend: Backend): StoreFixture {
  const fixture = new StoreFixture()
  beforeEach(() => fixture.open(backend))
  afterEach(() => fixture.close())
  return fixture
}

/** A fixture on a store that is open; `serial` sets its keys apart from those of others. */
export function fixtureOn(store: Store, serial = 0): StoreFixture {
  return new StoreFixture(store, serial)
}
