import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { AppError } from '../../src/errors.ts'
import { openEngine } from '../../src/stores/sqlite/engine.ts'
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
