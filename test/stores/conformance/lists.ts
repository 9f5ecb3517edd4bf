import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AlertQuery, FailedQuery, MessageQuery } from '../../../src/stores/queries.ts'
import { alert, at, type Backend, MINUTE, type StoreFixture, storeFixture } from './harness.ts'
import { arrive, deliver } from './queries.ts'

/** How the lists of alerts and messages are narrowed, ordered and counted. */
export function listCases(backend: Backend): void {
  alertLists(backend)
  messageLists(backend)
}

async function found(s: StoreFixture, query: Partial<AlertQuery>): Promise<string[]> {
  const all: string[] = []
  let before: string | undefined
  do {
    const paged = { limit: 3, ...query, ...(before === undefined ? {} : { before }) }
    const { items, next } = await s.store.alerts(paged)
    all.push(...items.map(({ fingerprint }) => fingerprint))
    before = next ?? undefined
  } while (before !== undefined)
  return all
}

function alertLists(backend: Backend): void {
  describe('the list of alerts', () => {
    const s = storeFixture(backend)

    test('holds what was received from one instant on and before another', async () => {
      for (let index = 0; index < 6; index += 1)
        await arrive(s, [`f${index}`], { ms: index * MINUTE })
      const range = { from: at(MINUTE), to: at(4 * MINUTE) }
      assert.deepEqual(await found(s, range), ['f3', 'f2', 'f1'])
      assert.deepEqual(await found(s, { ...range, order: 'oldest' }), ['f1', 'f2', 'f3'])
      assert.deepEqual(await found(s, { ...range, state: 'pending', channel: 'ops' }), [
        'f3',
        'f2',
        'f1',
      ])
      assert.deepEqual(await found(s, { from: at(6 * MINUTE) }), [])
      assert.deepEqual(await found(s, { to: at(0) }), [])
      assert.deepEqual(await found(s, { from: at(4 * MINUTE), to: at(MINUTE) }), [])
      assert.deepEqual(await s.store.alertTotal({ limit: 1, ...range }), {
        count: 3,
        isExact: true,
      })
    })

    test('comes the oldest first as well, a page at a time', async () => {
      const names = Array.from({ length: 10 }, (_, index) => `f${index}`)
      for (const [index, name] of names.entries()) await arrive(s, [name], { ms: index })
      assert.deepEqual(await found(s, { order: 'oldest' }), names)
      assert.deepEqual(await found(s, { order: 'oldest', state: 'pending' }), names)
    })

    test('is narrowed by level, by firing or resolved, and by fingerprint', async () => {
      await s.accept([
        alert('down', { level: 1 }),
        alert('low', { level: 5, position: 1 }),
        alert('over', { level: 2, status: 'resolved', position: 2 }),
      ])
      await s.accept([alert('low', { level: 5, everyMs: 0 })], 10)
      assert.deepEqual(await found(s, { levels: [1, 2] }), ['over', 'down'])
      assert.deepEqual(await found(s, { levels: [5], state: 'pending' }), ['low', 'low'])
      assert.deepEqual(await found(s, { status: 'resolved' }), ['over'])
      assert.deepEqual(await found(s, { status: 'firing', channel: 'ops', levels: [1] }), ['down'])
      assert.deepEqual(await found(s, { fingerprint: 'low' }), ['low', 'low'])
      assert.deepEqual(await found(s, { fingerprint: 'low', channel: 'other' }), [])
      assert.deepEqual(await s.store.alertTotal({ limit: 1, levels: [5] }), {
        count: 2,
        isExact: true,
      })
    })

    test('is counted where that is cheap, and not otherwise', async () => {
      await arrive(s, ['a', 'b'])
      await arrive(s, ['c'], { suppressed: 'muted', ms: 1 })
      const total = (query: Partial<AlertQuery>) => s.store.alertTotal({ limit: 1, ...query })
      assert.deepEqual(await total({}), { count: 3, isExact: true })
      assert.deepEqual(await total({ state: 'suppressed' }), { count: 1, isExact: true })
      assert.deepEqual(await total({ channel: 'none' }), { count: 0, isExact: true })
      assert.equal(await total({ state: 'pending' }), undefined)
      assert.equal(await total({ words: [['a']] }), undefined)
    })

    test('reports how far a search has come if it ends early', async () => {
      const many = Array.from({ length: 3_000 }, (_, index) =>
        alert(`f${index}`, { position: index }),
      )
      await s.accept([alert('wanted')], 0, { body: 'the needle' })
      await s.accept(many, MINUTE, { body: 'hay' })
      const first = await s.store.alerts({ limit: 5, words: [['needle']] })
      assert.deepEqual([first.items, first.reached], [[], at(MINUTE)])
      assert.deepEqual(await found(s, { limit: 5, words: [['needle']] }), ['wanted'])
      let last = first
      for (let asked = 0; last.next !== null; asked += 1) {
        assert.ok(asked < 10, 'it ends')
        last = await s.store.alerts({ limit: 5, words: [['needle']], before: last.next })
      }
      assert.equal(last.reached, undefined)
    })

    test('counts no further than ten thousand', async () => {
      const many = Array.from({ length: 10_100 }, (_, index) =>
        alert(`f${index}`, { position: index }),
      )
      await s.accept(many, 0)
      assert.deepEqual(await s.store.alertTotal({ limit: 1 }), { count: 10_000, isExact: false })
      const narrow = await s.store.alertTotal({ limit: 1, channel: 'ops' })
      assert.deepEqual(narrow, { count: 10_000, isExact: false })
      const none = await s.store.alertTotal({ limit: 1, channel: 'other' })
      assert.deepEqual(none, { count: 0, isExact: false })
    })
  })
}

