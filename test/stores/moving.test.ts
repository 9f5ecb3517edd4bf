import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { arriveAtPostgres } from '../../src/stores/postgres/arrive.ts'
import { openPostgres } from '../../src/stores/postgres/store.ts'
import { leaveSqlite } from '../../src/stores/sqlite/leave.ts'
import { openSqlite } from '../../src/stores/sqlite/store.ts'
import type { Arriving, CallClaim, Store } from '../../src/stores/store.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { freePort, Receiver, runCommand, temporaryFolder } from '../support/receiver.ts'

const NOW = Date.UTC(2026, 10, 24, 4)
const at = (ms: number): Date => new Date(NOW + ms)

const alert = (fingerprint: string, changes: Partial<Arriving> = {}): Arriving => ({
  position: 0,
  channel: 'ops',
  queues: ['robot:a'],
  fingerprint,
  status: 'firing',
  level: 3,
  name: `rule ${fingerprint}`,
  cluster: 'c1',
  group: fingerprint,
  everyMs: 600_000,
  ...changes,
})

const accept = (store: Store, key: string, alerts: readonly Arriving[], ms = 0) =>
  store.accept({
    now: at(ms),
    source: 'alertmanager',
    key,
    repeatWithinMs: 120_000,
    dated: false,
    body: `告警 ${key}`,
    alerts: alerts.map((each, position) => ({ ...each, position })),
  })

const call = (ms: number): CallClaim => ({
  key: 'ka',
  since: at(ms - 60_000),
  messages: 20,
  until: at(ms + 5_000),
  month: '2026-11',
  owner: 'me',
})

async function claim(store: Store, uuid: string, ids: readonly number[], ms: number) {
  await store.lease({ robot: 'a', owner: 'me', now: at(ms), until: at(ms + 60_000) })
  const claimed = await store.claim({
    now: at(ms),
    message: {
      uuid,
      robot: 'a',
      queue: 'robot:a',
      channel: 'ops',
      kind: 'alert',
      title: `T ${uuid}`,
      text: 'text',
      body: `{"uuid":"${uuid}"}`,
      alertCount: ids.length,
      storm: false,
    },
    alerts: { kind: 'some', ids },
    call: call(ms),
  })
  assert.ok(claimed)
  return claimed
}

const settle = (
  store: Store,
  claimed: { id: string; call: number },
  ms: number,
  next: Parameters<Store['settle']>[0]['next'],
  pause: Parameters<Store['settle']>[0]['pause'] = undefined,
) =>
  store.settle({
    now: at(ms),
    id: claimed.id,
    call: claimed.call,
    attempt: {
      outcome: { kind: 'delivered' },
      result: 'ok',
      httpStatus: 200,
      errcode: 0,
      errmsg: 'ok',
      words: 'accepted',
      durationMs: 5,
    },
    at: at(ms),
    next,
    reached: true,
    robot: { key: 'ka', failures: 2 },
    pause,
  })

const look = (store: Store, ms: number) =>
  store.waiting({
    robot: { name: 'a', key: 'ka', address: 'direct' },
    queues: ['robot:a'],
    peers: [],
    now: at(ms),
    callsSince: at(ms - 60_000),
    hourStart: at(0),
    dayStart: at(0),
    month: '2026-11',
    heads: 500,
  })

const headIds = async (store: Store, ms: number): Promise<number[]> =>
  ((await look(store, ms)).channels[0]?.heads ?? []).map((head) => head.id)

/** One message sent, one dead, one to be tried again with a pause, one in flight at a crash; two alerts wait. */
async function fill(store: Store): Promise<void> {
  await accept(
    store,
    'k1',
    ['sent', 'dead', 'again', 'flight', 'wait'].map((each) => alert(each)),
  )
  await accept(
    store,
    'k2',
    [alert('wait'), alert('other', { level: 1, queues: ['robot:a', 'robot:b'] })],
    10,
  )
  const [other, sent, dead, again, flight] = (await headIds(store, 20)) as number[]
  assert.ok(other)
  await settle(store, await claim(store, 'u-sent', [sent as number], 100), 110, { kind: 'sent' })
  await settle(store, await claim(store, 'u-dead', [dead as number], 200), 210, {
    kind: 'dead',
    reason: 'token',
  })
  const pause = { scope: 'robot:ka', until: at(90_000), reason: 'throttled' }
  const tried = await claim(store, 'u-again', [again as number], 300)
  await settle(store, tried, 310, { kind: 'again', dueAt: at(5_000) }, pause)
  await claim(store, 'u-flight', [flight as number], 400)
}

/** What a user can see of a store, without numbers that are its own. */
async function picture(store: Store, ms: number) {
  const { robot, channels } = await look(store, ms)
  const { items: messages } = await store.messages({ limit: 100 })
  const { items: alerts } = await store.alerts({ limit: 100 })
  const one = await Promise.all(messages.map(({ uuid }) => store.message(uuid)))
  return {
    robot,
    channels: channels.map(({ heads, ...each }) => ({
      ...each,
      heads: heads.map(({ fingerprint, receivedAt, repeats }) => ({
        fingerprint,
        receivedAt,
        repeats,
      })),
    })),
    messages: one.map((each) => ({
      ...each?.message,
      id: '',
      // What was in flight is due.
      state: each?.message.state === 'sending' ? 'pending' : each?.message.state,
      dueAt: each?.message.uuid === 'u-flight' ? undefined : each?.message.dueAt,
      alerts: each?.alerts.map(({ fingerprint }) => fingerprint),
    })),
    alerts: alerts.map(({ id, messageIds, payload, ...each }) => ({
      ...each,
      messages: messageIds.length,
    })),
    payloads: (await store.payloads([1, 2])).size,
  }
}

