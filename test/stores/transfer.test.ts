import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { AppError } from '../../src/errors.ts'
import { Secret } from '../../src/model/secret.ts'
import { openStore } from '../../src/stores/index.ts'
import type { Store } from '../../src/stores/store.ts'
import { transfer } from '../../src/stores/transfer.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { freePort, Receiver, runCommand, temporaryFolder } from '../support/receiver.ts'
import { alert, alerts, at, FAILED, fixtureOn, MINUTE } from './conformance/harness.ts'

/** Fills a store: messages sent, dead, pending and in flight; digests sent and dead; waiting alerts. */
async function fill(store: Store): Promise<void> {
  const s = fixtureOn(store)
  await s.accept(['sent', 'dead', 'again', 'flight', 'wait'].map((each) => alert(each)))
  const both = { level: 1, queues: ['robot:a', 'robot:b'] } as const
  await s.accept(
    [alert('wait'), alert('other', both), alert('n\u0001, "x"', { group: 'g,\n"' })],
    10,
  )
  const idOf = async (fingerprint: string): Promise<number> => {
    const found = (await s.backlog(20)).channels.find(({ channel }) => channel === 'ops')
    return found?.alerts.find((each) => each.fingerprint === fingerprint)?.id as number
  }
  await s.send([await idOf('sent')], 100, { message: { uuid: 'u-sent' } })
  await s.die(await s.claim([await idOf('dead')], 200, { message: { uuid: 'u-dead' } }), 210)
  const again = await s.claim([await idOf('again')], 300, { message: { uuid: 'u-again' } })
  for (const [channel, ending] of [
    ['db', 'sent'],
    ['lost', 'dead'],
  ] as const) {
    await s.accept(alerts(30, { channel }), 320)
    const digest = await s.claimAll(330, { message: { uuid: `u-${channel}`, channel } })
    if (ending === 'sent') await s.settle(digest, 340)
    else await s.die(digest, 340)
    await s.accept([alert('after', { channel })], 350)
  }
  await s.store.warn({
    ...{ now: at(360), month: '2026-11', scope: 'organisation', percent: 50 },
    message: s.testMessage({ kind: 'alert', uuid: 'u-warning' }),
  })
  await s.claim([await idOf('flight')], 400, { message: { uuid: 'u-flight' } })
  await s.settle(again, 410, {
    attempt: FAILED,
    next: { kind: 'retry', dueAt: at(5_000) },
    pause: { scope: 'robot:ka', until: at(90_000), reason: 'throttled' },
  })
}

/** Everything that a user can see in a store. */
async function picture(store: Store) {
  const s = fixtureOn(store, 1_000)
  const backlogs = []
  for (const queue of ['robot:a', 'robot:b'])
    backlogs.push(await s.backlog(1_000, { queues: [queue] }))
  const { items: messages } = await store.messages({ limit: 100 })
  const { items: alerts } = await store.alerts({ limit: 1_000 })
  return {
    backlogs,
    messages: await Promise.all(messages.map(({ id }) => store.message(id))),
    alerts,
    tally: await store.tally('robot:a', 'ops'),
    history: await store.history({ from: at(0), to: at(MINUTE) }),
    payloads: [...(await store.payloads(alerts.map(({ payload }) => payload))).values()],
  }
}

const open = (url: string): Promise<Store> =>
  openStore(new Secret(url), { reasonToSuppress, thread: false, clock: realClock })

async function inStore<T>(url: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await open(url)
  try {
    return await work(store)
  } finally {
    await store.release('me')
    await store.close()
  }
}

/** Asserts that aggregation, deduplication and ids continue from their state before the transfer. */
async function assertGoesOn(store: Store): Promise<void> {
  const s = fixtureOn(store, 2_000)
  const newest = Number((await store.alerts({ limit: 1 })).items[0]?.id)
  assert.equal((await s.accept([alert('sent')], 1_000, { key: 'k1' })).duplicate, true)
  const [aggregated] = (await s.accept([alert('wait')], 1_000)).suppressed
  assert.equal(aggregated?.reason, 'aggregated')
  assert.deepEqual((await s.accept([alert('dead')], 1_000)).queues, ['robot:a'])
  const lost = alert('f1', { channel: 'lost' })
  assert.deepEqual((await s.accept([lost], 1_000)).queues, ['robot:a'])
  assert.ok(Number((await store.alerts({ limit: 1 })).items[0]?.id) > newest)
  await store.recover(at(2 * MINUTE))
  assert.equal((await s.backlog(2 * MINUTE)).due?.id, (await store.message('u-again'))?.message.id)
  const flight = (await store.message('u-flight'))?.message
  const again = await s.retry(flight?.id as string, 2 * MINUTE)
  assert.deepEqual([again?.uuid, again?.body], ['u-flight', flight?.body])
}

