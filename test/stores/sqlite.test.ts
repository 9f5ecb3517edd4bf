import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { AppError } from '../../src/errors.ts'
import { openEngine } from '../../src/stores/sqlite/engine.ts'
import { leaveSqlite } from '../../src/stores/sqlite/leave.ts'
import { MIGRATIONS } from '../../src/stores/sqlite/schema.ts'
import { openSqlite, storeAround } from '../../src/stores/sqlite/store.ts'
import type { Arriving, Store } from '../../src/stores/store.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { conformance } from './conformance.ts'

conformance('SQLite in memory', async (decide) => {
  const store = await openSqlite({ path: ':memory:', reasonToSuppress: decide, thread: false })
  return { store, close: () => store.close() }
})

for (const thread of [false, true])
  conformance(`a SQLite file ${thread ? 'in a thread' : 'in this thread'}`, async (decide) => {
    const folder = temporaryFolder()
    const options = {
      path: join(folder.path, 'deep', 'er', 'x.db'),
      reasonToSuppress: decide,
      thread,
    }
    let store = await openSqlite(options)
    return {
      store,
      reopen: async () => {
        await store.close()
        store = await openSqlite(options)
        return store
      },
      close: async () => {
        await store.close()
        folder[Symbol.dispose]()
      },
    }
  })

/** A megabyte on disk, too. */
const INCOMPRESSIBLE = randomBytes(1_000_000).toString('base64')

const ALERT: Arriving = {
  position: 0,
  channel: 'ops',
  queues: ['robot:a'],
  fingerprint: 'f',
  status: 'firing',
  level: 3,
  name: 'n',
  cluster: 'c',
  group: 'f',
  everyMs: 0,
}

function acceptText(store: Store, key: string, text: string) {
  return store.accept({
    now: new Date(0),
    source: 'ocp',
    key,
    repeatWithinMs: 1,
    dated: false,
    body: text,
    alerts: [ALERT],
  })
}

