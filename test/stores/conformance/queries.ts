import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { IncomingAlert } from '../../../src/stores/incoming.ts'
import type { AlertQuery, MessageQuery } from '../../../src/stores/queries.ts'
import type { NewMessage } from '../../../src/stores/store.ts'
import {
  alert,
  at,
  type Backend,
  MINUTE,
  REFUSED,
  type StoreFixture,
  settlement,
  storeFixture,
} from './harness.ts'

/** One request whose alerts have the given fingerprints, with its body. */
export async function arrive(
  s: StoreFixture,
  fingerprints: readonly string[],
  {
    ms = 0,
    text = 'text',
    ...changes
  }: Partial<IncomingAlert> & { ms?: number; text?: string } = {},
): Promise<void> {
  await s.accept(
    fingerprints.map((fingerprint) => alert(fingerprint, changes)),
    ms,
    { body: text },
  )
}

type Ending = 'sent' | 'dead' | 'sending'

/** Sends a message with the first `count` waiting alerts of its channel; it is settled half a second later. */
export async function deliver(
  s: StoreFixture,
  count: number,
  {
    ms = 0,
    ending = 'sent',
    ...message
  }: Partial<NewMessage> & { ms?: number; ending?: Ending } = {},
): Promise<string> {
  const ids = await s.waitingIds(ms, 'robot:a', message.channel)
  const claimed = await s.claim(ids.slice(0, count), ms, {
    message: { alertCount: count, ...message },
    call: { since: at(ms), maxCalls: 1_000 },
  })
  const settled = settlement(claimed, ms + 500, { at: at(ms) })
  if (ending === 'sent') await s.store.settle(settled)
  if (ending === 'dead')
    await s.store.settle({
      ...settled,
      attempt: REFUSED,
      next: { kind: 'dead', reason: 'refused' },
    })
  return claimed.id
}

async function allPages(s: StoreFixture, query: AlertQuery): Promise<string[]> {
  const seen: string[] = []
  let before: string | undefined
  do {
    const page = await s.store.alerts({ ...query, ...(before === undefined ? {} : { before }) })
    seen.push(...page.items.map(({ id }) => id))
    before = page.next ?? undefined
  } while (before !== undefined)
  return seen
}

export function queryCases(backend: Backend): void {
  alertCases(backend)
  messageCases(backend)
  countCases(backend)
}

