import assert from 'node:assert/strict'
import { AppError } from '../../src/errors.ts'
import type { AlertState } from '../../src/model/message.ts'
import type { AlertOutcome } from '../../src/stores/queries.ts'
import { alert, at, type Backend, DELIVERED, MINUTE, StoreFixture } from './conformance/harness.ts'
import { LEVELS, Model, type ModelAlert, type ModelMessage, Random, STATUSES } from './model.ts'

const QUEUES = ['robot:a', 'robot:b'] as const
const FINGERPRINTS = ['f', 'g', 'h', 'i', 'j', 'k', 'l', 'm'] as const
const DAY = 86_400_000

const OUTCOMES: Readonly<Record<AlertState, AlertOutcome>> = {
  ...{ pending: 'waiting', sending: 'waiting', sent: 'delivered' },
  ...{ dead: 'failed', suppressed: 'suppressed' },
}

/** A random sequence of verbs on a store, next to the model of what it must know. */
export class Sequence {
  readonly #random: Random
  readonly #model = new Model()
  readonly #s = new StoreFixture()
  readonly #backend: Backend
  readonly #steps: string[] = []
  #now = 0

  constructor(backend: Backend, seed: number) {
    this.#backend = backend
    this.#random = new Random(seed)
  }

  async play(length: number): Promise<void> {
    await this.#s.open(this.#backend)
    try {
      for (let step = 0; step < length; step += 1) {
        this.#now += this.#random.of([1, 1_000, MINUTE])
        await this.#step()
        await this.#compare()
      }
    } catch (error) {
      throw new Error(`after ${this.#steps.join(', ')}`, { cause: error })
    } finally {
      await this.#s.close()
    }
  }