describe('the SQLite file', () => {
  test('of the first version keeps its payloads', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    const old = new DatabaseSync(path)
    old.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`)
    for (const [id, text] of ['（磁盘）', 'second'].entries()) {
      old.prepare(`INSERT INTO requests VALUES (?, ?, 'ocp', 5)`).run(id + 1, `key ${id}`)
      old.prepare('INSERT INTO payloads VALUES (?, ?)').run(id + 1, Buffer.from(text))
    }
    old.close()
    const store = await openSqlite({ path, reasonToSuppress, thread: false })
    await acceptText(store, 'key 2', 'third')
    const texts = [...(await store.payloads([1, 2, 3])).values()].map(({ text }) => text)
    assert.deepEqual(texts, ['（磁盘）', 'second', 'third'])
    await store.close()
  })

  test('gives no payload whose bytes are damaged, and all others', async () => {
    using folder = temporaryFolder()
    const engine = openEngine({ path: join(folder.path, 'x.db'), reasonToSuppress })
    const store = storeAround(engine)
    for (const text of ['first', 'second']) await acceptText(store, text, text)
    const damaged = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2])
    engine.database.transaction(() =>
      engine.database.run('UPDATE bodies SET bytes = ? WHERE id = 1', damaged),
    )
    assert.deepEqual([...(await store.payloads([1, 2])).keys()], [2])
    engine.close()
  })

  test('knows all or nothing of a claim of very many, wherever it ends', async () => {
    const many = 21
    const now = new Date(1_000_000)
    const until = new Date(2_000_000)
    const alerts = Array.from({ length: many }, (_, position) => ({
      ...ALERT,
      position,
      fingerprint: `f${position}`,
      group: `f${position}`,
    }))
    const message = (uuid: string, alertCount = many) => ({
      ...{ uuid, robot: 'a', queue: 'robot:a', channel: 'ops', kind: 'digest' as const },
      ...{ title: 't', text: 't', body: 'b', alertCount, storm: true },
    })
    const call = { key: 'k', since: new Date(0), messages: 20, until, month: '1970-01', owner: 'o' }
    const outcomes: string[] = []
    for (let steps = 0; steps < 10; steps += 1) {
      using folder = temporaryFolder()
      const options = { path: join(folder.path, 'x.db'), reasonToSuppress, rowsInSlice: 10 }
      const leased = () => {
        const engine = openEngine(options)
        engine.verbs.lease({ robot: 'a', owner: 'o', now, until })
        return engine
      }
      const toldBy = (id: number): number =>
        engine.database.all('SELECT alert FROM tellings WHERE message = ?', id).length

      let engine = leased()
      await storeAround(engine).accept({
        ...{ now, source: 'ocp', key: 'k', repeatWithinMs: 1, dated: false, body: 'b', alerts },
      })
      const { upTo, count } = engine.verbs.tally('robot:a', 'ops')
      const claim = {
        now,
        message: message('first'),
        alerts: { kind: 'upTo' as const, upTo, count },
      }
      const slices = engine.inSlices.claim({ ...claim, call })
      const clearing = engine.clear()
      let done = false
      for (let step = 0; step < steps; step += 1)
        if (done) clearing.next()
        else done = slices.next().done === true
      engine.close()

      engine = leased()
      const waits = engine.verbs.tally('robot:a', 'ops').count
      const claimed = engine.verbs.message('1') !== undefined
      assert.equal(claimed, done)
      outcomes.push(claimed ? 'claimed' : 'nothing')
      if (claimed) {
        assert.deepEqual([waits, toldBy(1)], [0, many])
      } else {
        assert.equal(waits, many)
        // Whatever message comes next has nothing of what was gathered.
        assert.deepEqual(engine.verbs.enqueue([message('test', 0)], now), ['1'])
        assert.equal(toldBy(1), 0)
        const other = { ...call, owner: 'other' }
        assert.equal(engine.verbs.claim({ ...claim, call: other }), undefined)
        assert.equal(engine.verbs.claim({ ...claim, message: message('second'), call })?.id, '2')
        assert.deepEqual([engine.verbs.tally('robot:a', 'ops').count, toldBy(2)], [0, many])
      }
      engine.close()
    }
    assert.deepEqual([...new Set(outcomes)], ['nothing', 'claimed'])
  })

  test('clears what a claim has taken before anything else is told', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    const engine = openEngine({ path, reasonToSuppress, rowsInSlice: 10 })
    const store = storeAround(engine)
    for (let alert = 1; alert <= 30; alert += 1) await acceptText(store, `key ${alert}`, 'x')
    const db = engine.database
    db.transaction(() => db.run('INSERT INTO clearing VALUES (1, 1, 25)'))
    engine.close()
    const left = leaveSqlite(path)
    assert.equal([...left.rows('tellings')].length, 5)
    left.close()
    const again = openEngine({ path, reasonToSuppress, rowsInSlice: 10 })
    again.database.transaction(() => again.database.run('INSERT INTO clearing VALUES (1, 1, 27)'))
    assert.equal(again.verbs.tally('robot:a', 'ops').count, 3)
    assert.deepEqual(again.database.all('SELECT * FROM clearing'), [])
    again.close()
  })

  test('is readable by its owner only, flushes every commit, and is held by one process', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    const engine = openEngine({ path, reasonToSuppress })
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual({ ...engine.database.get<object>('PRAGMA synchronous') }, { synchronous: 2 })
    assert.deepEqual(
      { ...engine.database.get<object>('PRAGMA journal_mode') },
      { journal_mode: 'wal' },
    )
    assert.throws(() => openEngine({ path, reasonToSuppress }), /another receiver holds it/)
    engine.close()
    openEngine({ path, reasonToSuppress }).close()
  })

  test('that is none, is damaged, or is newer, is refused by name', () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    writeFileSync(path, 'not a database at all, but long enough to look like one'.repeat(20))
    assert.throws(
      () => openEngine({ path, reasonToSuppress }),
      (error) =>
        error instanceof AppError &&
        error.message.includes(path) &&
        /damaged or no SQLite/.test(error.message),
    )
    const newer = join(folder.path, 'newer.db')
    const db = new DatabaseSync(newer)
    db.exec('PRAGMA user_version = 99')
    db.close()
    assert.throws(() => openEngine({ path: newer, reasonToSuppress }), /newer version/)
    assert.throws(
      () => openEngine({ path: '/dev/null/nowhere/x.db', reasonToSuppress }),
      /cannot open the store/,
    )
  })

  test('that is full refuses, loses nothing, and goes on when there is space again', async () => {
    using folder = temporaryFolder()
    const engine = openEngine({ path: join(folder.path, 'x.db'), reasonToSuppress })
    const store = storeAround(engine)
    await acceptText(store, 'small', 'x')
    engine.database.limitPages(60)
    const big = INCOMPRESSIBLE
    await assert.rejects(
      acceptText(store, 'big', big),
      (error) => error instanceof AppError && error.code === 'store_unavailable',
    )
    // One that cannot be written costs only itself.
    const both = await Promise.allSettled([
      acceptText(store, 'big', big),
      acceptText(store, 'small 2', 'x'),
    ])
    assert.deepEqual(
      both.map((each) => each.status),
      ['rejected', 'fulfilled'],
    )
    engine.database.limitPages(100_000)
    await acceptText(store, 'big', big)
    assert.equal((await store.alerts({ limit: 9 })).items.length, 3)
    await store.close()
  })

  test('that is full remembers nothing of what it refused: its retry is news', async () => {
    using folder = temporaryFolder()
    const engine = openEngine({ path: join(folder.path, 'x.db'), reasonToSuppress })
    const store = storeAround(engine)
    engine.database.limitPages(60)
    const request = {
      now: new Date(0),
      source: 'ocp',
      key: 'k',
      repeatWithinMs: 60_000,
      dated: false,
      alerts: [{ ...ALERT, channel: 'new', queues: ['robot:new'], everyMs: 600_000 }],
    } as const
    await assert.rejects(store.accept({ ...request, body: INCOMPRESSIBLE }))
    assert.deepEqual(await store.accept({ ...request, body: 'y' }), {
      repeated: false,
      queues: ['robot:new'],
      suppressed: [],
    })
    assert.equal((await store.accept({ ...request, body: 'y' })).repeated, true)
    assert.deepEqual(
      (await store.alerts({ limit: 9, channel: 'new' })).items.map((each) => each.state),
      ['pending'],
    )
    await store.close()
  })

  test('a thread that cannot open its file says why', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    writeFileSync(path, 'x'.repeat(5_000))
    await assert.rejects(
      openSqlite({ path, reasonToSuppress, thread: true }),
      /damaged or no SQLite/,
    )
  })

  test('holds no statement that reads the time', async () => {
    const { readdirSync, readFileSync } = await import('node:fs')
    const folder = new URL('../../src/stores/sqlite/', import.meta.url)
    for (const file of readdirSync(folder))
      assert.doesNotMatch(
        readFileSync(new URL(file, folder), 'utf8'),
        /CURRENT_TIMESTAMP|datetime\('now|unixepoch\(\)|strftime/i,
      )
  })
})
