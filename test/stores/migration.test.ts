import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { openPostgres } from '../../src/stores/postgres/open.ts'
import { openSqlite } from '../../src/stores/sqlite/client.ts'
import type { Store } from '../../src/stores/store.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { alert, at, fixtureOn, MINUTE } from './conformance/harness.ts'

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.sql`, import.meta.url), 'utf8')
}

function sqliteFile(path: string, name: string): void {
  const db = new DatabaseSync(path)
  db.exec(fixture(name))
  db.close()
}

/** The content of a store of version 0.1.0, equal in the fixtures of both databases. */
async function assertKept(store: Store): Promise<void> {
  const s = fixtureOn(store)
  const { items } = await store.messages({ limit: 100 })
  assert.deepEqual(
    items.map(({ uuid, state, alertCount }) => `${uuid} ${state} ${alertCount}`),
    [
      'u-big sending 25',
      'u-flight sending 1',
      'u-warning pending 0',
      'u-test pending 0',
      'u-digest sent 25',
      'u-again pending 1',
      'u-dead dead 1',
      'u-sent sent 1',
    ],
  )
  for (const { id, alertCount } of items)
    assert.equal((await store.message(id))?.alerts.length, alertCount, id)
  assert.deepEqual(await s.waiting(MINUTE), ['other firing', 'wait firing'])
  assert.deepEqual(await s.waiting(MINUTE, 'robot:b'), ['other firing'])
  assert.deepEqual(await s.waiting(MINUTE, 'robot:a', 'db'), ['d-later firing'])
  assert.deepEqual(await s.waiting(MINUTE, 'robot:a', 'big'), [])
  const { items: alerts } = await store.alerts({ limit: 1_000 })
  const statesOf = (start: string): string[] => [
    ...new Set(alerts.flatMap((each) => (each.fingerprint.startsWith(start) ? each.state : []))),
  ]
  assert.deepEqual(
    ['sent', 'dead', 'again', 'flight', 'wait', 'other', 'd0', 'big', 'gone'].map(statesOf),
    [
      ['suppressed', 'sent'],
      ['dead'],
      ['sending'],
      ['sending'],
      ['suppressed', 'pending'],
      ['pending'],
      ['sent'],
      ['sending'],
      ['dead'],
    ],
  )
  const { robot, quotaWarnings, organisationUsed, nextDueAt } = await s.backlog(1_000)
  assert.deepEqual(quotaWarnings, [{ scope: 'organisation', percent: 50 }])
  assert.deepEqual(
    [robot.calls.length, robot.monthUsed, organisationUsed, robot.failures, robot.pause?.reason],
    [6, 6, 6, 2, 'throttled'],
  )
  assert.deepEqual(nextDueAt, at(61_000))
  assert.deepEqual(
    [...(await store.payloads([1])).values()],
    [{ source: 'ocp', receivedAt: at(0), text: '告警 k1' }],
  )
}

/** Converts the schema to the one before silences and actions. */
const WITHOUT_ACTIONS = `
  DROP INDEX messages_failed;
  ALTER TABLE messages DROP COLUMN dismissed_at;
  ALTER TABLE messages DROP COLUMN dismissed_by;
  ALTER TABLE pauses DROP COLUMN made_by;
  DROP TABLE silences;
  DROP TABLE signing_keys;