  #step(): Promise<void> {
    const chance = this.#random.below(100)
    if (chance < 30) return this.#accept()
    if (chance < 50) return this.#claimSome()
    if (chance < 60) return this.#claimAll()
    if (chance < 80) return this.#settle()
    if (chance < 83) return this.#retry()
    if (chance < 86) return this.#replace()
    if (chance < 90) return this.#resend()
    if (chance < 93) return this.#recover()
    if (chance < 96) return this.#reassign()
    if (chance < 98) return this.#prune()
    return this.#reopen()
  }

  #did(step: string): void {
    this.#steps.push(step)
  }

  async #accept(): Promise<void> {
    const count = 1 + this.#random.below(5)
    const queues = this.#random.of([['robot:a'], ['robot:b'], [...QUEUES]])
    const incoming = Array.from({ length: count }, () => {
      const status = this.#random.of(STATUSES)
      const isOff = status === 'resolved' && queues.length === 2 && this.#random.chance(20)
      // The last ones have the same aggregation key, and enter both queues.
      const fingerprint = this.#random.of(
        queues.length === 2 ? FINGERPRINTS : FINGERPRINTS.slice(0, -3),
      )
      return alert(fingerprint, {
        ...{
          status,
          queues,
          level: this.#random.of(LEVELS),
          everyMs: this.#random.of([0, MINUTE]),
        },
        group: fingerprint < 'k' ? fingerprint : 'shared',
        ...(isOff && { suppressed: 'resolved_off' }),
      })
    })
    this.#did(`accept ${incoming.map((each) => each.fingerprint).join('')} for ${queues.join(' ')}`)
    const accepted = await this.#s.accept(incoming, this.#now)
    const { items } = await this.#s.store.alerts({ limit: count })
    const expected = new Set<string>()
    for (const [index, each] of incoming.entries()) {
      const { id } = items[count - 1 - index] as { id: string }
      for (const queue of this.#model.accept(id, each, at(this.#now))) expected.add(queue)
    }
    assert.deepEqual(new Set(accepted.queues), expected)
  }

  async #offered(queue: string): Promise<ModelAlert[]> {
    const ids = await this.#s.waitingIds(this.#now, queue)
    return ids.map((id) => {
      const found = this.#model.alerts.find((each) => Number(each.id) === id)
      assert.ok(found, `unknown alert ${id} is offered`)
      return found
    })
  }

  async #claimSome(): Promise<void> {
    const queue = this.#random.of(QUEUES)
    const offered = await this.#offered(queue)
    if (offered.length === 0) return
    const wanted = offered.filter(() => this.#random.chance(40))
    // Like a dispatcher: in order for each alert.
    const taken = offered.filter((each) =>
      wanted.some(
        ({ id, incoming: { fingerprint } }) =>
          each.incoming.fingerprint === fingerprint && Number(each.id) <= Number(id),
      ),
    )
    if (taken.length === 0) return
    const ids = taken.map(({ id }) => id)
    this.#did(`claim ${ids.join(' ')} of ${queue}`)
    const claimed = await this.#s.tryClaim(ids.map(Number), this.#now, {
      robot: robotOf(queue),
      message: { queue },
      call: { maxCalls: 1_000_000 },
    })
    assert.ok(claimed, 'what was offered cannot be claimed')
    this.#claimed(claimed, queue, ids)
  }

  async #claimAll(): Promise<void> {
    const queue = this.#random.of(QUEUES)
    const tally = await this.#s.store.tally(queue, 'ops')
    if (tally.count === 0) return
    const { channels } = await this.#s.backlog(this.#now, { queues: [queue] })
    const offered = await this.#offered(queue)
    this.#did(`claim all ${tally.count} of ${queue}`)
    const claimed = await this.#s.tryClaimTally(tally, this.#now, {
      robot: robotOf(queue),
      message: { queue },
      call: { maxCalls: 1_000_000 },
    })
    assert.equal(claimed !== undefined, channels[0]?.digestOpen === false)
    if (claimed !== undefined)
      this.#claimed(
        claimed,
        queue,
        offered.map(({ id }) => id),
        true,
      )
  }

  #claimed(
    { id, call }: { id: string; call: number },
    queue: string,
    ids: readonly string[],
    isDigest = false,
  ): void {
    const message = {
      ...{ id, queue, call, state: 'sending', elsewhereAt: 0 },
      ...{ robotOf: queue, alertCount: ids.length, mayHaveArrived: false, isDigest },
    }
    this.#model.claim(message as ModelMessage, ids)
  }

  #messageIn(...states: ModelMessage['state'][]): ModelMessage | undefined {
    const found = [...this.#model.messages.values()].filter(({ state }) => states.includes(state))
    return found.length === 0 ? undefined : this.#random.of(found)
  }

  async #settle(): Promise<void> {
    const message = this.#messageIn('sending')
    if (message === undefined) return
    const kind = this.#random.of(['sent', 'sent', 'retry', 'dead', 'split'] as const)
    this.#did(`settle ${message.id} ${kind}`)
    const elsewhereAt = this.#random.chance(50) ? this.#now + MINUTE : undefined
    await this.#s.settle(message, this.#now, {
      attempt: DELIVERED,
      next: {
        sent: { kind: 'sent' },
        retry: {
          ...{ kind: 'retry', dueAt: at(this.#now) },
          elsewhereAt: elsewhereAt === undefined ? undefined : at(elsewhereAt),
        },
        dead: { kind: 'dead', reason: 'x' },
        split: { kind: 'split', reason: 'x', bodyBytes: 1_000 },
      }[kind] as never,
    })
    if (kind === 'retry') {
      message.state = 'pending'
      message.elsewhereAt = Math.max(message.elsewhereAt, elsewhereAt ?? 0)
      message.mayHaveArrived ||= elsewhereAt !== undefined
    } else message.state = kind === 'sent' ? 'sent' : 'dead'
    if (kind === 'split') this.#model.requeue(message.id)
  }

  async #retry(): Promise<void> {
    const message = this.#messageIn('pending')
    if (message === undefined) return
    this.#did(`retry ${message.id}`)
    const claimed = await this.#s.retry(message.id, this.#now, {
      ...{ maxCalls: 1_000_000, robot: robotOf(message.robotOf) },
    })
    assert.ok(claimed)
    message.state = 'sending'
    message.call = claimed.call
  }

  /** Composes a message anew from some of its alerts, and from what waits beside it. */
  async #replace(): Promise<void> {
    const message = this.#messageIn('pending')
    if (message === undefined) return
    const found = await this.#s.store.unshown(message.id, 100)
    const own = this.#model.carriedBy(message.id).map(({ id }) => Number(id))
    if (found === undefined) {
      assert.ok(message.mayHaveArrived || message.isDigest, 'nothing of it was shown')
      return
    }
    const carried = found.carried.map(({ id }) => id)
    assert.deepEqual(carried, own)
    const kept = carried.filter(() => this.#random.chance(80))
    const ids = [...kept, ...found.waiting.slice(0, 1).map(({ id }) => id)]
    if (ids.length === 0) return
    this.#did(`replace ${message.id} by ${ids.join(' ')}`)
    const claimed = await this.#s.tryClaim(ids, this.#now, {
      ...{ robot: robotOf(message.robotOf), replaces: message.id },
      message: { queue: message.queue },
      call: { maxCalls: 1_000_000 },
    })
    assert.ok(claimed, 'it cannot be replaced')
    assert.equal(claimed.id, message.id)
    this.#model.requeue(message.id)
    this.#model.claim(
      { ...message, state: 'sending', call: claimed.call, alertCount: ids.length },
      ids.map(String),
    )
  }

  async #resend(): Promise<void> {
    const message = this.#messageIn('dead')
    if (message === undefined) return
    this.#did(`resend ${message.id}`)
    const { current, outdated } = this.#model.current(message)
    const partly = outdated > 0 && message.elsewhereAt > this.#now
    const refused =
      current.length + outdated === 0
        ? 'not_dead'
        : current.length === 0 || partly
          ? 'outdated'
          : undefined
    const got = await this.#s.store.resend(message.id, at(this.#now)).then(
      ({ alerts, outdated: left }) => ({ alerts, left }),
      (error) => (error instanceof AppError ? error.code : error),
    )
    if (refused !== undefined) return assert.equal(got, refused)
    assert.deepEqual(got, { alerts: current.length, left: outdated })
    if (outdated === 0) message.state = 'pending'
    else for (const { places } of current) places.set(message.queue, 'waits')
  }

  async #recover(): Promise<void> {
    this.#did('recover')
    this.#now += 2 * MINUTE
    assert.equal(
      await this.#s.store.recover(at(this.#now)),
      this.#model.recover(at(this.#now).getTime() - at(0).getTime()),
    )
  }

  async #reassign(): Promise<void> {
    const [from, to] = this.#random.of([
      ['robot:a', 'robot:b'],
      ['robot:b', 'robot:a'],
    ])
    this.#did(`reassign ${from}`)
    const name = robotOf(to as string)
    const robots = [{ name, key: `k${name}` }]
    const queues = [{ queue: to as string, robots }]
    const { moved } = await this.#s.reassign([{ channel: 'ops', queues }], this.#now)
    assert.equal(moved, this.#model.reassign(from as string, to as string, this.#now))
  }

  async #prune(): Promise<void> {
    this.#did('prune')
    this.#now += 30 * DAY
    for (let round = 0; round < 3; round += 1)
      await this.#s.store.prune(at(this.#now), at(this.#now))
    this.#model.prune()
  }

  async #reopen(): Promise<void> {
    if (!this.#backend.reopens) return
    this.#did('reopen')
    await this.#s.reopen()
    await this.#recover()
  }

  async #compare(): Promise<void> {
    const { items } = await this.#s.store.alerts({ limit: 10_000 })
    const found = items
      .map(({ id, state, messageIds }) => `${id} ${state} ${messageIds.toSorted().join(' ')}`)
      .reverse()
    const expected = this.#model.alerts.map((each) => {
      const messages = [...each.places.values()].filter((place) => place !== 'waits')
      return `${each.id} ${this.#model.stateOf(each)} ${messages.toSorted().join(' ')}`
    })
    assert.deepEqual(found, expected)
    await this.#compareHistory(items.map(({ state }) => OUTCOMES[state]))
    const messages = [...this.#model.messages.values()]
    const looked = messages.length === 0 ? [] : [messages.at(-1), this.#random.of(messages)]
    for (const { id, state } of looked as ModelMessage[]) {
      const stored = await this.#s.store.message(id)
      assert.equal(stored?.message.state, state)
      const carried = this.#model.carriedBy(id).map((each) => each.id)
      const shown = stored?.alerts.map((each) => each.id) ?? []
      assert.deepEqual(new Set(shown), new Set(carried))
      assert.equal(shown.length, carried.length)
    }
    for (const queue of QUEUES) await this.#compareQueue(queue)
  }

  /** Two ranges, wherever they meet, contain each alert once, with the outcome that the list shows. */
  async #compareHistory(outcomes: readonly AlertOutcome[]): Promise<void> {
    // Another instant after each step, without a draw, which would change the sequence of a seed.
    const middle = at((this.#steps.length * 7_919_777) % (this.#now + 1))
    const halves = [
      await this.#s.store.history({ from: at(-1), to: middle }),
      await this.#s.store.history({ from: middle, to: at(this.#now + 1) }),
    ]
    const alerts = halves.flatMap((half) => half.alerts)
    for (const outcome of new Set(Object.values(OUTCOMES))) {
      const counted = alerts.filter((each) => each.outcome === outcome)
      assert.equal(
        counted.reduce((sum, { count }) => sum + count, 0),
        outcomes.filter((each) => each === outcome).length,
        outcome,
      )
    }
    assert.ok(alerts.every(({ count }) => count > 0))
  }

  /** What is offered waits, in order; all of it when nothing is open. */
  async #compareQueue(queue: string): Promise<void> {
    const waiting = this.#model.waiting(queue)
    const offered = await this.#offered(queue)
    const tally = await this.#s.store.tally(queue, 'ops')
    assert.equal(tally.count, offered.length)
    const isOffered = new Set(offered)
    assert.ok(offered.every((each) => waiting.includes(each)))
    if (this.#model.openMessages(queue).length === 0) assert.equal(offered.length, waiting.length)
    for (const { incoming } of offered)
      for (const { id, places, incoming: other } of this.#model.alerts) {
        if (other.fingerprint !== incoming.fingerprint) continue
        assert.ok(!this.#model.isOpen(places.get(queue)), `${id} is in an open message`)
      }
    for (const each of waiting)
      for (const later of offered)
        if (
          later.incoming.fingerprint === each.incoming.fingerprint &&
          Number(later.id) > Number(each.id)
        )
          assert.ok(isOffered.has(each), `${later.id} is offered before ${each.id}`)
  }
}

function robotOf(queue: string): string {
  return queue.slice('robot:'.length)
}
