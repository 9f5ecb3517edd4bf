import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Clock, realClock } from '../../src/clock.ts'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { AppError } from '../../src/errors.ts'
import type { AcceptRequest } from '../../src/stores/incoming.ts'
import type { MultiProcess, Notice } from '../../src/stores/multi-process.ts'
import { openPostgres } from '../../src/stores/postgres/open.ts'
import type { NewMessage, Store } from '../../src/stores/store.ts'
import { StoreUnreachable } from '../../src/stores/unreachable.ts'
import { pem } from '../notifiers/posting.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { until } from '../support/receiver.ts'
import { acceptRequest, incomingAlert } from '../support/requests.ts'
import { backendOf } from './backends.ts'
import { type Backend, settlement } from './conformance/harness.ts'
import { clockConformance, conformance } from './conformance/index.ts'

const NOW = Date.UTC(2026, 10, 24, 4)
const at = (ms: number): Date => new Date(NOW + ms)

describe('PostgreSQL', needsPostgres(), () => {
  let postgres: Postgres
  let schemas = 0
  before(async () => {
    postgres = await Postgres.start()
  })
  after(() => postgres[Symbol.asyncDispose]())

  const fresh = (): string => {
    schemas += 1
    return `s${schemas}`
  }

  /** Stores that a failed test has left open. */
  const opened = new Set<Store>()
  afterEach(async () => {
    for (const store of opened) await store.close()
  })

  const open = async (
    schema: string,
    options: { clock?: Clock; notice?: (notice: Notice) => void; url?: string } = {},
  ): Promise<Store & MultiProcess> => {
    const own = { url: postgres.url, schema, reasonToSuppress, clock: realClock }
    const store = await openPostgres({ ...own, ...options })
    const close = async (): Promise<void> => {
      opened.delete(closing)
      await store.close()
    }
    const closing = { ...store, close }
    opened.add(closing)
    return closing
  }

  /** A backend whose process clock is ahead of the database's. */
  const backend = (name: string, aheadMs = 0): Backend =>
    // Another process measures its own offset, to a millisecond.
    backendOf({ name, reopens: aheadMs === 0 }, () => {
      const clock = { ...realClock, now: () => new Date(Date.now() + aheadMs) }
      const own = { url: postgres.url, schema: fresh(), reasonToSuppress, clock }
      return { open: () => openPostgres(own) }
    })
  conformance(backend('PostgreSQL'))
  clockConformance(backend('PostgreSQL, whose clock is an hour behind', 3_600_000))
  clockConformance(backend('PostgreSQL, whose clock is an hour ahead', -3_600_000))

  /** Several replicas on the same tables. */
  async function replicas(count: number): Promise<{
    stores: [Store & MultiProcess, Store & MultiProcess, ...(Store & MultiProcess)[]]
    [Symbol.asyncDispose]: () => Promise<void>
  }> {
    const schema = fresh()
    const stores = await Promise.all(Array.from({ length: count }, () => open(schema)))
    return {
      stores: stores as [Store & MultiProcess, Store & MultiProcess],
      [Symbol.asyncDispose]: async () => {
        await Promise.all(stores.map((store) => store.close()))
      },
    }
  }

  const request = (key: string, fingerprints: readonly string[], ms = 0): AcceptRequest => {
    const alerts = fingerprints.map((each) => incomingAlert(each, { queues: ['channel:ops'] }))
    return acceptRequest(alerts, { now: at(ms), key })
  }

  const backlog = (store: Store, robot = 'a') =>
    store.backlog({
      robot: { name: robot, key: `k${robot}`, address: 'direct' },
      queues: ['channel:ops'],
      peers: [],
      now: at(0),
      callsSince: at(-60_000),
      hourStart: at(0),
      dayStart: at(0),
      month: '2026-11',
      preview: 500,
    })

  const message = (uuid: string, robot: string): NewMessage => ({
    uuid,
    robot,
    robotKey: `k${robot}`,
    queue: 'channel:ops',
    channel: 'ops',
    kind: 'alert',
    title: 'T',
    text: 'text',
    body: '{}',
    alertCount: 1,
    level: 3,
    storm: false,
  })

  const call = (key: string, owner: string, maxCalls = 20) => ({
    key,
    since: at(-60_000),
    address: 'direct',
    maxCalls,
    until: at(5_000),
    month: '2026-11',
    owner,
  })

  describe('replicas', () => {
    test('that get the same notification at the same moment accept it once', async () => {
      await using group = await replicas(3)
      const rounds = 40
      const results = await Promise.all(
        Array.from({ length: rounds }, (_, round) =>
          group.stores.map((store) => store.accept(request(`n${round}`, [`f${round}`, 'shared']))),
        ).flat(),
      )
      assert.equal(results.filter((each) => !each.duplicate).length, rounds)
      const [store] = group.stores
      // Each alert alone, and the one that is in every notification.
      assert.equal((await backlog(store)).channels[0]?.count, rounds + 1)
    })

    test('that accept different notifications of the same alerts in any order deliver each alert once, without a deadlock', async () => {
      await using group = await replicas(3)
      const names = Array.from({ length: 30 }, (_, index) => `f${index}`)
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, index) => {
          const turned = [...names.slice(index), ...names.slice(0, index)]
          const store = group.stores[index % 3] as Store
          return store.accept(request(`k${index}`, index % 2 ? turned : turned.reverse()))
        }),
      )
      assert.ok(results.every((each) => !each.duplicate))
      const [store] = group.stores
      const { channels } = await backlog(store)
      assert.equal(channels[0]?.count, 30)
      const listed = await store.alerts({ limit: 1000, state: 'suppressed' })
      assert.equal(listed.items.length, 30 * 30 - 30)
    })

    test('whose robots share a pool never take an alert twice', async () => {
      await using group = await replicas(2)
      const [one, two] = group.stores
      await one.accept(
        request(
          'k',
          Array.from({ length: 20 }, (_, index) => `f${index}`),
        ),
      )
      const ids = ((await backlog(one)).channels[0]?.alerts ?? []).map((head) => head.id)
      await one.lease({ robot: 'a', owner: 'one', now: at(0), until: at(60_000) })
      await two.lease({ robot: 'b', owner: 'two', now: at(0), until: at(60_000) })
      const claims = await Promise.all(
        ids.flatMap((id, index) => {
          const alerts = { kind: 'some', ids: [id] } as const
          return [
            one.claim({
              now: at(0),
              message: message(`a${index}`, 'a'),
              alerts,
              call: call('ka', 'one'),
            }),
            two.claim({
              now: at(0),
              message: message(`b${index}`, 'b'),
              alerts,
              call: call('kb', 'two'),
            }),
          ]
        }),
      )
      assert.equal(claims.filter((each) => each !== undefined).length, 20)
      const { items } = await one.alerts({ limit: 100 })
      for (const each of items) assert.equal(each.messageIds.length, 1)
    })

    test('that accept while others claim digests lose no alert and send none twice', async () => {
      const schema = fresh()
      const [one, two, three] = [await open(schema), await open(schema), await open(schema)]
      // Other transactions commit between an accept’s ids and its commit.
      await postgres.ask(`CREATE FUNCTION ${schema}.linger() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(random() * 0.06); RETURN NULL; END $$`)
      await postgres.ask(
        `CREATE TRIGGER linger AFTER INSERT ON ${schema}.payloads EXECUTE FUNCTION ${schema}.linger()`,
      )
      let isOver = false
      const accepts = Promise.all(
        Array.from({ length: 160 }, async (_, index) => {
          await sleep(index * 5)
          const fingerprints = Array.from({ length: 5 }, (_, each) => `f${index}-${each}`)
          return (index % 2 ? one : two).accept(request(`k${index}`, fingerprints))
        }),
      ).then(() => {
        isOver = true
      })
      await three.lease({ robot: 'a', owner: 'me', now: at(0), until: at(60_000) })
      let digests = 0
      for (let serial = 0; ; serial += 1) {
        const wasOver = isOver
        const { upTo, count } = await three.tally('channel:ops', 'ops')
        if (count === 0 && wasOver) break
        const claimed = await three.claim({
          now: at(0),
          message: { ...message(`m${serial}`, 'a'), kind: 'digest', alertCount: count },
          alerts: { kind: 'upTo', upTo, count },
          call: call('ka', 'me', 1_000_000),
        })
        if (claimed === undefined) continue
        digests += 1
        const sent = await three.settle(settlement(claimed, 0))
        assert.equal(
          sent.reduce((sum, each) => sum + each.count, 0),
          count,
        )
      }
      await accepts
      const { items } = await three.alerts({ limit: 1_000, state: 'sent' })
      assert.equal(items.length, 800)
      for (const { messageIds } of items) assert.equal(messageIds.length, 1)
      assert.ok(digests > 1, `${digests} digests`)
      for (const store of [one, two, three]) await store.close()
    })

    test('with robots of one access token never exceed its limit together', async () => {
      await using group = await replicas(3)
      const [first] = group.stores
      await first.accept(
        request(
          'k',
          Array.from({ length: 30 }, (_, index) => `f${index}`),
        ),
      )
      const ids = ((await backlog(first)).channels[0]?.alerts ?? []).map((head) => head.id)
      for (const [index, store] of group.stores.entries())
        await store.lease({ robot: `r${index}`, owner: `o${index}`, now: at(0), until: at(60_000) })
      const claims = await Promise.all(
        ids.map((id, index) =>
          group.stores[index % 3]?.claim({
            now: at(0),
            message: message(`m${index}`, `r${index % 3}`),
            alerts: { kind: 'some', ids: [id] },
            call: call('same', `o${index % 3}`, 7),
          }),
        ),
      )
      assert.equal(claims.filter((each) => each !== undefined).length, 7)
    })

    test('lease a robot to one of them, and at once to another when it is released', async () => {
      await using group = await replicas(3)
      const asked = await Promise.all(
        group.stores.map((store, index) =>
          store.lease({ robot: 'a', owner: `o${index}`, now: at(0), until: at(10_000) }),
        ),
      )
      assert.equal(asked.filter((each) => each).length, 1)
      const holder = asked.indexOf(true)
      const woken: unknown[] = []
      const next = group.stores[(holder + 1) % 3] as Store & MultiProcess
      next.onWake((queues) => woken.push(queues))
      await group.stores[holder]?.release(`o${holder}`)
      await until('the others are woken', () => woken.includes('all'))
      assert.ok(await next.lease({ robot: 'a', owner: 'next', now: at(1), until: at(10_001) }))
    })

    test('keep a lease that is renewed, but not one that has ended or is another’s', async () => {
      await using group = await replicas(2)
      const [one, two] = group.stores
      const lease = (store: Store, owner: string, ms: number) =>
        store.lease({ robot: 'a', owner, now: at(ms), until: at(ms + 10_000) })
      const renew = (owner: string, ms: number, robots = ['a']) =>
        one.renew({ owner, robots, now: at(ms), until: at(ms + 10_000) })
      await lease(one, 'one', 0)
      await renew('one', 9_000)
      await renew('one', 9_500, ['b'])
      await renew('two', 9_500)
      assert.equal(await lease(two, 'two', 18_000), false)
      await renew('one', 19_001)
      assert.equal(await lease(two, 'two', 19_001), true)
      await renew('one', 19_500)
      assert.equal(await lease(one, 'one', 20_000), false)
    })

    test('extend the lease with a claim, so that it covers the attempt', async () => {
      await using group = await replicas(2)
      const [one, two] = group.stores
      await one.accept(request('k', ['f']))
      const [head] = (await backlog(one)).channels[0]?.alerts ?? []
      await one.lease({ robot: 'a', owner: 'one', now: at(0), until: at(10_000) })
      const long = { ...call('ka', 'one'), until: at(62_000) }
      const alerts = { kind: 'some', ids: [head?.id as number] } as const
      assert.ok(await one.claim({ now: at(0), message: message('m', 'a'), alerts, call: long }))
      const ask = (ms: number) =>
        two.lease({ robot: 'a', owner: 'two', now: at(ms), until: at(ms + 10_000) })
      assert.equal(await ask(61_999), false)
      assert.equal(await ask(62_000), true)
    })

    test('wake each other, not themselves, with the queues that have new alerts', async () => {
      await using group = await replicas(2)
      const [one, two] = group.stores
      const heard: unknown[] = []
      const own: unknown[] = []
      one.onWake((queues) => own.push(queues))
      two.onWake((queues) => heard.push(queues))
      await one.accept(request('k', ['f']))
      await until('the other hears of it', () => heard.length > 0)
      assert.deepEqual(heard[0], ['channel:ops'])
      await sleep(20)
      assert.deepEqual(own, [])
    })

    test('treat an unknown notification as one for all queues', async () => {
      const schema = fresh()
      const store = await open(schema)
      const heard: unknown[] = []
      store.onWake((queues) => heard.push(queues))
      for (const payload of ['', 'no JSON', 'null', '{"queues":[1]}'])
        await postgres.ask(`SELECT pg_notify('${schema}', '${payload}')`)
      await until('it is woken', () => heard.length === 4)
      assert.deepEqual(heard, ['all', 'all', 'all', 'all'])
    })

    test('with different clocks count in the database’s time', async () => {
      const schema = fresh()
      const ahead: Clock = { ...realClock, now: () => new Date(Date.now() + 3_600_000) }
      const notices: Notice[] = []
      const wrong = await open(schema, { clock: ahead, notice: (each) => notices.push(each) })
      const right = await open(schema)
      try {
        const owner = { owner: 'wrong', robot: 'a' }
        const now = ahead.now()
        await wrong.lease({ ...owner, now, until: new Date(now.getTime() + 10_000) })
        const mine = { owner: 'right', robot: 'a' }
        const real = Date.now()
        // An hour ahead, it holds the robot for 10 s, not for an hour and 10 s.
        const soon = { now: new Date(real + 5_000), until: new Date(real + 20_000) }
        assert.equal(await right.lease({ ...mine, ...soon }), false)
        const late = { now: new Date(real + 11_000), until: new Date(real + 20_000) }
        assert.equal(await right.lease({ ...mine, ...late }), true)
        assert.ok(
          notices.some((each) => each.kind === 'clock_differs' && each.aheadMs < -3_599_000),
        )
      } finally {
        await Promise.all([wrong.close(), right.close()])
      }
    })
  })

  test('counts in the database’s time at once after its machine was suspended', async () => {
    const schema = fresh()
    let behindMs = 0
    const clock: Clock = { ...realClock, now: () => new Date(Date.now() - behindMs) }
    const store = await open(schema, { clock })
    // During the suspension this process's clock stood still.
    behindMs = 60_000
    await store.shift(behindMs)
    behindMs = 0
    const row = `SELECT until FROM ${schema}.leases WHERE robot = 'a'`
    await until(
      'a lease ends in the future',
      async () => {
        const now = new Date()
        const end = new Date(now.getTime() + 10_000)
        await store.lease({ robot: 'a', owner: 'me', now, until: end })
        const [lease] = await postgres.ask<{ until: string }>(row)
        return Math.abs(Number(lease?.until) - end.getTime()) < 500
      },
      3_000,
    )
    await store.close()
  })

  describe('the database', () => {
    test('that is newer than the receiver is refused, with its address', async () => {
      const schema = fresh()
      await (await open(schema)).close()
      await postgres.ask(`UPDATE ${schema}.schema_version SET version = 99`)
      await assert.rejects(open(schema), /newer version of the receiver \(schema 99/)
    })

    test('is migrated once when several replicas start at once', async () => {
      const schema = fresh()
      const stores = await Promise.all(Array.from({ length: 5 }, () => open(schema)))
      await Promise.all(stores.map((store) => store.close()))
      const rows = await postgres.ask(`SELECT version FROM ${schema}.schema_version`)
      assert.deepEqual(rows, [{ version: 3 }])
    })

    test('confirms only what is on disk, regardless of its default', async () => {
      const schema = fresh()
      await postgres.ask('ALTER ROLE receiver SET synchronous_commit = off')
      try {
        const store = await open(schema)
        await postgres.ask(`CREATE TABLE ${schema}.seen (setting TEXT)`)
        await postgres.ask(`CREATE FUNCTION ${schema}.look() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO ${schema}.seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$`)
        await postgres.ask(
          `CREATE TRIGGER look BEFORE INSERT ON ${schema}.payloads FOR EACH ROW EXECUTE FUNCTION ${schema}.look()`,
        )
        await store.accept(request('k', ['f']))
        await store.close()
        assert.deepEqual(await postgres.ask(`SELECT setting FROM ${schema}.seen`), [
          { setting: 'on' },
        ])
      } finally {
        await postgres.ask('ALTER ROLE receiver RESET synchronous_commit')
      }
    })

    test('is named in errors without its password, and a wrong password is reported at once', async () => {
      const wrong = postgres.url.replace(/:[^:@/]+@/, ':wrong-secret@')
      await assert.rejects(open(fresh(), { url: wrong }), (error) => {
        assert.ok(error instanceof AppError)
        assert.match(
          error.message,
          /^cannot open the store postgres:\/\/127\.0\.0\.1:\d+\/postgres: password/,
        )
        assert.doesNotMatch(error.message, /wrong-secret/)
        return true
      })
      for (const url of [
        `${postgres.url}?sslmode=maybe`,
        `${postgres.url}?sslmod=require`,
        `${postgres.url}?sslmode=verify-full&sslrootcert=/nowhere/ca.crt`,
        'postgres://u:wrong-secret@:99999999/x',
      ])
        await assert.rejects(open(fresh(), { url }), (error) => {
          assert.ok(error instanceof AppError && error.code === 'bad_configuration')
          assert.doesNotMatch(error.message, /wrong-secret|p%40ss/)
          return true
        })
    })

    test('is not used without TLS when the URL requires it', async () => {
      await assert.rejects(
        open(fresh(), { url: `${postgres.url}?sslmode=require` }),
        /does not support SSL/,
      )
    })

    test('gets U+FFFD for NUL, which its text type lacks', async () => {
      const store = await open(fresh())
      await store.accept({ ...request('nul\0', ['a\0b']), body: 'x\0y' })
      const [head] = (await backlog(store)).channels[0]?.alerts ?? []
      assert.equal(head?.fingerprint, 'a\ufffdb')
      await store.close()
    })

    test('counts alerts whose ids exceed 32 bits', async () => {
      const schema = fresh()
      const store = await open(schema)
      await postgres.ask(`SELECT setval('${schema}.alerts_ids', 3000000000)`)
      await store.accept(request('k', ['f']))
      const { alerts } = await store.history({ from: new Date(0), to: new Date(4e12) })
      assert.deepEqual(
        alerts.map(({ outcome, count }) => [outcome, count]),
        [['waiting', 1]],
      )
      assert.equal((await store.alerts({ limit: 9, state: 'pending' })).items.length, 1)
      assert.equal((await store.tally('channel:ops', 'ops')).count, 1)
      await store.close()
    })

    test('accepts the other requests when it cannot take one of several', async () => {
      const schema = fresh()
      const store = await open(schema)
      await postgres.ask(`ALTER TABLE ${schema}.payloads ADD CHECK (length < 1000)`)
      const [big, small] = await Promise.allSettled([
        store.accept({ ...request('big', ['f']), body: 'y'.repeat(2_000) }),
        store.accept(request('small', ['g'])),
      ])
      assert.equal(small.status, 'fulfilled')
      assert.ok(big.status === 'rejected' && big.reason instanceof AppError)
      assert.equal(big.reason.code, 'store_unavailable')
      assert.equal((big.reason.cause as { code?: unknown }).code, '23514')
      assert.equal((await backlog(store)).channels[0]?.count, 1)
      await store.close()
    })
  })

  describe('a separate server', () => {
    test('that stops is store_unavailable at once, and used again when it is back', async () => {
      await using own = await Postgres.start()
      const notices: string[] = []
      const store = await openPostgres({
        url: own.url,
        reasonToSuppress,
        clock: realClock,
        notice: ({ kind }) => notices.push(kind),
      })
      const woken: unknown[] = []
      store.onWake((queues) => woken.push(queues))
      await store.accept(request('before', ['f']))
      await own.down()
      await assert.rejects(
        store.accept(request('during', ['g'])),
        (error) => error instanceof AppError && error.code === 'store_unavailable',
      )
      await own.up()
      await until('it is used again', () =>
        store.accept(request('during', ['g'])).then(
          () => true,
          () => false,
        ),
      )
      assert.equal((await backlog(store)).channels[0]?.count, 2)
      await until('the line is back', () => notices.includes('notifications_restored'))
      assert.ok(notices.includes('notifications_lost') && woken.includes('all'))
      await store.close()
    })

    test('that stops responding causes a timeout after seconds, and is used again when it responds', async () => {
      await using way = await silenceable(postgres.port)
      const url = postgres.url.replace(`:${postgres.port}/`, `:${way.port}/`)
      const store = await open(fresh(), { url })
      await store.accept(request('before', ['f']))
      way.silent = true
      const began = performance.now()
      await assert.rejects(
        store.accept(request('during', ['g'])),
        (error) => error instanceof AppError && error.code === 'store_unavailable',
      )
      assert.ok(performance.now() - began > 4_000)
      way.silent = false
      await until('it is used again', () =>
        store.accept(request('during', ['g'])).then(
          () => true,
          () => false,
        ),
      )
      assert.equal((await backlog(store)).channels[0]?.count, 2)
      await store.close()
    })

    test('that shuts down as soon as it has accepted a connection is store_unavailable', async () => {
      await using way = await silenceable(postgres.port)
      const url = postgres.url.replace(`:${postgres.port}/`, `:${way.port}/`)
      const store = await open(fresh(), { url })
      way.stopsAtStart = true
      await assert.rejects(
        store.accept(request('k', ['f'])),
        (error) => error instanceof AppError && error.code === 'store_unavailable',
      )
      way.stopsAtStart = false
      await store.accept(request('k', ['f']))
      await store.close()
    })

    test('whose answer to a commit is lost is retried, and nothing is duplicated or in flight forever', async () => {
      await using way = await silenceable(postgres.port)
      const url = postgres.url.replace(`:${postgres.port}/`, `:${way.port}/`)
      const store = await open(fresh(), { url })
      const refused = (error: unknown) =>
        error instanceof AppError && error.code === 'store_unavailable'
      way.losesCommit = true
      await assert.rejects(store.accept(request('k', ['f'])), refused)
      assert.equal((await store.accept(request('k', ['f']))).duplicate, true)

      const lease = {
        robot: 'a',
        owner: 'me',
        now: at(0),
        until: at(10_000),
        skipIfUntil: at(6_000),
      }
      assert.equal(await store.lease(lease), true)
      const [head] = (await backlog(store)).channels[0]?.alerts ?? []
      const alerts = { kind: 'some', ids: [head?.id as number] } as const
      way.losesCommit = true
      await assert.rejects(
        store.claim({ now: at(0), message: message('m', 'a'), alerts, call: call('ka', 'me') }),
        refused,
      )
      assert.equal((await backlog(store)).due, undefined)
      assert.equal(await store.lease(lease), true)
      const { due, robot } = await backlog(store)
      assert.equal((await store.message(due?.id as string))?.message.uuid, 'm')
      assert.equal(robot.calls.length, 1)
      await store.close()
    })

    test('is used over TLS as the URL requires, and refused when its certificate does not match', async () => {
      const certificate = (name: string): string =>
        fileURLToPath(new URL(`../notifiers/fixtures/${name}.crt`, import.meta.url))
      await using own = await Postgres.start([], pem('trusted'))
      const encrypted = async (parameters: string): Promise<unknown> => {
        const url = `${own.url}?${parameters}`
        const store = await openPostgres({ url, reasonToSuppress, clock: realClock })
        const rows = await own.ask(
          `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
           WHERE application_name = 'dingtalk-receiver'`,
        )
        await store.close()
        return rows
      }
      const root = `sslrootcert=${certificate('trusted')}`
      assert.deepEqual(await encrypted('sslmode=require'), [{ ssl: true }])
      assert.deepEqual(await encrypted(`sslmode=verify-full&${root}`), [{ ssl: true }])
      const strange = `sslrootcert=${certificate('stranger')}`
      for (const mode of ['require', 'verify-ca', 'verify-full'])
        await assert.rejects(encrypted(`sslmode=${mode}&${strange}`), /certificate/)
      await assert.rejects(encrypted('sslmode=verify-full'), /certificate/)
    })

    test('that is not up yet is reported at once as one that a later attempt may open', async () => {
      await using own = await Postgres.start()
      await own.down('fast')
      const options = { url: own.url, reasonToSuppress, clock: realClock }
      await assert.rejects(
        openPostgres(options),
        (error) =>
          error instanceof StoreUnreachable &&
          error.passes === 'by_itself' &&
          /^cannot open the store postgres:\/\/127\.0\.0\.1:\d+\/postgres: connect ECONNREFUSED/.test(
            error.message,
          ),
      )
      await own.up()
      await (await openPostgres(options)).close()
    })

    test('that would lose what it confirms is refused', async () => {
      await using own = await Postgres.start(['fsync=off'])
      await assert.rejects(
        openPostgres({ url: own.url, reasonToSuppress, clock: realClock }),
        /fsync = off/,
      )
    })
  })
})

/** Messages of the server: it waits for a query; it ends the connection. */
const READY = Buffer.from('Z\0\0\0\x05I')
const SHUTS_DOWN = errorResponse('SFATAL', 'C57P01', 'Mterminating connection')

function errorResponse(...fields: readonly string[]): Buffer {
  const body = Buffer.from(`${fields.join('\0')}\0\0`)
  const head = Buffer.from('E\0\0\0\0')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/**
 * A proxy to the server that can drop all packets, like a pulled cable, or break the connection when
 * the next commit is answered.
 */
async function silenceable(port: number) {
  const sockets = new Set<Socket>()
  const way = {
    port: 0,
    silent: false,
    losesCommit: false,
    stopsAtStart: false,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    const lose = { reply: false }
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => {
        if (from === near && way.losesCommit && chunk.includes('COMMIT\0')) {
          way.losesCommit = false
          lose.reply = true
        }
        if (from === far && lose.reply) near.destroy()
        else if (from === far && way.stopsAtStart && chunk.subarray(-6).equals(READY))
          to.write(Buffer.concat([chunk, SHUTS_DOWN]))
        else if (!way.silent) to.write(chunk)
      })
      from.on('error', () => undefined)
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  way.port = (server.address() as AddressInfo).port
  return way
}
