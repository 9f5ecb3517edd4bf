import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { AppError } from '../../src/errors.ts'
import type { Attempt } from '../../src/model/message.ts'
import type {
  Accepted,
  Arriving,
  CallClaim,
  Claim,
  NewMessage,
  Settlement,
  Store,
  Waiting,
} from '../../src/stores/store.ts'
import { readingConformance } from './reading-conformance.ts'

export interface Harness {
  store: Store
  /** Opens the same data again, as after a crash where the backend can show that. */
  reopen?: () => Promise<Store>
  close: () => Promise<void>
}

const START = Date.UTC(2026, 10, 24, 4)
const at = (ms: number): Date => new Date(START + ms)
const EVERY_MS = 600_000
const DELIVERED: Attempt = {
  outcome: { kind: 'delivered' },
  result: 'ok',
  httpStatus: 200,
  errcode: 0,
  errmsg: 'ok',
  words: 'accepted',
  durationMs: 12,
}

/** What every store does alike; a backend's own test is one call of this. */
export function conformance(
  name: string,
  open: (decide: typeof reasonToSuppress) => Promise<Harness>,
): void {
  readingConformance(name, open)
  describe(`the store on ${name}`, () => {
    let harness: Harness
    let store: Store
    let serial = 0
    beforeEach(async () => {
      harness = await open(reasonToSuppress)
      store = harness.store
      serial = 0
    })
    afterEach(() => harness.close())

    function nextKey(): string {
      serial += 1
      return `k${serial}`
    }

    const alert = (fingerprint: string, changes: Partial<Arriving> = {}): Arriving => ({
      position: 0,
      channel: 'ops',
      queues: ['robot:a'],
      fingerprint,
      status: 'firing',
      level: 3,
      name: 'rule',
      cluster: 'c1',
      group: changes.fingerprint ?? fingerprint,
      everyMs: EVERY_MS,
      ...changes,
    })

    function accept(
      alerts: readonly Arriving[],
      ms = 0,
      key = nextKey(),
      dated = false,
    ): Promise<Accepted> {
      const positioned = alerts.map((each, position) => ({ ...each, position }))
      return store.accept({
        now: at(ms),
        source: 'ocp',
        key,
        repeatWithinMs: 120_000,
        dated,
        body: `text ${key}`,
        alerts: positioned,
      })
    }

    function look(
      ms = 0,
      changes: Partial<Parameters<Store['waiting']>[0]> = {},
    ): Promise<Waiting> {
      return store.waiting({
        robot: { name: 'a', key: 'ka', address: 'direct' },
        queues: ['robot:a'],
        peers: [],
        now: at(ms),
        callsSince: at(ms - 60_000),
        hourStart: at(0),
        dayStart: at(0),
        month: '2026-11',
        heads: 500,
        ...changes,
      })
    }

    const message = (changes: Partial<NewMessage> = {}): NewMessage => ({
      uuid: nextKey(),
      robot: 'a',
      queue: 'robot:a',
      channel: 'ops',
      kind: 'alert',
      title: 'T',
      text: 'text',
      body: '{"msgtype":"text","告":1}',
      alertCount: 1,
      storm: false,
      ...changes,
    })

    const call = (ms: number, changes: Partial<CallClaim> = {}): CallClaim => ({
      key: 'ka',
      since: at(ms - 60_000),
      messages: 20,
      until: at(ms + 5_000),
      month: '2026-11',
      owner: 'me',
      ...changes,
    })

    async function claim(ids: readonly number[], ms = 0, changes: Partial<Claim> = {}) {
      await store.lease({ robot: 'a', owner: 'me', now: at(ms), until: at(ms + 60_000) })
      return store.claim({
        now: at(ms),
        message: message(),
        alerts: { kind: 'some', ids },
        call: call(ms),
        ...changes,
      })
    }

    const settlement = (
      claimed: { id: string; call: number },
      ms: number,
      changes: Partial<Settlement> = {},
    ): Settlement => ({
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
    })

    const headIds = async (ms = 0): Promise<number[]> =>
      ((await look(ms)).channels[0]?.heads ?? []).map((head) => head.id)

    test('accept: what is let through waits in every queue it is for, with its payload', async () => {
      const accepted = await accept([
        alert('f1', { queues: ['robot:a', 'robot:b'] }),
        alert('f2', { level: 1 }),
      ])
      assert.deepEqual(accepted, {
        repeated: false,
        queues: ['robot:a', 'robot:b'],
        suppressed: [],
      })
      const { channels } = await look()
      assert.deepEqual(
        [channels.length, channels[0]?.count, channels[0]?.byLevel],
        [1, 2, [1, 0, 1, 0, 0]],
      )
      assert.deepEqual(
        channels[0]?.heads.map((head) => head.fingerprint),
        ['f2', 'f1'],
      )
      assert.deepEqual(channels[0]?.oldest, at(0))
      const payloads = await store.payloads([channels[0]?.heads[0]?.payload as number, 999])
      assert.deepEqual(
        [...payloads.values()],
        [{ source: 'ocp', receivedAt: at(0), text: 'text k1' }],
      )
    })

    test('payloads: the first that fit, by their bytes and in the order asked for, one at least', async () => {
      for (const [index, text] of ['a'.repeat(10), '载'.repeat(10), 'b'.repeat(10)].entries())
        await accept([alert(`f${index}`)], index, text)
      const { items } = await store.alerts({ limit: 10 })
      const [c, b, a] = items.map(({ payload }) => payload) as [number, number, number]
      const texts = async (numbers: number[], maxBytes: number) => {
        const found = await store.payloads(numbers, maxBytes)
        return numbers.filter((number) => found.has(number))
      }
      const [small, wide] = [15, 35]
      assert.deepEqual(await texts([a, b, c], small), [a])
      assert.deepEqual(await texts([b, a], small), [b], 'one at least')
      assert.deepEqual(await texts([c, a, b], 2 * small), [c, a])
      assert.deepEqual(await texts([999, a, b, c], small + wide), [a, b])
      assert.deepEqual(await texts([a, b, c], 1_000), [a, b, c])
      assert.deepEqual(await texts([999], small), [])
    })

    test('accept: a request that repeats an earlier one needs no rows, until it is old or news again', async () => {
      await accept([alert('f')], 0, 'same')
      assert.equal((await accept([alert('f')], 119_000, 'same')).repeated, true)
      assert.equal((await accept([alert('f')], 121_000, 'same')).repeated, false)
      await accept([alert('f', { status: 'resolved' })], 122_000, 'other')
      const again = await accept([alert('f')], 123_000, 'same')
      assert.deepEqual([again.repeated, again.queues], [false, ['robot:a']])
    })

    test('accept: a late copy of a request whose key is dated is a repeat, whatever came since', async () => {
      await accept([alert('f')], 0, 'fired', true)
      await accept([alert('f', { status: 'resolved' })], 5_000, 'resolved', true)
      assert.equal((await accept([alert('f')], 15_000, 'fired', true)).repeated, true)
      assert.equal((await accept([alert('f')], 16_000, 'fired again', true)).repeated, false)
    })

    test('accept: a repeat of what became dead is told again', async () => {
      await accept([alert('f')], 0, 'same', true)
      const claimed = await claim(await headIds(), 1)
      assert.ok(claimed)
      await store.settle(settlement(claimed, 10, { next: { kind: 'dead', reason: 'token' } }))
      const again = await accept([alert('f')], 20, 'same', true)
      assert.deepEqual([again.repeated, again.queues], [false, ['robot:a']])
    })

    test('accept: the same alert is suppressed and counted, a change of status is told', async () => {
      await accept([alert('f')])
      const second = await accept([alert('f')], 60_000)
      assert.deepEqual(second, {
        repeated: false,
        queues: [],
        suppressed: [{ channel: 'ops', reason: 'aggregated', count: 1 }],
      })
      await accept([alert('f')], 120_000)
      assert.deepEqual((await accept([alert('f', { status: 'resolved' })], 180_000)).queues, [
        'robot:a',
      ])
      assert.deepEqual((await accept([alert('f')], 181_000)).queues, ['robot:a'])
      const heads = (await look()).channels[0]?.heads ?? []
      assert.deepEqual(
        heads.map((head) => [head.status, head.repeats]),
        [
          ['firing', 0],
          ['resolved', 2],
          ['firing', 0],
        ],
      )
    })

    test('accept: a recovery that is switched off is no news, but the next firing is', async () => {
      await accept([alert('f')])
      const off = await accept(
        [alert('f', { status: 'resolved', suppressed: 'resolved_off' })],
        1_000,
      )
      assert.deepEqual(off.suppressed, [{ channel: 'ops', reason: 'resolved_off', count: 1 }])
      assert.deepEqual((await accept([alert('f')], 2_000)).queues, ['robot:a'])
    })

    test('accept: an alert whose last message is dead is told again', async () => {
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      await store.settle(settlement(claimed, 10, { next: { kind: 'dead', reason: 'token' } }))
      assert.deepEqual((await accept([alert('f')], 1_000)).queues, ['robot:a'])
    })

    test('accept: requests that arrive together are each taken, and see each other', async () => {
      const all = await Promise.all(
        Array.from({ length: 200 }, (_, index) => accept([alert(`f${index % 100}`)], index)),
      )
      assert.equal(all.filter((each) => each.queues.length > 0).length, 100)
      assert.equal((await look()).channels[0]?.count, 100)
    })

    test('waiting: what is about an alert that is under way is held back', async () => {
      await accept([alert('f'), alert('g')])
      const [first] = await headIds()
      const claimed = await claim([first as number])
      assert.ok(claimed)
      await accept([alert('f', { status: 'resolved' })], 10)
      const held = (await look(10)).channels[0]
      assert.deepEqual([held?.count, held?.heads.map((head) => head.fingerprint)], [1, ['g']])
      await store.settle(settlement(claimed, 20))
      assert.deepEqual((await look(20)).channels[0]?.count, 2)
    })

    test('waiting: counts messages of the hour and the day, and gives calls and the month', async () => {
      await accept([alert('f'), alert('g'), alert('h')])
      for (const id of (await headIds()).slice(0, 2)) {
        const claimed = await claim([id], 1_000)
        assert.ok(claimed)
        await store.settle(settlement(claimed, 2_000))
      }
      const { channels, robot, organisationUsed } = await look(3_000)
      assert.deepEqual(
        [channels[0]?.messagesThisHour, channels[0]?.messagesToday, channels[0]?.lastMessageAt],
        [2, 2, at(1_000)],
      )
      assert.deepEqual(
        [robot.calls, robot.monthUsed, organisationUsed],
        [Array(2).fill({ at: at(1_000), until: at(2_000) }), 2, 2],
      )
      assert.equal((await look(70_000)).robot.calls.length, 0)
    })

    test('waiting: gives the latest messages of the queue and channel, and which told a storm', async () => {
      await accept([alert('f'), alert('g'), alert('h')])
      const [first, second] = await headIds()
      for (const [id, ms, storm] of [
        [first, 1_000, false],
        [second, 2_000, true],
      ] as const) {
        const claimed = await claim([id as number], ms, { message: message({ storm }) })
        assert.ok(claimed)
        await store.settle(settlement(claimed, ms + 1))
      }
      await store.enqueue([message({ kind: 'test', alertCount: 0 })], at(2_500))
      assert.deepEqual((await look(3_000)).channels[0]?.recent, [
        { at: at(1_000), storm: false },
        { at: at(2_000), storm: true },
      ])
      assert.deepEqual((await look(61_000)).channels[0]?.recent, [{ at: at(2_000), storm: true }])
    })

    test('tally: counts by level, name and cluster, with the first of each', async () => {
      await accept(
        Array.from({ length: 30 }, (_, index) =>
          alert(`f${index}`, {
            cluster: `c${index % 3}`,
            level: index % 3 === 0 ? 1 : 4,
            status: index % 2 ? 'resolved' : 'firing',
          }),
        ),
      )
      const tally = await store.tally('robot:a', 'ops')
      assert.equal(tally.count, 30)
      assert.deepEqual(
        tally.groups.map(({ level, cluster, firing, resolved, first }) => [
          level,
          cluster,
          firing + resolved,
          first.length,
        ]),
        [
          [1, 'c0', 10, 3],
          [4, 'c1', 10, 3],
          [4, 'c2', 10, 3],
        ],
      )
      const claimed = await claim([], 0, {
        alerts: { kind: 'upTo', upTo: tally.upTo, count: tally.count },
      })
      assert.ok(claimed)
      assert.equal((await look()).channels.length, 0)
      assert.equal((await store.message(claimed.id))?.alerts.length, 30)
    })

    test('lease: is one owner’s until it ends or is given up', async () => {
      const by = (owner: string, ms: number) =>
        store.lease({ robot: 'a', owner, now: at(ms), until: at(ms + 60_000) })
      assert.equal(await by('me', 0), true)
      assert.equal(await by('you', 1_000), false)
      await store.release('you')
      assert.equal(await by('you', 2_000), false)
      await store.release('me')
      assert.equal(await by('you', 3_000), true)
      assert.equal(await by('me', 62_000), false)
      assert.equal(await by('me', 63_000), true)
    })

    test('claim: is refused without the lease, without a call left, or when an alert is gone, and then writes nothing', async () => {
      await accept([alert('f'), alert('g')])
      const [f, g] = (await headIds()) as [number, number]
      assert.equal(
        await store.claim({
          now: at(0),
          message: message(),
          alerts: { kind: 'some', ids: [f] },
          call: call(0, { owner: 'me' }),
        }),
        undefined,
      )
      assert.equal(await claim([f], 0, { call: call(0, { messages: 0 }) }), undefined)
      assert.ok(await claim([f]))
      assert.equal(await claim([f]), undefined)
      assert.equal(await claim([g], 0, { call: call(0, { messages: 1 }) }), undefined)
      assert.equal(await claim([g], 0, { alerts: { kind: 'upTo', upTo: g, count: 5 } }), undefined)
      assert.equal(
        await store.lease({ robot: 'a', owner: 'other', now: at(59_000), until: at(90_000) }),
        false,
      )
      assert.equal(
        await store.lease({ robot: 'a', owner: 'other', now: at(60_000), until: at(90_000) }),
        true,
      )
      assert.equal((await store.messages({ limit: 10 })).items.length, 1)
      assert.ok(await claim([g], 91_000))
    })

    test('lease: is not renewed while it lasts long enough, and is another’s when it has ended', async () => {
      const ask = (owner: string, now: number, until: number, enough?: number) =>
        store.lease({
          robot: 'z',
          owner,
          now: at(now),
          until: at(until),
          ...(enough === undefined ? {} : { enough: at(enough) }),
        })
      assert.equal(await ask('one', 0, 100, 90), true)
      assert.equal(await ask('one', 5, 105, 95), true)
      // It lasts until 100 still: the second time it was not renewed.
      assert.equal(await ask('two', 99, 200), false)
      assert.equal(await ask('one', 15, 115, 105), true)
      assert.equal(await ask('two', 114, 200), false)
      assert.equal(await ask('two', 115, 200, 190), true)
      assert.equal(await ask('one', 116, 300, 290), false)
    })

    test('settle: a failed attempt is due again with the same body and uuid, and every attempt is kept', async () => {
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      const failed: Attempt = {
        ...DELIVERED,
        outcome: { kind: 'retryable', reason: 'network', reached: false, bounded: false },
        result: 'network',
        errcode: undefined,
      }
      await store.settle(
        settlement(claimed, 100, {
          attempt: failed,
          next: { kind: 'again', dueAt: at(1_000) },
          reached: false,
          robot: { key: 'ka', failures: 1 },
          pause: { scope: 'robot:ka', until: at(900), reason: 'unreachable' },
        }),
      )
      const before = await look(500)
      assert.deepEqual(
        [before.due, before.nextDueAt, before.robot.failures, before.robot.monthUsed],
        [undefined, at(1_000), 1, 0],
      )
      assert.deepEqual(before.robot.pause, {
        until: at(900),
        since: at(100),
        reason: 'unreachable',
      })
      const { due } = await look(1_000)
      assert.equal(due?.uuid, claimed.uuid)
      const again = await store.claimAgain({
        now: at(1_000),
        id: claimed.id,
        robot: 'a',
        call: call(1_000),
      })
      assert.deepEqual([again?.uuid, again?.body, again?.attempts], [claimed.uuid, claimed.body, 1])
      assert.deepEqual(again?.results, new Map([['network', 1]]))
      assert.equal(
        await store.claimAgain({ now: at(1_000), id: claimed.id, robot: 'a', call: call(1_000) }),
        undefined,
      )
      assert.deepEqual(
        await store.settle(settlement(again as { id: string; call: number }, 1_100)),
        [{ receivedAt: at(0), count: 1 }],
      )
      const found = await store.message(claimed.id)
      assert.deepEqual(
        found?.message.attempts.map((each) => each.result),
        ['network', 'ok'],
      )
      assert.deepEqual(
        [found?.message.state, found?.message.sentAt, found?.message.bytes],
        ['sent', at(1_100), Buffer.byteLength(claimed.body)],
      )
      assert.deepEqual(
        found?.alerts.map((each) => [each.state, each.toldAt]),
        [['sent', at(1_100)]],
      )
      // A settlement that comes twice, or late, changes nothing.
      assert.deepEqual(
        await store.settle(settlement(claimed, 1_200, { next: { kind: 'dead', reason: 'x' } })),
        [],
      )
      assert.equal((await store.message(claimed.id))?.message.state, 'sent')
    })

    test('settle: a split message gives its alerts back, to be told in smaller ones', async () => {
      await accept([alert('f'), alert('g')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      await store.settle(
        settlement(claimed, 10, { next: { kind: 'split', reason: 'too long', bodyBytes: 9_000 } }),
      )
      const { channels, robot } = await look(20)
      assert.deepEqual([channels[0]?.count, robot.bodyBytes], [2, 9_000])
      assert.deepEqual(
        (await store.alerts({ limit: 9 })).items.map((each) => each.state),
        ['pending', 'pending'],
      )
      await assert.rejects(store.resend(claimed.id, at(30)), {
        code: 'not_dead',
        message: /told in others/,
      })
    })

    test('warn: tells each share of a month once, and none after a higher one', async () => {
      const warn = (mark: number, scope = 'organisation', month = '2026-11') =>
        store.warn({
          now: at(0),
          month,
          scope,
          mark,
          message: message({ uuid: nextKey(), alertCount: 0 }),
        })
      assert.deepEqual(
        [await warn(50), await warn(50), await warn(95), await warn(80)],
        [true, false, true, false],
      )
      assert.deepEqual([await warn(50, 'ka'), await warn(50, 'ka', '2026-12')], [true, true])
      const { marks } = await look()
      assert.deepEqual(
        marks.sort((a, b) => a.mark - b.mark),
        [
          { scope: 'ka', mark: 50 },
          { scope: 'organisation', mark: 95 },
        ],
      )
      assert.equal((await store.messages({ limit: 9 })).items.length, 4)
    })

    test('settle: a pause holds for the robot or for all behind its address, the longer one wins', async () => {
      await accept([alert('f'), alert('g')])
      const [f, g] = (await headIds()) as [number, number]
      const pause = (scope: string, ms: number) => ({ scope, until: at(ms), reason: 'throttled' })
      const next = { kind: 'again', dueAt: at(9_000) } as const
      const first = await claim([f])
      await store.settle(
        settlement(first as { id: string; call: number }, 10, {
          next,
          pause: pause('address:direct', 600_000),
        }),
      )
      const second = await claim([g])
      await store.settle(
        settlement(second as { id: string; call: number }, 20, {
          next,
          pause: pause('robot:ka', 1_000),
        }),
      )
      assert.deepEqual((await look(30)).robot.pause?.until, at(600_000))
      assert.deepEqual(
        (await look(30, { robot: { name: 'b', key: 'kb', address: 'direct' } })).robot.pause?.until,
        at(600_000),
      )
      assert.equal(
        (await look(30, { robot: { name: 'b', key: 'kb', address: 'proxy' } })).robot.pause,
        undefined,
      )
    })

    test('recover: what was under way goes out again, as it was', async () => {
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      if (harness.reopen !== undefined) store = await harness.reopen()
      assert.equal(await store.recover(at(60_000), 'b'), 0)
      assert.equal(await store.recover(at(60_000)), 1)
      const { due, robot } = await look(60_000)
      assert.deepEqual([due?.id, due?.uuid], [claimed.id, claimed.uuid])
      assert.deepEqual(robot.calls, [{ at: at(0), until: at(60_000) }])
    })

    test('recover: a call that was under way counts until now, since it may have been made at any time before', async () => {
      await accept([alert('f')])
      await claim(await headIds())
      await store.recover(at(60_000))
      assert.deepEqual((await look(60_000)).robot.calls, [{ at: at(0), until: at(60_000) }])
    })

    test('recover: what a clock that was set back left in the future counts from now', async () => {
      const HOUR = 3_600_000
      await accept([alert('f'), alert('g')], HOUR)
      const [first, second] = await headIds(HOUR)
      const one = await claim([first as number], HOUR)
      const two = await claim([second as number], HOUR)
      assert.ok(one && two)
      const pause = { scope: 'robot:ka', until: at(HOUR + 600_000), reason: 'throttled' }
      await store.settle(
        settlement(one, HOUR, { next: { kind: 'again', dueAt: at(HOUR + 600_000) }, pause }),
      )
      await store.recover(at(0))
      const { robot, due } = await look(0)
      assert.deepEqual(robot.calls, [
        { at: at(0), until: at(0) },
        { at: at(0), until: at(5_000) },
      ])
      assert.deepEqual(robot.pause, { since: at(0), until: at(600_000), reason: 'throttled' })
      assert.equal(due?.id, one.id)
    })

    test('shift: calls, pauses and due times keep their distance from a clock that is set', async () => {
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      const pause = { scope: 'robot:ka', until: at(9_000), reason: 'unreachable' }
      await store.settle(
        settlement(claimed, 100, { next: { kind: 'again', dueAt: at(8_000) }, pause }),
      )
      for (const byMs of [3_600_000, -7_200_000]) await store.shift(byMs)
      const { robot, nextDueAt } = await look(-3_600_000)
      assert.deepEqual(robot.calls, [{ at: at(-3_600_000), until: at(-3_599_900) }])
      assert.deepEqual(
        [robot.pause?.since, robot.pause?.until, nextDueAt],
        [at(-3_599_900), at(-3_591_000), at(-3_592_000)],
      )
    })

    test('settle: a call whose process stood still counts until its end, not only for its time', async () => {
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      await store.settle(settlement(claimed, 65_000))
      assert.deepEqual((await look(66_000)).robot.calls, [{ at: at(0), until: at(65_000) }])
    })

    test('recover: what is in flight for a robot that somebody works is left alone', async () => {
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      assert.equal(await store.recover(at(59_000)), 0)
      assert.equal(await store.recover(at(59_000), 'a'), 0)
      assert.equal((await look(59_000)).due, undefined)
      assert.equal((await store.settle(settlement(claimed, 59_000))).length, 1)
      assert.equal(await store.recover(at(61_000)), 0)
    })

    test('lease: what a former owner had in flight is the new one’s to send, as it was, and the former’s word on it comes too late', async () => {
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      const lease = { robot: 'a', owner: 'you', now: at(60_000), until: at(120_000) }
      assert.equal(await store.lease(lease), true)
      assert.equal((await look(60_000)).due?.uuid, claimed.uuid)
      const again = await store.claimAgain({
        now: at(60_000),
        id: claimed.id,
        robot: 'a',
        call: call(60_000, { owner: 'you' }),
      })
      assert.deepEqual([again?.uuid, again?.body], [claimed.uuid, claimed.body])
      const late = settlement(claimed, 61_000, { next: { kind: 'dead', reason: 'x' } })
      assert.deepEqual(await store.settle(late), [])
      assert.equal(
        await store.claim({
          now: at(61_000),
          message: message(),
          alerts: { kind: 'some', ids: [1] },
          call: call(61_000),
        }),
        undefined,
      )
      assert.equal((await store.message(claimed.id))?.message.state, 'sending')
      assert.ok(again)
      assert.equal((await store.settle(settlement(again, 62_000))).length, 1)
    })

    test('what may have arrived is left to its own robot for a minute, then another of its pool may try it', async () => {
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      await store.recover(at(60_000))
      const other = { robot: { name: 'b', key: 'kb', address: 'direct' } }
      const held = await look(60_000, other)
      assert.deepEqual([held.due, held.nextDueAt], [undefined, at(120_000)])
      const askFor = async (robot: string, ms: number) => {
        await store.lease({ robot, owner: 'me', now: at(ms), until: at(ms + 60_000) })
        return store.claimAgain({ now: at(ms), id: claimed.id, robot, call: call(ms) })
      }
      assert.equal(await askFor('b', 119_000), undefined)
      assert.equal((await look(60_000)).due?.id, claimed.id)
      assert.equal((await look(120_000, other)).due?.id, claimed.id)
      const again = await askFor('b', 120_000)
      assert.ok(again)
      const next = { kind: 'again', dueAt: at(121_000), elsewhereAt: at(130_000) } as const
      await store.settle(settlement(again, 121_000, { next }))
      assert.deepEqual((await look(122_000)).nextDueAt, at(130_000))
      assert.equal((await look(122_000, other)).due?.id, claimed.id)
    })

    test('enqueue and resend: a message without alerts is due at once; only a dead one can be sent again', async () => {
      const [id] = (await store.enqueue([message({ kind: 'test', alertCount: 0 })], at(0))) as [
        string,
      ]
      assert.equal((await look()).due?.id, id)
      await assert.rejects(
        store.resend(id, at(1)),
        (error) => error instanceof AppError && error.code === 'not_dead',
      )
      await assert.rejects(
        store.resend('999', at(1)),
        (error) => error instanceof AppError && error.code === 'not_found',
      )
      await accept([alert('f')])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      await store.settle(settlement(claimed, 10, { next: { kind: 'dead', reason: 'token' } }))
      assert.deepEqual(
        (await store.alerts({ limit: 9 })).items.map((each) => [each.state, each.reason]),
        [['dead', 'token']],
      )
      assert.deepEqual(await store.resend(claimed.id, at(20)), { queue: 'robot:a' })
      assert.deepEqual(
        (await store.alerts({ limit: 9 })).items.map((each) => each.state),
        ['sending'],
      )
    })

    test('rehome: what waits for a robot that is gone moves to those that remain, or is dead with a reason', async () => {
      await accept([alert('f'), alert('g')])
      await claim((await headIds()).slice(0, 1))
      assert.deepEqual(await store.rehome([{ channel: 'ops', queues: ['robot:a'] }], at(1)), {
        moved: 0,
        dead: [],
      })
      assert.deepEqual(await store.rehome([{ channel: 'ops', queues: ['robot:b'] }], at(1)), {
        moved: 2,
        dead: [],
      })
      assert.equal((await look(1, { queues: ['robot:b'] })).channels[0]?.count, 2)
      assert.deepEqual(await store.rehome([], at(2)), {
        moved: 0,
        dead: [{ channel: 'ops', count: 2 }],
      })
      const { items } = await store.alerts({ limit: 9, state: 'dead' })
      assert.equal(items.length, 2)
      assert.match(items[0]?.reason ?? '', /removed from the configuration/)
    })

    test('lists are newest first, page by key, and filter', async () => {
      for (let index = 0; index < 25; index += 1)
        await accept([alert(`f${index}`, { channel: index % 2 ? 'ops' : 'db' })], index)
      await accept([alert('f1', { channel: 'ops' })], 100)
      const [first] = await headIds()
      const claimed = await claim([first as number])
      assert.ok(claimed)
      await store.settle(settlement(claimed, 10))
      const seen: string[] = []
      let before: string | undefined
      do {
        const page = await store.alerts({ limit: 7, ...(before === undefined ? {} : { before }) })
        seen.push(...page.items.map((each) => each.id))
        const payloads = await store.payloads(page.items.map(({ payload }) => payload))
        for (const each of page.items) assert.ok(payloads.has(each.payload))
        before = page.next ?? undefined
      } while (before !== undefined)
      assert.equal(new Set(seen).size, 26)
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => Number(b) - Number(a)),
      )
      const count = async (query: object) =>
        (await store.alerts({ limit: 100, ...query })).items.length
      assert.deepEqual(
        [
          await count({ state: 'pending' }),
          await count({ state: 'sent' }),
          await count({ state: 'suppressed' }),
          await count({ channel: 'ops' }),
          await count({ channel: 'ops', state: 'pending' }),
        ],
        [24, 1, 1, 13, 12],
      )
      assert.equal(
        (
          await store.messages({
            limit: 9,
            state: 'sent',
            channel: claimed.id === '' ? '' : 'ops',
            robot: 'a',
          })
        ).items.length,
        1,
      )
      assert.equal((await store.messages({ limit: 9, state: 'dead' })).items.length, 0)
      assert.equal((await store.message(claimed.uuid))?.message.id, claimed.id)
    })

    test('standing: counts each alert once for its channel, and each queue by itself', async () => {
      await accept(
        [
          alert('f', { queues: ['robot:a', 'robot:b'] }),
          alert('g', { queues: ['robot:a', 'robot:b'] }),
        ],
        5,
      )
      await claim((await headIds()).slice(0, 1))
      const standing = await store.standing({
        now: at(10),
        month: '2026-11',
        robots: [{ name: 'a', key: 'ka', address: 'direct', callsSince: at(-1) }],
      })
      assert.deepEqual(standing.channels, [{ channel: 'ops', count: 2, oldest: at(5) }])
      assert.deepEqual(
        standing.queues.map(({ queue, count }) => [queue, count]),
        [
          ['robot:a', 2],
          ['robot:b', 2],
        ],
      )
      assert.equal(standing.robots.get('a')?.calls.length, 1)
    })

    test('prune: forgets what is over, keeps what waits and what limits need', async () => {
      await accept([alert('f'), alert('g')])
      const claimed = await claim((await headIds()).slice(0, 1))
      assert.ok(claimed)
      await store.settle(settlement(claimed, 10))
      await accept([alert('f')], 20)
      const later = 30 * 86_400_000
      for (let round = 0; round < 3; round += 1) await store.prune(at(later - 1), at(later))
      assert.deepEqual(
        (await store.alerts({ limit: 9 })).items.map((each) => [each.fingerprint, each.state]),
        [['g', 'pending']],
      )
      assert.equal((await store.messages({ limit: 9 })).items.length, 0)
      assert.equal((await look(later)).robot.monthUsed, 1)
      const [head] = (await look(later)).channels[0]?.heads ?? []
      assert.equal((await store.payloads([head?.payload as number])).size, 1)
    })

    test('waiting: counts exactly what it gives, and says when there is more', async () => {
      await accept(Array.from({ length: 10 }, (_, index) => alert(`f${index}`, { level: 4 })))
      await accept([alert('severe', { level: 1 })], 5)
      const counted = async (heads: number) => {
        const [channel] = (await look(5, { heads })).channels
        return {
          count: channel?.count,
          heads: channel?.heads.length,
          first: channel?.heads[0]?.fingerprint,
          oldest: channel?.oldest,
        }
      }
      const all = { count: 11, heads: 11, first: 'severe', oldest: at(0) }
      assert.deepEqual([await counted(500), await counted(11)], [all, all])
      for (const heads of [10, 4, 1]) {
        const { count, ...rest } = await counted(heads)
        assert.deepEqual(rest, { heads, first: 'severe', oldest: at(0) })
        assert.ok((count ?? 0) > heads && (count ?? 0) <= 11, `${count} with ${heads} heads`)
      }
    })

    test('tally and claim: what is held back is neither counted nor taken', async () => {
      await accept([alert('f'), alert('g')])
      const claimed = await claim((await headIds()).slice(0, 1))
      assert.ok(claimed)
      await accept([alert('f', { status: 'resolved' }), alert('h')], 10)
      const tally = await store.tally('robot:a', 'ops')
      assert.equal(tally.count, 2)
      const second = await claim([], 20, {
        alerts: { kind: 'upTo', upTo: tally.upTo, count: tally.count },
      })
      assert.ok(second)
      assert.deepEqual(
        (await store.message(second.id))?.alerts.map((each) => each.fingerprint),
        ['g', 'h'],
      )
      await store.settle(settlement(claimed, 30))
      assert.deepEqual(
        (await look(30)).channels[0]?.heads.map((head) => [head.fingerprint, head.status]),
        [['f', 'resolved']],
      )
      assert.equal(await claim([]), undefined)
    })

    test('rehome: what a group was told is not told there again', async () => {
      await accept([alert('f', { queues: ['robot:a', 'robot:b'] })])
      const claimed = await claim(await headIds())
      assert.ok(claimed)
      await store.settle(settlement(claimed, 10))
      await store.rehome([{ channel: 'ops', queues: ['robot:a'] }], at(20))
      const { channels } = await look(30, { queues: ['robot:a', 'robot:b'] })
      assert.deepEqual(channels, [])
      assert.deepEqual(
        (await store.alerts({ limit: 9 })).items.map((each) => each.state),
        ['sent'],
      )
    })

    test('alerts: pages of one channel among many reach its oldest alert', async () => {
      await accept([alert('first', { channel: 'rare' })])
      await accept(
        Array.from({ length: 1_200 }, (_, index) => alert(`f${index}`)),
        10,
      )
      for (const state of [undefined, 'pending'] as const) {
        const seen: string[] = []
        let before: string | undefined
        do {
          const page = await store.alerts({
            channel: 'rare',
            limit: 5,
            ...(state === undefined ? {} : { state }),
            ...(before === undefined ? {} : { before }),
          })
          seen.push(...page.items.map((each) => each.fingerprint))
          before = page.next ?? undefined
        } while (before !== undefined)
        assert.deepEqual(seen, ['first'])
      }
    })

    test('accept: what was told, and how often it repeated, is known when the store is opened again', async () => {
      if (harness.reopen === undefined) return
      await accept([alert('f'), alert('one', { group: 'g' })], 0, 'same')
      await accept([alert('f'), alert('two', { group: 'g' })], 1_000)
      store = await harness.reopen()
      assert.equal((await accept([alert('f')], 2_000, 'same')).repeated, true)
      const again = await accept([alert('f'), alert('three', { group: 'g' })], 3_000)
      assert.deepEqual(again.suppressed, [{ channel: 'ops', reason: 'aggregated', count: 2 }])
      assert.equal((await accept([alert('f')], EVERY_MS + 1)).queues.length, 1)
      assert.deepEqual(
        (await look()).channels[0]?.heads.map((head) => [head.fingerprint, head.repeats]),
        [
          ['f', 0],
          ['one', 0],
          ['f', 2],
        ],
      )
    })

    test('what was accepted is there when the store is opened again', async () => {
      if (harness.reopen === undefined) return
      await Promise.all(Array.from({ length: 50 }, (_, index) => accept([alert(`f${index}`)])))
      store = await harness.reopen()
      assert.equal((await look()).channels[0]?.count, 50)
    })
  })
}