describe('a transfer', needsPostgres(), () => {
  let postgres: Postgres
  let databases = 0
  before(async () => {
    postgres = await Postgres.start()
  })
  after(() => postgres[Symbol.asyncDispose]())

  async function database(): Promise<string> {
    databases += 1
    await postgres.ask(`CREATE DATABASE d${databases}`)
    return postgres.url.replace(/\/postgres$/, `/d${databases}`)
  }

  const move = (from: string, to: string) => transfer(new Secret(from), new Secret(to), realClock)

  for (const [name, urls] of [
    ['SQLite to PostgreSQL', async (path: string) => [`sqlite:${path}`, await database()]],
    ['PostgreSQL to SQLite', async (path: string) => [await database(), `sqlite:${path}`]],
    ['SQLite to SQLite', async (path: string) => [`sqlite:${path}`, `sqlite:${path}.new`]],
    ['PostgreSQL to PostgreSQL', async () => [await database(), await database()]],
  ] as const)
    test(`from ${name} copies everything`, async () => {
      using folder = temporaryFolder()
      const [from, to] = (await urls(join(folder.path, 'x.db'))) as [string, string]
      const before = await inStore(from, async (store) => {
        await fill(store)
        return picture(store)
      })
      const copied = await move(from, to)
      assert.deepEqual([copied.messages, copied.payloads, copied.alerts], [7, 6, 70])
      await inStore(to, async (store) => {
        assert.deepEqual(await picture(store), before)
        await assertGoesOn(store)
      })
      assert.deepEqual(await inStore(from, picture), before)
    })

  test('into a store that is not empty is refused, and changes nothing', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    await inStore(`sqlite:${path}`, fill)
    for (const to of [await database(), `sqlite:${path}.new`]) {
      const before = await inStore(to, async (store) => {
        await fixtureOn(store).accept([alert('there')])
        return picture(store)
      })
      await assert.rejects(move(`sqlite:${path}`, to), /the target is not empty/)
      assert.deepEqual(await inStore(to, picture), before)
    }
  })

  test('that fails halfway leaves nothing behind', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    await inStore(`sqlite:${path}`, fill)
    const to = await database()
    await inStore(to, async () => undefined)
    const robots = 'ALTER TABLE dingtalk_receiver.robots'
    await postgres.ask(`${robots} ADD CHECK (failures > 1000)`, to)
    await assert.rejects(move(`sqlite:${path}`, to), /robots_failures_check/)
    await postgres.ask(`${robots} DROP CONSTRAINT robots_failures_check`, to)
    assert.equal((await move(`sqlite:${path}`, to)).messages, 7)
  })

  test('of a missing store is refused, and creates none', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'none.db')
    await assert.rejects(
      move(`sqlite:${path}`, await database()),
      /there is no store at .*none\.db/,
    )
    assert.ok(!existsSync(path))
  })

  test('into a database that cannot be reached is refused with its address, and without its password', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    await (await open(`sqlite:${path}`)).close()
    await assert.rejects(move(`sqlite:${path}`, 'postgres://u:hidden@127.0.0.1:1/db'), (error) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'store_unavailable')
      assert.match(
        error.message,
        /^cannot open the store postgres:\/\/127\.0\.0\.1:1\/db: .*ECONNREFUSED/,
      )
      assert.doesNotMatch(error.message, /hidden/)
      return true
    })
  })

  test('is refused while a receiver holds a lease in the database', async () => {
    using folder = temporaryFolder()
    const from = await database()
    const store = await open(from)
    const now = new Date()
    await store.lease({ robot: 'a', owner: 'me', now, until: new Date(now.getTime() + MINUTE) })
    const to = `sqlite:${join(folder.path, 'x.db')}`
    await assert.rejects(move(from, to), /receiver me uses/)
    const ahead = { ...realClock, now: () => new Date(Date.now() + 60 * MINUTE) }
    await assert.rejects(transfer(new Secret(from), new Secret(to), ahead), /receiver me uses/)
    await store.release('me')
    await store.close()
    assert.equal((await move(from, `sqlite:${join(folder.path, 'x.db')}`)).messages, 0)
  })

  test('by the command prints what it copied, refuses a file that a receiver holds, and shows no password', async () => {
    using folder = temporaryFolder()
    const to = await database()
    const args = ['migrate', '--from', 'sqlite:data/receiver.db', '--to', to]
    const missing = await runCommand(args, { cwd: folder.path })
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /there is no store at .*receiver\.db/)

    await using receiver = new Receiver({ folder: folder.path, port: await freePort() })
    await receiver.start()
    const payload = { alerts: [{ status: 'firing', labels: { alertname: 'A' } }] }
    assert.equal((await receiver.post('/alertmanager/ops', payload)).status, 200)
    const held = await runCommand(args, { cwd: folder.path })
    assert.equal(held.code, 1)
    assert.match(held.stderr, /another receiver holds it/)
    await receiver.end()

    const moved = await runCommand(args, { cwd: folder.path })
    assert.equal(moved.code, 0, moved.stderr)
    assert.match(moved.stdout, /payloads\s+1 rows/)
    const again = await runCommand(args, { cwd: folder.path })
    assert.equal(again.code, 1)
    assert.match(again.stderr, /the target is not empty/)
    const secret = encodeURIComponent(postgres.password)
    for (const ran of [missing, held, moved, again])
      assert.ok(!`${ran.stdout}${ran.stderr}`.includes(secret))
  })
})
