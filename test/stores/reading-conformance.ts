import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import type { Attempt } from '../../src/model/message.ts'
import type { Arriving, MessageQuery, NewMessage, Store } from '../../src/stores/store.ts'
import type { Harness } from './conformance.ts'

const START = Date.UTC(2026, 10, 24, 4)
const at = (ms: number): Date => new Date(START + ms)
const MINUTE = 60_000

const OK: Attempt = {
  outcome: { kind: 'delivered' },
  result: 'ok',
  httpStatus: 200,
  errcode: 0,
  errmsg: 'ok',
  words: 'accepted',
  durationMs: 12,
}
const REFUSED: Attempt = {
  ...OK,
  outcome: { kind: 'rejected', reason: 'token' },
  result: 'token',
  errcode: 300005,
}

/** What a store shows to people: lists, searches and counts, alike on every backend. */
export function readingConformance(
  name: string,
  open: (decide: typeof reasonToSuppress) => Promise<Harness>,
): void {
  describe(`what the store on ${name} shows`, () => {
    let harness: Harness
    let store: Store
    let serial = 0
    beforeEach(async () => {
      harness = await open(reasonToSuppress)
      store = harness.store
      serial = 0
    })
    afterEach(() => harness.close())

    /** One request whose alerts have the given fingerprints. */
    async function arrive(
      fingerprints: readonly string[],
      {
        ms = 0,
        text = 'text',
        ...changes
      }: Partial<Arriving> & { ms?: number; text?: string } = {},
    ): Promise<void> {
      serial += 1
      await store.accept({
        now: at(ms),
        source: 'ocp',
        key: `k${serial}`,
        repeatWithinMs: 1,
        dated: false,
        body: text,
        alerts: fingerprints.map((fingerprint, position) => ({
          position,
          channel: 'ops',
          queues: ['robot:a'],
          fingerprint,
          status: 'firing',
          level: 3,
          name: 'rule',
          cluster: '',
          group: fingerprint,
          everyMs: 600_000,
          ...changes,
        })),
      })
    }

    /** A message that tells the first `count` alerts that wait; it ends in `attempt` half a second later. */
    async function tell(
      count: number,
      {
        ms = 0,
        attempt = OK,
        ...changes
      }: Partial<NewMessage> & { ms?: number; attempt?: Attempt | null } = {},
    ): Promise<string> {
      serial += 1
      const message: NewMessage = {
        uuid: `u${serial}`,
        robot: 'a',
        queue: 'robot:a',
        channel: 'ops',
        kind: 'alert',
        title: `Title ${serial}`,
        text: `Text ${serial}`,
        body: `{"n":${serial}}`,
        alertCount: count,
        storm: false,
        ...changes,
      }
      const { channels } = await store.waiting({
        robot: { name: message.robot, key: 'ka', address: 'direct' },
        queues: [message.queue],
        peers: [],
        now: at(ms),
        callsSince: at(ms),
        hourStart: at(0),
        dayStart: at(0),
        month: '2026-11',
        heads: 100,
      })
      const heads = channels.find((each) => each.channel === message.channel)?.heads ?? []
      await store.lease({ robot: message.robot, owner: 'me', now: at(ms), until: at(ms + MINUTE) })
      const claimed = await store.claim({
        now: at(ms),
        message,
        alerts: { kind: 'some', ids: heads.slice(0, count).map((each) => each.id) },
        call: {
          key: 'ka',
          since: at(ms),
          messages: 1_000,
          until: at(ms + 5_000),
          month: '2026-11',
          owner: 'me',
        },
      })
      assert.ok(claimed)
      if (attempt !== null)
        await store.settle({
          now: at(ms + 500),
          id: claimed.id,
          call: claimed.call,
          attempt,
          at: at(ms),
          next:
            attempt.outcome.kind === 'delivered'
              ? { kind: 'sent' }
              : { kind: 'dead', reason: attempt.words },
          reached: true,
          robot: { key: 'ka', failures: 0 },
          pause: undefined,
        })
      return claimed.id
    }

    async function idsOf(query: Partial<MessageQuery>): Promise<string[]> {
      const { items } = await store.messages({ limit: 50, ...query })
      return items.map((each) => each.id)
    }

    test('messages are found by state, and by state and channel or robot', async () => {
      await arrive(['f1', 'f2'])
      await arrive(['g1'], { channel: 'other' })
      const sent = await tell(1)
      const dead = await tell(1, { attempt: REFUSED, ms: 1_000 })
      const sending = await tell(1, { channel: 'other', attempt: null, ms: 2_000 })
      const [pending] = await store.enqueue(
        [
          {
            uuid: 'test',
            robot: 'a',
            queue: 'robot:a',
            channel: 'ops',
            kind: 'test',
            title: 'T',
            text: 'T',
            body: '{}',
            alertCount: 0,
            storm: false,
          },
        ],
        at(3_000),
      )
      assert.deepEqual(await idsOf({}), [pending, sending, dead, sent])
      for (const [state, id, channel] of [
        ['sent', sent, 'ops'],
        ['dead', dead, 'ops'],
        ['sending', sending, 'other'],
        ['pending', pending, 'ops'],
      ] as const) {
        assert.deepEqual(await idsOf({ state }), [id], state)
        assert.deepEqual(await idsOf({ state, channel, robot: 'a' }), [id], state)
        assert.deepEqual(await idsOf({ state, channel: 'none' }), [], state)
      }
    })

    test('a message comes with the body that is posted', async () => {
      await arrive(['f'])
      const id = await tell(1, { body: '{"告":1}' })
      const { items } = await store.messages({ limit: 1 })
      assert.deepEqual([items[0]?.body, items[0]?.bytes], ['{"告":1}', 9])
      assert.equal((await store.message(id))?.message.body, '{"告":1}')
    })

    test('messages are found by what stands in title or text, whatever the case, as it is written', async () => {
      await arrive(['f1', 'f2', 'f3', 'f4'])
      const one = await tell(1, { title: '[Critical] Disk 98%' })
      const two = await tell(1, { text: 'DISK_FULL on 主机 a\\b', ms: 1 })
      await tell(1, { text: 'nothing', ms: 2 })
      assert.deepEqual(await idsOf({ text: 'disk' }), [two, one])
      assert.deepEqual(await idsOf({ text: '98%' }), [one])
      assert.deepEqual(await idsOf({ text: '9%8' }), [])
      assert.deepEqual(await idsOf({ text: 'k_f' }), [two])
      assert.deepEqual(await idsOf({ text: 'k_9' }), [])
      assert.deepEqual(await idsOf({ text: 'a\\b' }), [two])
      assert.deepEqual(await idsOf({ text: '主机', state: 'sent', channel: 'ops' }), [two])
      assert.deepEqual(await idsOf({ text: '主机', state: 'dead' }), [])
    })

    test('a search among messages goes on by key until it has seen them all', async () => {
      await arrive(['f1', 'f2', 'f3', 'f4', 'f5'])
      const found = []
      for (let i = 0; i < 5; i += 1)
        found.unshift(await tell(1, { text: i % 2 === 0 ? 'even' : 'odd', ms: i }))
      const first = await store.messages({ limit: 2, text: 'even' })
      assert.deepEqual(
        first.items.map((each) => each.id),
        [found[0], found[2]],
      )
      const rest = await store.messages({ limit: 2, text: 'even', before: first.next as string })
      assert.deepEqual([rest.items.map((each) => each.id), rest.next], [[found[4]], null])
    })

    test('alerts are found by the words of their payload, all of them, each in any of its spellings', async () => {
      await arrive(['f1'], { text: '{"alertname":"DiskFull","host":"DB-1"}' })
      await arrive(['f2'], { text: '{"alertname":"DiskFull","host":"db_2","note":"100%"}', ms: 1 })
      await arrive(['f3'], { text: '{"name":"\\u78c1\\u76d8"}', ms: 2, channel: 'other' })
      const found = async (...words: string[][]): Promise<string[]> => {
        const { items, next } = await store.alerts({ limit: 10, words })
        assert.equal(next, null)
        return items.map((each) => each.fingerprint)
      }
      assert.deepEqual(await found(['diskfull']), ['f2', 'f1'])
      assert.deepEqual(await found(['diskfull'], ['db-1']), ['f1'])
      assert.deepEqual(await found(['db_1']), [])
      assert.deepEqual(await found(['0%']), ['f2'])
      assert.deepEqual(await found(['磁盘', '\\u78c1\\u76d8']), ['f3'])
      assert.deepEqual(await found(['nowhere']), [])
      const { items } = await store.alerts({
        limit: 10,
        words: [['name']],
        channel: 'other',
        state: 'pending',
      })
      assert.deepEqual(
        items.map((each) => [each.fingerprint, each.receivedAt]),
        [['f3', at(2)]],
      )
    })

    test('a search among alerts goes on by key', async () => {
      for (let i = 0; i < 6; i += 1)
        await arrive([`f${i}`], { text: i % 2 === 0 ? 'even' : 'odd', ms: i })
      const first = await store.alerts({ limit: 2, words: [['even']] })
      const rest = await store.alerts({
        limit: 2,
        words: [['even']],
        before: first.next as string,
      })
      assert.deepEqual(
        [...first.items, ...rest.items].map((each) => each.fingerprint),
        ['f4', 'f2', 'f0'],
      )
      assert.equal(rest.next, null)
    })

    test("a message's alerts are paged by key, and the message itself comes with as many as are asked for", async () => {
      await arrive(['f1', 'f2', 'f3', 'f4', 'f5'])
      const other = await tell(1)
      const id = await tell(4, { ms: 1 })
      const first = await store.alerts({ message: id, limit: 3 })
      assert.deepEqual(
        first.items.map((each) => each.fingerprint),
        ['f5', 'f4', 'f3'],
      )
      const rest = await store.alerts({ message: id, limit: 3, before: first.next as string })
      assert.deepEqual([rest.items.map((each) => each.fingerprint), rest.next], [['f2'], null])
      assert.equal((await store.alerts({ message: id, limit: 10, state: 'dead' })).items.length, 0)
      assert.equal((await store.alerts({ message: other, limit: 10 })).items.length, 1)
      const shown = async (most?: number) => (await store.message(id, most))?.alerts.length
      assert.deepEqual([await shown(0), await shown(2), await shown()], [0, 2, 4])
    })

    test('happened counts what was received, suppressed and told within a span, its end left out', async () => {
      await arrive(['f1', 'f2', 'f3'], { ms: 0 })
      await arrive(['f1', 'f2'], { ms: MINUTE - 1 })
      await arrive(['g1'], { ms: MINUTE, channel: 'other' })
      await arrive(['g1'], { ms: MINUTE + 1, channel: 'other', suppressed: 'resolved_off' })
      await tell(2, { ms: 1_000 })
      await tell(1, { ms: MINUTE + 1_000, attempt: REFUSED })
      await tell(1, { ms: MINUTE + 2_000, channel: 'other', attempt: null })
      const span = (from: number, to: number) => store.happened({ from: at(from), to: at(to) })
      assert.deepEqual(await span(0, MINUTE), {
        received: 5,
        suppressed: [{ channel: 'ops', reason: 'aggregated', count: 2 }],
        ended: [{ channel: 'ops', state: 'sent', messages: 1, alerts: 2 }],
      })
      assert.deepEqual(await span(MINUTE, 2 * MINUTE), {
        received: 2,
        suppressed: [{ channel: 'other', reason: 'resolved_off', count: 1 }],
        ended: [{ channel: 'ops', state: 'dead', messages: 1, alerts: 1 }],
      })
      for (const [from, to] of [
        [-MINUTE, 0],
        [2 * MINUTE, 3 * MINUTE],
        [MINUTE, MINUTE],
      ] as const)
        assert.deepEqual(await span(from, to), { received: 0, suppressed: [], ended: [] })
    })

    test('nothing has happened in an empty store', async () => {
      assert.deepEqual(await store.happened({ from: at(0), to: at(1) }), {
        received: 0,
        suppressed: [],
        ended: [],
      })
    })

    test('pushed counts messages of this hour and this day, in the order asked for', async () => {
      await arrive(['f1', 'f2', 'f3'])
      await tell(1, { ms: 0 })
      await tell(1, { ms: 10 })
      await tell(1, { ms: 20, kind: 'test' })
      const places = [
        { queue: 'robot:a', channel: 'none' },
        { queue: 'robot:a', channel: 'ops' },
      ]
      assert.deepEqual(await store.pushed({ hourStart: at(5), dayStart: at(0), places }), [
        { ...places[0], messagesThisHour: 0, messagesToday: 0 },
        { ...places[1], messagesThisHour: 1, messagesToday: 2 },
      ])
    })
  })
}
