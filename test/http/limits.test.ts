import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { MAX_CONCURRENT_BYTES } from '../../src/http/admission.ts'
import { LIMITS } from '../../src/http/listener.ts'
import { createLoginThrottle } from '../../src/http/login-throttle.ts'
import { createRejectionLog } from '../../src/http/rejection-log.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { serve } from './serving.ts'

const START = new Date('2026-11-24T04:00:00Z')

/** All data until the peer closes. */
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

  test('an endless header or body is cut off', async () => {
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

  test('one address cannot take all connections', async () => {
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
    // Another address of this machine still has capacity.
    const other = connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    other.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    assert.match(await untilClosed(other), /^HTTP\/1\.1 200 /)
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
  })

  test('the server uses these limits', async () => {
    await using server = await serve()
    const { headersTimeout, requestTimeout, maxConnections } = server.server
    assert.deepEqual([headersTimeout, requestTimeout, maxConnections], [10_000, 30_000, 2_048])
  })
})

describe('large bodies', () => {
  const LARGE = 19 * 1024 * 1024
  const turn = () => new Promise((resolve) => setTimeout(resolve, 20))

  /** A server whose store answers on demand. */
  async function held() {
    const waiting: (() => void)[] = []
    const server = await serve({
      deps: { accept: () => new Promise((resolve) => waiting.push(() => resolve('ocp'))) },
    })
    const post = async (body: Uint8Array, headers: Record<string, string> = {}) => {
      const init = { method: 'POST', headers, body: new Uint8Array(body) }
      return (await server.ask('/ocp/ops', init)).status
    }
    const arrived = async (count: number): Promise<void> => {
      for (let left = 500; waiting.length < count && left > 0; left -= 1) await turn()
      assert.ok(waiting.length >= count, `request ${count} was not read`)
    }
    return { server, waiting, post, arrived }
  }

  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)
    test(`compressed by ${encoding} are read one after another, and count by their size as sent`, async () => {
      const { server, waiting, post, arrived } = await held()
      await using _ = server
      const body = compress(Buffer.alloc(LARGE, 0x20))
      const statuses = Array.from({ length: 6 }, () => post(body, { 'Content-Encoding': encoding }))
      for (let count = 1; count <= 6; count += 1) {
        await arrived(count)
        await turn()
        assert.equal(waiting.length, count, 'the next one waits until this one is on disk')
        waiting[count - 1]?.()
      }
      assert.deepEqual(await Promise.all(statuses), [200, 200, 200, 200, 200, 200])
    })

  test('do not block small ones, compressed or not', async () => {
    const { server, waiting, post, arrived } = await held()
    await using _ = server
    const large = Array.from({ length: 2 }, () => post(Buffer.alloc(LARGE, 0x20)))
    await arrived(1)
    const small = [post(Buffer.from('x')), post(gzipSync('x'), { 'Content-Encoding': 'gzip' })]
    await arrived(3)
    for (const release of waiting.splice(0)) release()
    assert.deepEqual(await Promise.all(small), [200, 200])
    await arrived(1)
    waiting[0]?.()
    assert.deepEqual(await Promise.all(large), [200, 200])
  })

  test('are refused with 503 when the waiting ones hold all the memory for bodies', async () => {
    const { server, waiting, post, arrived } = await held()
    await using _ = server
    const statuses = Array.from({ length: 6 }, () => post(Buffer.alloc(LARGE, 0x20)))
    assert.equal(await Promise.race(statuses), 503)
    const taken = Math.floor(MAX_CONCURRENT_BYTES / LARGE)
    for (let count = 1; count <= taken; count += 1) {
      await arrived(count)
      waiting[count - 1]?.()
    }
    const ended = await Promise.all(statuses)
    assert.equal(ended.filter((status) => status === 200).length, taken)
    assert.equal(ended.filter((status) => status === 503).length, 6 - taken)
  })
})

describe('guessing', () => {
  test('is delayed more with each waiting failure of an address; a right token is not', async () => {
    const clock = new VirtualClock(START)
    const attempt = createLoginThrottle(clock)
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

  test('on many connections waits before it is checked', async () => {
    const clock = new VirtualClock(START)
    const attempt = createLoginThrottle(clock)
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

describe('the log of rejected requests', () => {
  test('is limited per second, and counts the omitted lines', () => {
    const clock = new VirtualClock(START)
    const lines: (number | undefined)[] = []
    const tell = createRejectionLog(
      { requestRefused: (_source, { omitted }) => void lines.push(omitted) },
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
