import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import express from 'express'
import { AppError } from '../../src/errors.ts'
import { createAccessControl } from '../../src/http/access-control.ts'
import {
  AdmissionControl,
  MAX_CONCURRENT_BYTES,
  MAX_CONCURRENT_REQUESTS,
  RESERVE,
} from '../../src/http/admission.ts'
import { receiveRoutes } from '../../src/http/receive.ts'
import { LargeReads, MAX_BYTES_READ_AT_ONCE } from '../../src/large-reads.ts'
import { sources } from '../../src/sources/index.ts'
import { settingsOf } from '../support/settings.ts'

const isOverloaded = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'overloaded' && error.status === 503

/** Nothing here has a token or a password. */
const NO_CHECKS: Parameters<typeof createAccessControl>[1] = {
  throttle: async () => false,
  knownUsers: { identify: () => undefined, checkOf: () => 'unknown' },
}

describe('admission control', () => {
  test('limits concurrent requests; one that ends makes room for one', () => {
    const load = new AdmissionControl()
    const places = Array.from({ length: MAX_CONCURRENT_REQUESTS }, () => load.acquire(10))
    assert.throws(() => load.acquire(0), isOverloaded)
    places[0]?.release()
    load.acquire(0)
    assert.throws(() => load.acquire(0), isOverloaded)
  })

  test('limits bytes, declared or not, and releases all', () => {
    const load = new AdmissionControl()
    const half = MAX_CONCURRENT_BYTES / 2
    const declared = load.acquire(half)
    declared.grow(half)
    const undeclared = load.acquire(0)
    undeclared.grow(half)
    assert.throws(() => undeclared.grow(1), isOverloaded)
    assert.throws(() => load.acquire(1), isOverloaded)
    undeclared.release()
    declared.release()
    load.acquire(MAX_CONCURRENT_BYTES).release()
  })
})

describe('large bodies', () => {
  test('are read together up to a limit, larger ones alone, in order of arrival', async () => {
    const load = new AdmissionControl()
    const begun: string[] = []
    const reading = (name: string, bytes: number) => {
      const place = load.acquire(0)
      void place.waitToRead(bytes).then(() => begun.push(name))
      return place
    }
    const half = MAX_BYTES_READ_AT_ONCE / 2
    const [a, b] = [reading('a', half), reading('b', half)]
    const c = reading('c', 100 * MAX_BYTES_READ_AT_ONCE)
    const d = reading('d', 1)
    const settled = () => new Promise((resolve) => setImmediate(resolve))
    await settled()
    assert.deepEqual(begun, ['a', 'b'])
    a.release()
    await settled()
    assert.deepEqual(begun, ['a', 'b'], 'none overtakes the one that needs all the room')
    b.release()
    await settled()
    assert.deepEqual(begun, ['a', 'b', 'c'])
    c.release()
    await settled()
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
    d.release()
  })

  test('wait for re-reads of stored payloads, which have priority', async () => {
    const reads = new LargeReads()
    const load = new AdmissionControl(reads)
    const begun: string[] = []
    const first = load.acquire(0)
    await first.waitToRead(1)
    const second = load.acquire(0)
    void second.waitToRead(1_000_000_000).then(() => begun.push('body'))
    void reads.acquireReread().then(() => begun.push('again'))
    const settled = () => new Promise((resolve) => setImmediate(resolve))
    first.release()
    await settled()
    assert.deepEqual(begun, ['again'])
    reads.release()
    await settled()
    assert.deepEqual(begun, ['again', 'body'])
    second.release()
  })
})

describe('a sender that floods', () => {
  test('does not block others: some capacity is reserved for small senders', () => {
    const load = new AdmissionControl()
    const flood = Array.from({ length: MAX_CONCURRENT_REQUESTS }, () => load.acquire(0, 'noisy'))
    assert.throws(() => load.acquire(0, 'noisy'), isOverloaded)
    const others = Array.from({ length: RESERVE.requests }, (_, index) =>
      load.acquire(100, `quiet ${index >> 3}`),
    )
    assert.throws(() => load.acquire(0, 'one more'), isOverloaded)
    for (const place of [...flood, ...others]) place.release()

    const large = load.acquire(MAX_CONCURRENT_BYTES, 'noisy')
    assert.throws(() => load.acquire(1, 'quiet').grow(9 * 1024 * 1024), isOverloaded)
    const quiet = load.acquire(1_000_000, 'other')
    quiet.grow(2_000_000)
    assert.throws(() => large.grow(MAX_CONCURRENT_BYTES + 1), isOverloaded)
    large.release()
    quiet.release()
  })
})

describe('a receiver with a hanging disk', () => {
  const disk = { release: () => {}, waits: Promise.resolve() }
  const taken: string[] = []
  const logged: object[] = []
  const codes: number[] = []
  let server: Server
  let url = ''

  before(async () => {
    disk.waits = new Promise((resolve) => {
      disk.release = resolve
    })
    const app = express()
    receiveRoutes(app, {
      accept: async ({ body }) => {
        await disk.waits
        taken.push(Buffer.from(body).toString())
        return 'ocp'
      },
      sources,
      settings: () => settingsOf(),
      events: {
        requestRefused: (_source: string, fields: object) => logged.push(fields),
        requestAnswered: (_source: string, code: number) => codes.push(code),
      } as never,
      clock: { now: () => new Date(0), sleep: async () => {} },
      guard: () => createAccessControl(settingsOf(), NO_CHECKS),
      open: () => true,
    })
    server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alertmanager/ops`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  test('answers 503 at once beyond its capacity, and stores everything answered 200', async () => {
    const more = 40
    const answers = Array.from({ length: MAX_CONCURRENT_REQUESTS + more }, async (_, index) => {
      const response = await fetch(url, { method: 'POST', body: `body ${index}` })
      return { index, status: response.status, retryAfter: response.headers.get('retry-after') }
    })
    // Refusals are answered while the others wait for the disk.
    const first = await Promise.race(answers)
    assert.deepEqual([first.status, first.retryAfter], [503, '10'])
    const late: Promise<unknown> = Promise.all(answers)
    while (codes.length < more) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(codes, Array(more).fill(503))
    assert.equal(taken.length, 0)
    disk.release()
    await late
    const all = await Promise.all(answers)
    const accepted = all.filter(({ status }) => status === 200)
    assert.equal(accepted.length, MAX_CONCURRENT_REQUESTS)
    assert.deepEqual([...taken].sort(), accepted.map(({ index }) => `body ${index}`).sort())
    assert.equal(logged.length, 1, 'one line of the log, not one for each')
    const again = await fetch(url, { method: 'POST', body: 'afterwards' })
    assert.equal(again.status, 200)
  })
})