`

async function assertActs(store: Store): Promise<void> {
  const { ids } = await store.failed({ limit: 10 })
  assert.equal(ids.length, 1)
  assert.equal(await store.dismiss(ids, { at: at(MINUTE), by: 'li' }), 1)
  await store.pauseRobot({ key: 'ka', now: at(MINUTE), until: at(90 * MINUTE), by: 'li' })
  assert.equal((await fixtureOn(store).backlog(MINUTE)).robot.pause?.by, 'li')
}

/** Asserts that a receiver can work with the migrated store. */
async function assertGoesOn(store: Store): Promise<void> {
  const s = fixtureOn(store, 100)
  assert.equal((await s.accept([alert('wait')], MINUTE)).suppressed[0]?.reason, 'aggregated')
  for (const [fingerprint, channel, queue] of [
    ['dead', 'ops', 'robot:a'],
    ['gone', 'removed', 'robot:r'],
  ] as const) {
    const again = alert(fingerprint, { channel, queues: [queue] })
    assert.deepEqual((await s.accept([again], MINUTE)).queues, [queue], fingerprint)
  }
  assert.equal((await s.accept([alert('big1', { channel: 'big' })], MINUTE)).queues.length, 0)
  assert.equal(await store.recover(at(2 * MINUTE)), 2)
  const idOf = async (uuid: string) => (await store.message(uuid))?.message.id as string
  assert.equal((await s.backlog(2 * MINUTE)).due?.id, await idOf('u-again'))
  const digest = await s.claimAll(2 * MINUTE, { message: { channel: 'db' } })
  await s.settle(digest, 2 * MINUTE + 1)
  assert.deepEqual(await s.alertsOf(digest.id), ['d-later firing'])
  // A recovery waits for the digest that contains the firing alert.
  await s.accept([alert('big1', { channel: 'big', status: 'resolved' })], 2 * MINUTE)
  assert.deepEqual(await s.waiting(2 * MINUTE, 'robot:a', 'big'), [])
  const big = await s.retry(await idOf('u-big'), 2 * MINUTE + 2)
  assert.ok(big)
  assert.equal((await s.settle(big, 2 * MINUTE + 3))[0]?.count, 25)
  assert.deepEqual(await s.waiting(2 * MINUTE + 4, 'robot:a', 'big'), ['big1 resolved'])
}

describe('a SQLite file of version 0.1.0', () => {
  test('keeps everything, including leftovers of a claim, and works afterwards', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    sqliteFile(path, 'sqlite-0.1.0')
    let store = await openSqlite({ path, reasonToSuppress, thread: false })
    const s = fixtureOn(store)
    assert.equal((await s.waitingIds(MINUTE, 'robot:a', 'gathered')).length, 12)
    await assertKept(store)
    await store.close()
    store = await openSqlite({ path, reasonToSuppress, thread: false })
    await assertKept(store)
    await assertGoesOn(store)
    await store.close()
  })

  test('is refused by an older receiver', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    sqliteFile(path, 'sqlite-0.1.0')
    const store = await openSqlite({ path, reasonToSuppress, thread: false })
    await store.close()
    const db = new DatabaseSync(path)
    // Version 0.1.0 refuses by name every file whose version is above 2.
    assert.deepEqual({ ...db.prepare('PRAGMA user_version').get() }, { user_version: 4 })
    db.close()
  })

  test('of the schema before actions keeps everything and works afterwards', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    sqliteFile(path, 'sqlite-0.1.0')
    await (await openSqlite({ path, reasonToSuppress, thread: false })).close()
    const db = new DatabaseSync(path)
    db.exec(WITHOUT_ACTIONS)
    db.exec('PRAGMA user_version = 3')
    db.close()
    const store = await openSqlite({ path, reasonToSuppress, thread: false })
    await assertKept(store)
    await assertActs(store)
    await store.close()
  })

  test('never reuses the id of a pruned message', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    sqliteFile(path, 'sqlite-0.1.0')
    const db = new DatabaseSync(path)
    db.exec('DELETE FROM messages WHERE id >= 5; DELETE FROM tellings WHERE message >= 5')
    db.close()
    const store = await openSqlite({ path, reasonToSuppress, thread: false })
    const s = fixtureOn(store)
    assert.deepEqual(await store.enqueue([s.testMessage()], at(0)), ['9'])
    await store.close()
  })

  test('of the schema before 0.1.0 keeps its payloads', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    sqliteFile(path, 'sqlite-before-0.1.0')
    const store = await openSqlite({ path, reasonToSuppress, thread: false })
    await fixtureOn(store).accept([alert('f')], 0, { body: 'third' })
    const texts = [...(await store.payloads([1, 2, 3])).values()].map(({ text }) => text)
    assert.deepEqual(texts, ['（磁盘）', 'second', 'third'])
    await store.close()
  })
})

describe('a store of a version without silences', () => {
  test('stores silences after migration: a SQLite file', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    await (await openSqlite({ path, reasonToSuppress, thread: false })).close()
    const db = new DatabaseSync(path)
    db.exec(`${WITHOUT_ACTIONS} PRAGMA user_version = 3`)
    db.close()
    const store = await openSqlite({ path, reasonToSuppress, thread: false })
    assert.deepEqual(await store.silences({ limit: 1 }), [])
    assert.equal(await store.signingKey('silence', 'k'), 'k')
    await store.close()
  })

  test('stores silences after migration: a PostgreSQL database', needsPostgres(), async () => {
    await using postgres = await Postgres.start()
    const options = { url: postgres.url, schema: 'new', reasonToSuppress, clock: realClock }
    await (await openPostgres(options)).close()
    await postgres.ask(
      `SET search_path = new; ${WITHOUT_ACTIONS} UPDATE schema_version SET version = 2`,
    )
    const store = await openPostgres(options)
    assert.deepEqual(await store.silences({ limit: 1 }), [])
    assert.equal(await store.signingKey('silence', 'k'), 'k')
    await store.close()
  })
})

describe('a PostgreSQL database of version 0.1.0', needsPostgres(), () => {
  let postgres: Postgres
  before(async () => {
    postgres = await Postgres.start()
  })
  after(() => postgres[Symbol.asyncDispose]())

  test('keeps everything and works afterwards', async () => {
    await postgres.ask(fixture('postgres-0.1.0'))
    const options = { url: postgres.url, schema: 'old', reasonToSuppress, clock: realClock }
    const store = await openPostgres(options)
    try {
      await assertKept(store)
      await assertGoesOn(store)
      // Version 0.1.0 refuses every database whose version is above 1.
      const rows = await postgres.ask('SELECT version FROM old.schema_version')
      assert.deepEqual(rows, [{ version: 3 }])
    } finally {
      await store.close()
    }
  })

  test('of the schema before actions works afterwards', async () => {
    const options = { url: postgres.url, schema: 'between', reasonToSuppress, clock: realClock }
    const first = await openPostgres(options)
    const s = fixtureOn(first, 200)
    await s.accept([alert('f')])
    await s.die(await s.claim(await s.waitingIds()), 10)
    await first.close()
    await postgres.ask(
      `SET search_path = between; ${WITHOUT_ACTIONS} UPDATE schema_version SET version = 2`,
    )
    const store = await openPostgres(options)
    try {
      await assertActs(store)
    } finally {
      await store.close()
    }
  })
})
