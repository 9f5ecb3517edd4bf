import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { LIMITS } from '../../src/http/listener.ts'
import { createRefusals } from '../../src/http/refusals.ts'
import { createSlowdown } from '../../src/http/slowdown.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { serve } from './serving.ts'

const START = new Date('2026-11-24T04:00:00Z')

/** All that comes until the peer closes. */
function untilClosed(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

describe('time and connections', () => {
  const SHORT = { ...LIMITS, headersMs: 200, requestMs: 400, checkEveryMs: 50 }

  test('a head and a body that never end are given up', async () => {
    await using server = await serve({ limits: SHORT })
    const head = connect(server.port, '127.0.0.1')
    head.write('POST /ocp/ops HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    assert.match(await untilClosed(head), /^HTTP\/1\.1 408 /)
    const body = connect(server.port, '127.0.0.1')
    body.write('POST /ocp/ops HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf')
    await untilClosed(body)
    assert.deepEqual(server.accepted, [])
    assert.equal((await server.post('/ocp/ops')).status, 200)
  })

  test('one address does not take all connections', async () => {
    await using server = await serve({ limits: { ...LIMITS, connections: 6, connectionsOfOne: 3 } })
    const sockets = Array.from({ length: 5 }, () => connect(server.port, '127.0.0.1'))
    const closed = sockets.map(async (socket, index) => {
      await untilClosed(socket)
      return index
    })
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))),
    )
    await Promise.any(closed)
    // From another address of this machine there is room still.
    const other = connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    other.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    assert.match(await untilClosed(other), /^HTTP\/1\.1 200 /)
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
  })

  test('the limits in force are those', async () => {
    await using server = await serve()
    const { headersTimeout, requestTimeout, maxConnections } = server.server
    assert.deepEqual([headersTimeout, requestTimeout, maxConnections], [10_000, 30_000, 2_048])
  })
})

describe('what bodies hold', () => {
  test('counts what comes out of a compressed or chunked body, not what its sender says', async () => {
    const held: (() => void)[] = []
    await using server = await serve({
      deps: { accept: () => new Promise((resolve) => held.push(resolve)) },
    })
    const body = gzipSync(Buffer.alloc(19 * 1024 * 1024, 0x20))
    const send = (): Promise<number> =>
      server
        .ask('/ocp/ops', {
          method: 'POST',
          headers: { 'Content-Encoding': 'gzip' },
          body: new Uint8Array(body),
        })
        .then((reply) => reply.status)
    const statuses = Array.from({ length: 6 }, send)
    // Three fit; the others are told to come again while those are held.
    assert.equal(await Promise.race(statuses), 503)
    while (held.length < 3) await new Promise((resolve) => setImmediate(resolve))
    for (const release of held) release()
    const ended = await Promise.all(statuses)
    assert.deepEqual(ended.sort(), [200, 200, 200, 503, 503, 503])
    const brotli = new Uint8Array(brotliCompressSync('x'))
    const reply = await server.ask('/-/healthy')
    assert.equal(reply.status, 200)
    const small = server.ask('/ocp/ops', {
      method: 'POST',
      headers: { 'Content-Encoding': 'br' },
      body: brotli,
    })
    while (held.length < 4) await new Promise((resolve) => setImmediate(resolve))
    held[3]?.()
    assert.equal((await small).status, 200)
  })
})

describe('guessing', () => {
  test('waits the longer, the more wrong ones of one address wait; a right one does not', async () => {
    const clock = new VirtualClock(START)
    const attempt = createSlowdown(clock)
    const ended: string[] = []
    for (const name of ['one', 'two', 'three'])
      void attempt('192.0.2.1', () => false).then(() => ended.push(name))
    void attempt('192.0.2.2', () => false).then(() => ended.push('other'))
    assert.equal(await attempt('192.0.2.1', () => true), true)
    await clock.pass(250)
    assert.deepEqual(ended, ['one', 'other'])
    await clock.pass(250)
    assert.deepEqual(ended, ['one', 'other', 'two'])
    await clock.pass(250)
    assert.deepEqual(ended, ['one', 'other', 'two', 'three'])
  })

  test('on many connections at once is not even looked at before it has waited', async () => {
    const clock = new VirtualClock(START)
    const attempt = createSlowdown(clock)
    let looks = 0
    const guess = (address: string) =>
      void attempt(address, () => {
        looks += 1
        return false
      })
    for (let i = 0; i < 1_000; i += 1) guess(`2001:db8:0:1::${i.toString(16)}`)
    assert.equal(looks, 20, 'a whole /64 is one')
    await clock.pass(0)
    let right: boolean | undefined
    void attempt('2001:db8:0:1::ffff', () => true).then((is) => {
      right = is
    })
    assert.equal(await attempt('2001:db8:0:2::1', () => true), true)
    await clock.pass(5_000)
    assert.equal(right, true, 'nobody is locked out')
  })
})

describe('the log of refusals', () => {
  test('has so many lines a second at most, and says how many it left out', () => {
    const clock = new VirtualClock(START)
    const lines: (number | undefined)[] = []
    const tell = createRefusals(
      { requestRefused: (_source, { untold }) => void lines.push(untold) },
      clock,
    )
    const fields = { code: 401, channel: 'ops', address: '192.0.2.1', why: 'x' }
    for (let i = 0; i < 1_000; i += 1) tell('other', 'ocp', fields)
    assert.equal(lines.length, 20)
    for (let i = 0; i < 1_000; i += 1) tell('overload', 'ocp', fields)
    assert.equal(lines.length, 21)
    clock.step(1_000)
    tell('other', 'ocp', fields)
    tell('other', 'ocp', fields)
    assert.deepEqual(lines.slice(21), [980, undefined])
  })
})