function messageLists(backend: Backend): void {
  describe('the list of messages', () => {
    const s = storeFixture(backend)

    async function ids(query: Partial<MessageQuery>): Promise<string[]> {
      const all: string[] = []
      let before: string | undefined
      do {
        const paged = { limit: 2, ...query, ...(before === undefined ? {} : { before }) }
        const { items, next } = await s.store.messages(paged)
        all.push(...items.map(({ id }) => id))
        before = next ?? undefined
      } while (before !== undefined)
      return all
    }

    test('holds what was made from one instant on and before another', async () => {
      await arrive(s, ['f0', 'f1', 'f2', 'f3', 'f4'])
      const made: string[] = []
      for (let index = 0; index < 5; index += 1)
        made.push(await deliver(s, 1, { ms: index * MINUTE }))
      const range = { from: at(MINUTE), to: at(4 * MINUTE) }
      const wanted = made.slice(1, 4)
      assert.deepEqual(await ids({ ...range, order: 'oldest' }), wanted)
      assert.deepEqual(await ids(range), wanted.toReversed())
      assert.deepEqual(await ids({ from: at(5 * MINUTE) }), [])
      assert.deepEqual(await ids({ to: at(0) }), [])
      assert.deepEqual(await ids({ order: 'oldest' }), made)
      assert.deepEqual(await s.store.messageTotal({ limit: 1, ...range }), {
        count: 3,
        isExact: true,
      })
    })

    test('is narrowed by level and kind, and counted where that is cheap', async () => {
      await arrive(s, ['f0', 'f1', 'f2'])
      const severe = await deliver(s, 1, { level: 1, kind: 'group' })
      const low = await deliver(s, 1, { level: 5, ms: 1 })
      const recovery = await deliver(s, 1, { level: 5, kind: 'recovery', ms: 2, ending: 'dead' })
      assert.deepEqual(await ids({ levels: [1, 2] }), [severe])
      assert.deepEqual(await ids({ levels: [5] }), [recovery, low])
      assert.deepEqual(await ids({ levels: [5], kind: 'recovery' }), [recovery])
      assert.deepEqual(await ids({ levels: [5], order: 'oldest' }), [low, recovery])
      const total = (query: Partial<MessageQuery>) => s.store.messageTotal({ limit: 1, ...query })
      assert.deepEqual(await total({}), { count: 3, isExact: true })
      assert.deepEqual(await total({ state: 'dead' }), { count: 1, isExact: true })
      assert.deepEqual(await total({ robot: 'a' }), { count: 3, isExact: true })
      assert.equal(await total({ levels: [5] }), undefined)
      assert.equal(await total({ state: 'sent' }), undefined)
    })

    test('of failed ones is narrowed by the same filters', async () => {
      await arrive(s, ['f0', 'f1', 'f2', 'f3'])
      const dead = { ending: 'dead', kind: 'group' } as const
      const severe = await deliver(s, 1, { ...dead, level: 1 })
      const low = await deliver(s, 1, { ...dead, level: 5, ms: MINUTE, title: 'Disk' })
      const single = await deliver(s, 1, { ...dead, kind: 'alert', ms: 2 * MINUTE })
      await deliver(s, 1, { ms: 3 * MINUTE })
      const failed = async (query: Partial<FailedQuery>) =>
        (await s.store.failed({ limit: 10, ...query })).ids
      assert.deepEqual(await failed({}), [severe, low, single])
      assert.deepEqual(await failed({ levels: [1, 2] }), [severe])
      assert.deepEqual(await failed({ kind: 'group', text: 'disk' }), [low])
      assert.deepEqual(await failed({ from: at(MINUTE), to: at(2 * MINUTE) }), [low])
      assert.deepEqual(await failed({ ids: [severe, single], kind: 'alert' }), [single])
      assert.deepEqual(await failed({ channel: 'ops', robot: 'a', after: low }), [single])
      assert.deepEqual(await failed({ channel: 'none' }), [])
      assert.deepEqual(await failed({ robot: 'none' }), [])
    })

    test('is empty, and counts nothing, in an empty store', async () => {
      const range = { from: at(0), to: at(MINUTE) }
      assert.deepEqual(await ids(range), [])
      assert.deepEqual(await s.store.messageTotal({ limit: 1, ...range }), {
        count: 0,
        isExact: true,
      })
      assert.deepEqual(await s.store.alertTotal({ limit: 1, ...range }), {
        count: 0,
        isExact: true,
      })
    })
  })
}