describe('moving from SQLite to PostgreSQL', needsPostgres(), () => {
  let postgres: Postgres
  let schemas = 0
  before(async () => {
    postgres = await Postgres.start()
  })
  after(() => postgres[Symbol.asyncDispose]())

  const places = () => {
    schemas += 1
    return { url: postgres.url, schema: `m${schemas}`, clock: realClock }
  }

  async function bring(path: string, place: ReturnType<typeof places>) {
    const departure = leaveSqlite(path)
    try {
      return await arriveAtPostgres(departure, place)
    } finally {
      departure.close()
    }
  }

  test('brings everything, and a second time nothing', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    const old = await openSqlite({ path, reasonToSuppress, thread: false })
    await fill(old)
    const before = await picture(old, 1_000)
    await old.close()

    const place = places()
    const first = await bring(path, place)
    assert.deepEqual(first.payloads, { brought: 2, there: 0 })
    assert.deepEqual(first.messages, { brought: 4, there: 0 })
    const second = await bring(path, place)
    for (const [kind, { brought }] of Object.entries(second)) assert.equal(brought, 0, kind)

    const store = await openPostgres({ ...place, reasonToSuppress })
    try {
      assert.deepEqual(await picture(store, 1_000), before)
      // What aggregation and deduplication remember has come along.
      assert.equal((await accept(store, 'k1', [alert('sent')], 60_000)).repeated, true)
      assert.deepEqual((await accept(store, 'k3', [alert('wait')], 60_000)).suppressed, [
        { channel: 'ops', reason: 'aggregated', count: 1 },
      ])
      assert.deepEqual((await accept(store, 'k4', [alert('dead')], 60_000)).queues, ['robot:a'])
      // The message in flight goes out again, as it was.
      const { due } = await look(store, 1_000)
      assert.equal(due?.uuid, 'u-flight')
    } finally {
      await store.close()
    }
  })

  test('brings what is new when the old store was used again, and takes over what was told there meanwhile', async () => {
    using folder = temporaryFolder()
    const options = { path: join(folder.path, 'x.db'), reasonToSuppress, thread: false }
    const place = places()
    let old = await openSqlite(options)
    await fill(old)
    await old.close()
    await bring(options.path, place)

    old = await openSqlite(options)
    await old.recover(at(60_000))
    await old.lease({ robot: 'a', owner: 'me', now: at(70_000), until: at(100_000) })
    const { due } = await look(old, 70_000)
    const again = await old.claimAgain({
      now: at(70_000),
      id: due?.id as string,
      robot: 'a',
      call: call(70_000),
    })
    assert.equal(again?.uuid, 'u-again')
    assert.ok(again)
    await settle(old, again, 70_010, { kind: 'sent' })
    const told = (await headIds(old, 70_020)).slice(0, 1)
    await settle(old, await claim(old, 'u-later', told, 70_020), 70_030, { kind: 'sent' })
    await accept(old, 'k9', [alert('later')], 70_040)
    const before = await picture(old, 71_000)
    await old.close()

    const moved = await bring(options.path, place)
    assert.deepEqual([moved.payloads?.brought, moved.messages?.brought], [1, 2])
    const store = await openPostgres({ ...place, reasonToSuppress })
    try {
      const now = await picture(store, 71_000)
      assert.deepEqual(now.messages, before.messages)
      assert.deepEqual(now.alerts, before.alerts)
      assert.deepEqual(now.channels, before.channels)
      assert.equal(now.robot.monthUsed, before.robot.monthUsed)
    } finally {
      await store.close()
    }
  })

  test('the command says what it brought, refuses a file that a receiver holds, and tells no password', async () => {
    using folder = temporaryFolder()
    const args = ['migrate', '--from', 'sqlite:data/receiver.db', '--to', postgres.url]
    const missing = await runCommand(args, { cwd: folder.path })
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /there is no store at .*receiver\.db/)

    await using receiver = new Receiver({ folder: folder.path, port: await freePort() })
    await receiver.start()
    const payload = { alerts: [{ status: 'firing', labels: { alertname: 'A' } }] }
    assert.equal((await receiver.post('/alertmanager/default', payload)).status, 200)
    const held = await runCommand(args, { cwd: folder.path })
    assert.equal(held.code, 1)
    assert.match(held.stderr, /another receiver holds it/)
    await receiver.end()

    const moved = await runCommand(args, { cwd: folder.path })
    assert.equal(moved.code, 0, moved.stderr)
    assert.match(moved.stdout, /payloads\s+1 brought/)
    const again = await runCommand(args, { cwd: folder.path })
    assert.match(again.stdout, /payloads\s+0 brought, 1 there already/)
    const secret = encodeURIComponent(postgres.password)
    for (const ran of [missing, held, moved, again])
      assert.ok(!`${ran.stdout}${ran.stderr}`.includes(secret))
    const wrong = await runCommand(['migrate', '--from', 'x.db', '--to', postgres.url])
    assert.match(wrong.stderr, /must be sqlite:PATH/)
  })
})
