import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { AppError, messageOf } from '../../src/errors.ts'
import { inThisThread, openSqlite } from '../../src/stores/sqlite/client.ts'
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/store.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { acceptRequest, incomingAlert as alert } from '../support/requests.ts'
import { SQLITE_IN_MEMORY, sqliteFile } from './backends.ts'
import { conformance } from './conformance/index.ts'

conformance(SQLITE_IN_MEMORY)
for (const thread of [false, true]) conformance(sqliteFile({ thread }))

/** Text that takes a megabyte on disk as well. */
const INCOMPRESSIBLE = randomBytes(1_000_000).toString('base64')

function acceptText(store: SqliteStore, key: string, body: string) {
  return inThisThread(store).accept(acceptRequest([alert(key)], { key, body }))
}

describe('the SQLite file', () => {
  test('stores large bodies completely among small ones of the same time', async () => {
    using folder = temporaryFolder()
    const store = await openSqlite({
      path: join(folder.path, 'x.db'),
      reasonToSuppress,
      thread: true,
    })
    const bodies = ['small', 'L'.repeat(2_000_000), 'another', '大'.repeat(1_000_000), 'last']
    await Promise.all(
      bodies.map((text, index) => {
        const body = index % 2 === 0 ? text : Buffer.from(text)
        return store.accept(acceptRequest([alert(`a${index}`)], { key: `k${index}`, body }))
      }),
    )
    const stored = await store.payloads([1, 2, 3, 4, 5])
    assert.deepEqual([...stored.values()].map(({ text }) => text).sort(), bodies.sort())
    await store.close()
  })

  test('omits a payload with damaged bytes, and returns all others', async () => {
    const store = await openSqliteStore({ path: ':memory:', reasonToSuppress })
    for (const text of ['first', 'second']) await acceptText(store, text, text)
    const damaged = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2])
    await store.database.write((tx) =>
      tx.run('UPDATE bodies SET bytes = $1 WHERE id = 1', [damaged]),
    )
    assert.deepEqual([...(await store.verbs.payloads([1, 2])).keys()], [2])
    store.close()
  })

  test('is readable by its owner only, flushes every commit, and is held by one process', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    const store = await openSqliteStore({ path, reasonToSuppress })
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const pragma = (name: string) => store.database.read((tx) => tx.get<object>(`PRAGMA ${name}`))
    assert.deepEqual({ ...(await pragma('synchronous')) }, { synchronous: 2 })
    assert.deepEqual({ ...(await pragma('journal_mode')) }, { journal_mode: 'wal' })
    await assert.rejects(openSqliteStore({ path, reasonToSuppress }), /another receiver holds it/)
    store.close()
    const again = await openSqliteStore({ path, reasonToSuppress })
    again.close()
  })

  test('is refused, with its path, when it is not a database, damaged, or newer', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    writeFileSync(path, 'not a database at all, but long enough to look like one'.repeat(20))
    await assert.rejects(
      openSqliteStore({ path, reasonToSuppress }),
      (error) =>
        error instanceof AppError &&
        error.message.includes(path) &&
        /damaged or not a SQLite/.test(error.message),
    )
    const newer = join(folder.path, 'newer.db')
    const db = new DatabaseSync(newer)
    db.exec('PRAGMA user_version = 99')
    db.close()
    await assert.rejects(openSqliteStore({ path: newer, reasonToSuppress }), /newer version/)
    const nowhere = '/dev/null/nowhere/x.db'
    await assert.rejects(
      openSqliteStore({ path: nowhere, reasonToSuppress }),
      /cannot open the store/,
    )
  })

  test('refuses requests on a full disk, loses nothing, and accepts again when there is space', async () => {
    using folder = temporaryFolder()
    const store = await openSqliteStore({ path: join(folder.path, 'x.db'), reasonToSuppress })
    await acceptText(store, 'small', 'x')
    store.database.limitPages(60)
    await assert.rejects(acceptText(store, 'big', INCOMPRESSIBLE), (error) => {
      assert.ok(error instanceof AppError && error.code === 'store_unavailable')
      assert.match(messageOf(error.cause), /full/)
      return true
    })
    // If a request cannot be written, only that request fails.
    const request = (key: string, body: string) => acceptRequest([alert(key)], { key, body })
    const both = await store.acceptAll([request('big', INCOMPRESSIBLE), request('small 2', 'x')])
    assert.deepEqual(
      both.map((each) => Object.keys(each)),
      [['error'], ['value']],
    )
    store.database.limitPages(100_000)
    await acceptText(store, 'big', INCOMPRESSIBLE)
    assert.equal((await store.verbs.alerts({ limit: 9 })).items.length, 3)
    store.close()
  })

  test('forgets a request that it refused on a full disk: the retry is not a duplicate', async () => {
    using folder = temporaryFolder()
    const store = await openSqliteStore({ path: join(folder.path, 'x.db'), reasonToSuppress })
    store.database.limitPages(60)
    await assert.rejects(acceptText(store, 'k', INCOMPRESSIBLE))
    assert.deepEqual(await acceptText(store, 'k', 'y'), {
      ...{ duplicate: false, queues: ['robot:a'], suppressed: [] },
    })
    assert.equal((await acceptText(store, 'k', 'y')).duplicate, true)
    const { items } = await store.verbs.alerts({ limit: 9 })
    assert.deepEqual(
      items.map(({ state }) => state),
      ['pending'],
    )
    store.close()
  })

  test('is refused with the reason when the worker cannot open it', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    writeFileSync(path, 'x'.repeat(5_000))
    await assert.rejects(
      openSqlite({ path, reasonToSuppress, thread: true }),
      /damaged or not a SQLite/,
    )
  })

  test('moves more alerts than a function call may have arguments', async () => {
    const store = await openSqlite({ path: ':memory:', reasonToSuppress, thread: false })
    for (let request = 0; request < 150; request += 1)
      await store.accept(
        acceptRequest(
          Array.from({ length: 1_000 }, (_, index) => alert(`${request} ${index}`)),
          { key: `k${request}` },
        ),
      )
    const queues = [{ queue: 'robot:b', robots: [{ name: 'b', key: 'kb' }] }]
    const { moved } = await store.reassign([{ channel: 'ops', queues }], {
      now: new Date(0),
      since: new Date(0),
      isReloaded: true,
    })
    assert.equal(moved, 150_000)
    assert.equal((await store.tally('robot:b', 'ops')).count, 150_000)
    await store.close()
  })

  test('never asks the database for the time', () => {
    for (const folder of ['sqlite', 'sql']) {
      const url = new URL(`../../src/stores/${folder}/`, import.meta.url)
      for (const file of readdirSync(url))
        assert.doesNotMatch(
          readFileSync(new URL(file, url), 'utf8'),
          /CURRENT_TIMESTAMP|datetime\('now|unixepoch\(\)|strftime|now\(\)/i,
          file,
        )
    }
  })
})