function alertCases(backend: Backend): void {
  describe('alerts', () => {
    const s = storeFixture(backend)

    test('are newest first, paged by cursor, and filtered', async () => {
      for (let index = 0; index < 25; index += 1)
        await s.accept([alert(`f${index}`, { channel: index % 2 ? 'ops' : 'db' })], index)
      await s.accept([alert('f1', { channel: 'ops' })], 100)
      const [first] = (await s.waitingIds()) as [number]
      const sent = await s.send([first])
      const seen = await allPages(s, { limit: 7 })
      assert.equal(new Set(seen).size, 26)
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => Number(b) - Number(a)),
      )
      const count = async (query: Partial<AlertQuery>) =>
        (await s.store.alerts({ limit: 100, ...query })).items.length
      assert.deepEqual(
        [
          await count({ state: 'pending' }),
          await count({ state: 'sent' }),
          await count({ state: 'suppressed' }),
          await count({ channel: 'ops' }),
          await count({ channel: 'ops', state: 'pending' }),
        ],
        [24, 1, 1, 13, 11],
      )
      const { items } = await s.store.messages({
        limit: 9,
        state: 'sent',
        channel: 'ops',
        robot: 'a',
      })
      assert.equal(items.length, 1)
      assert.equal((await s.store.messages({ limit: 9, state: 'dead' })).items.length, 0)
      assert.equal((await s.store.message(items[0]?.uuid as string))?.message.id, sent)
    })

    test('of one channel among many are listed to the oldest', async () => {
      await s.accept([alert('first', { channel: 'rare' })])
      await s.accept(
        Array.from({ length: 1_200 }, (_, index) => alert(`f${index}`)),
        10,
      )
      for (const state of [undefined, 'pending'] as const)
        assert.equal(
          (await allPages(s, { channel: 'rare', limit: 5, ...(state && { state }) })).length,
          1,
        )
    })

    test('are found when their payload contains every word in one of its spellings', async () => {
      await arrive(s, ['f1'], { text: '{"alertname":"DiskFull","host":"DB-1"}' })
      await arrive(s, ['f2'], {
        text: '{"alertname":"DiskFull","host":"db_2","note":"100%"}',
        ms: 1,
      })
      await arrive(s, ['f3'], { text: '{"name":"\\u78c1\\u76d8"}', ms: 2, channel: 'other' })
      const found = async (...words: string[][]): Promise<string[]> => {
        const { items, next } = await s.store.alerts({ limit: 10, words })
        assert.equal(next, null)
        return items.map(({ fingerprint }) => fingerprint)
      }
      assert.deepEqual(await found(['diskfull']), ['f2', 'f1'])
      assert.deepEqual(await found(['diskfull'], ['db-1']), ['f1'])
      assert.deepEqual(await found(['db_1']), [])
      assert.deepEqual(await found(['0%']), ['f2'])
      assert.deepEqual(await found(['磁盘', '\\u78c1\\u76d8']), ['f3'])
      assert.deepEqual(await found(['nowhere']), [])
      const { items } = await s.store.alerts({
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

    test('continue a search by cursor', async () => {
      for (let i = 0; i < 6; i += 1)
        await arrive(s, [`f${i}`], { text: i % 2 === 0 ? 'even' : 'odd', ms: i })
      const query = { limit: 2, words: [['even']] }
      const first = await s.store.alerts(query)
      const rest = await s.store.alerts({ ...query, before: first.next as string })
      assert.deepEqual(
        [...first.items, ...rest.items].map(({ fingerprint }) => fingerprint),
        ['f4', 'f2', 'f0'],
      )
      assert.equal(rest.next, null)
    })

    test('of a message are paged by cursor, and the message lists as many as requested', async () => {
      await arrive(s, ['f1', 'f2', 'f3', 'f4', 'f5'])
      const other = await deliver(s, 1)
      const id = await deliver(s, 4, { ms: 1 })
      const first = await s.store.alerts({ message: id, limit: 3 })
      assert.deepEqual(
        first.items.map(({ fingerprint }) => fingerprint),
        ['f5', 'f4', 'f3'],
      )
      const rest = await s.store.alerts({ message: id, limit: 3, before: first.next as string })
      assert.deepEqual(
        [rest.items.map(({ fingerprint }) => fingerprint), rest.next],
        [['f2'], null],
      )
      assert.equal(
        (await s.store.alerts({ message: id, limit: 10, state: 'dead' })).items.length,
        0,
      )
      assert.equal((await s.store.alerts({ message: other, limit: 10 })).items.length, 1)
      const shown = async (limit?: number) => (await s.store.message(id, limit))?.alerts.length
      assert.deepEqual([await shown(0), await shown(2), await shown()], [0, 2, 4])
    })
  })
}

function messageCases(backend: Backend): void {
  describe('messages', () => {
    const s = storeFixture(backend)

    async function idsOf(query: Partial<MessageQuery>): Promise<string[]> {
      const { items } = await s.store.messages({ limit: 50, ...query })
      return items.map(({ id }) => id)
    }

    test('are found by state, and by state and channel or robot', async () => {
      await arrive(s, ['f1', 'f2'])
      await arrive(s, ['g1'], { channel: 'other' })
      const sent = await deliver(s, 1)
      const dead = await deliver(s, 1, { ending: 'dead', ms: 1_000 })
      const sending = await deliver(s, 1, { channel: 'other', ending: 'sending', ms: 2_000 })
      const [pending] = (await s.store.enqueue([s.testMessage()], at(3_000))) as [string]
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

    test('include the exact POST body', async () => {
      await arrive(s, ['f'])
      const id = await deliver(s, 1, { body: '{"告":1}' })
      const { items } = await s.store.messages({ limit: 1 })
      assert.deepEqual([items[0]?.body, items[0]?.bytes], ['{"告":1}', 9])
      assert.equal((await s.store.message(id))?.message.body, '{"告":1}')
    })

    test('are found by a literal substring of title or text, in either case', async () => {
      await arrive(s, ['f1', 'f2', 'f3', 'f4'])
      const one = await deliver(s, 1, { title: '[Critical] Disk 98%' })
      const two = await deliver(s, 1, { text: 'DISK_FULL on 主机 a\\b', ms: 1 })
      await deliver(s, 1, { text: 'nothing', ms: 2 })
      assert.deepEqual(await idsOf({ text: 'disk' }), [two, one])
      assert.deepEqual(await idsOf({ text: '98%' }), [one])
      assert.deepEqual(await idsOf({ text: '9%8' }), [])
      assert.deepEqual(await idsOf({ text: 'k_f' }), [two])
      assert.deepEqual(await idsOf({ text: 'k_9' }), [])
      assert.deepEqual(await idsOf({ text: 'a\\b' }), [two])
      assert.deepEqual(await idsOf({ text: '主机', state: 'sent', channel: 'ops' }), [two])
      assert.deepEqual(await idsOf({ text: '主机', state: 'dead' }), [])
    })

    test('continue a search by cursor until all are scanned', async () => {
      await arrive(s, ['f1', 'f2', 'f3', 'f4', 'f5'])
      const found: string[] = []
      for (let i = 0; i < 5; i += 1)
        found.unshift(await deliver(s, 1, { text: i % 2 === 0 ? 'even' : 'odd', ms: i }))
      const first = await s.store.messages({ limit: 2, text: 'even' })
      assert.deepEqual(
        first.items.map(({ id }) => id),
        [found[0], found[2]],
      )
      const rest = await s.store.messages({ limit: 2, text: 'even', before: first.next as string })
      assert.deepEqual([rest.items.map(({ id }) => id), rest.next], [[found[4]], null])
    })
  })
}

function countCases(backend: Backend): void {
  describe('counts', () => {
    const s = storeFixture(backend)

    test('snapshot counts each alert once for its channel, and each queue by itself', async () => {
      const queues = ['robot:a', 'robot:b']
      await s.accept([alert('f', { queues, level: 2 }), alert('g', { queues })], 5)
      await s.claim((await s.waitingIds()).slice(0, 1))
      const snapshot = await s.store.snapshot({
        now: at(10),
        month: '2026-11',
        robots: [{ name: 'a', key: 'ka', address: 'direct', callsSince: at(-1) }],
      })
      assert.deepEqual(snapshot.channels, [{ channel: 'ops', count: 2, severe: 1, oldest: at(5) }])
      assert.deepEqual(
        snapshot.queues.map(({ queue, count, severe }) => [queue, count, severe]),
        [
          ['robot:a', 2, 1],
          ['robot:b', 2, 1],
        ],
      )
      assert.equal(snapshot.robots.get('a')?.calls.length, 1)
      assert.equal(snapshot.robots.get('a')?.leasedBy, 'me')
    })

    test('history counts each alert of a half-open range once, by its outcome', async () => {
      await arrive(s, ['f1', 'f2', 'f3'])
      await arrive(s, ['f1', 'f2'], { ms: MINUTE - 1 })
      await arrive(s, ['g1'], { ms: MINUTE, channel: 'other', queues: ['robot:a', 'robot:b'] })
      await arrive(s, ['g1'], { ms: MINUTE + 1, channel: 'other', suppressed: 'resolved_off' })
      await deliver(s, 2, { ms: 1_000 })
      await deliver(s, 1, { ms: MINUTE + 1_000, ending: 'dead' })
      await deliver(s, 1, { ms: MINUTE + 2_000, channel: 'other', ending: 'sent' })
      const between = async (from: number, to: number) => {
        const { alerts, attempts } = await s.store.history({ from: at(from), to: at(to) })
        const shown = alerts.map(({ channel, outcome, reason, count }) =>
          [channel, outcome, reason, count].join(' ').replace('  ', ' '),
        )
        return [shown.sort(), attempts.map(({ robot, result, count }) => [robot, result, count])]
      }
      assert.deepEqual(await between(0, MINUTE), [
        ['ops delivered 2', 'ops failed 1', 'ops suppressed aggregated 2'],
        [['a', 'ok', 1]],
      ])
      // One of its two groups has it, the other does not yet.
      assert.deepEqual(await between(MINUTE, 2 * MINUTE), [
        ['other suppressed resolved_off 1', 'other waiting 1'],
        [
          ['a', 'ok', 1],
          ['a', REFUSED.result, 1],
        ],
      ])
      for (const [from, to] of [
        [-MINUTE, 0],
        [2 * MINUTE, 3 * MINUTE],
        [MINUTE, MINUTE],
      ] as const)
        assert.deepEqual(await between(from, to), [[], []])
    })

    test('history counts a message sent again as waiting, and a digest alert by alert', async () => {
      await arrive(s, ['f1', 'f2'])
      const id = await deliver(s, 1, { ending: 'dead' })
      const standings = async (): Promise<string[]> => {
        const { alerts } = await s.store.history({ from: at(0), to: at(MINUTE) })
        return alerts.map(({ outcome, count }) => `${outcome} ${count}`).sort()
      }
      assert.deepEqual(await standings(), ['failed 1', 'waiting 1'])
      await s.store.resend(id, at(MINUTE))
      assert.deepEqual(await standings(), ['waiting 2'])
    })

    test('history and activity of an empty store are empty', async () => {
      assert.deepEqual(await s.store.history({ from: at(0), to: at(1) }), {
        alerts: [],
        attempts: [],
      })
      assert.deepEqual(await s.store.activity(['Watchdog']), [])
    })

    test('activity contains when each source sent something, and its heartbeats', async () => {
      await arrive(s, ['f1'], { name: 'Watchdog' })
      await arrive(s, ['f2'], { ms: MINUTE })
      await arrive(s, ['f1'], { ms: 2 * MINUTE, name: 'Watchdog' })
      const [requests, beats, ...others] = await s.store.activity(['Watchdog', 'none'])
      assert.deepEqual(others, [])
      const span = { first: at(0), last: at(2 * MINUTE) }
      assert.deepEqual(requests, { ...requests, ...span, heartbeat: undefined, count: 3 })
      assert.deepEqual(beats, { ...requests, ...span, heartbeat: 'Watchdog', count: 2 })
    })

    test('messageCounts counts messages of this hour and this day, in the requested order', async () => {
      await arrive(s, ['f1', 'f2', 'f3'])
      await deliver(s, 1)
      await deliver(s, 1, { ms: 10 })
      await deliver(s, 1, { ms: 20, kind: 'test' })
      const places = [
        { queue: 'robot:a', channel: 'none' },
        { queue: 'robot:a', channel: 'ops' },
      ]
      const asked = { hourStart: at(5), dayStart: at(0), places }
      assert.deepEqual(await s.store.messageCounts(asked), [
        { ...places[0], messagesThisHour: 0, messagesToday: 0 },
        { ...places[1], messagesThisHour: 1, messagesToday: 2 },
      ])
    })
  })
}
