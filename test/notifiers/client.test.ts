import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Clock, realClock } from '../../src/clock.ts'
import type { Attempt } from '../../src/model/message.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Robot } from '../../src/model/settings.ts'
import { verdictOnFailure } from '../../src/notifiers/dingtalk/failure.ts'
import { createDingtalk } from '../../src/notifiers/dingtalk/index.ts'
import { notifiers } from '../../src/notifiers/index.ts'
import type { Notifier } from '../../src/notifiers/notifier.ts'
import { SandboxGroup } from '../../src/sandbox/group.ts'
import { type StandIn, type Step, startStandIn } from '../support/dingtalk-stand-in.ts'
import { robotNamed } from '../support/settings.ts'

const TOKEN = 'canary-token-0123456789'
const SECRET = 'SECcanary0123456789abcdef'
const NOW = new Date('2026-11-24T08:00:00Z')

/** Long enough never to be what ends a test that passes. */
const PLENTY_MS = 20_000
const SHORT_MS = 300

interface Fixture extends AsyncDisposable {
  notifier: Notifier
  standIn: StandIn
  robot: (changes?: Partial<Robot>) => Robot
  /** Sends a small message and makes sure that what comes back tells no secret. */
  send: (robot?: Robot) => Promise<Attempt>
}

async function fixture({
  clock = realClock,
  tls,
}: {
  clock?: Clock
  tls?: { cert: string; key: string }
} = {}): Promise<Fixture> {
  const standIn = await startStandIn({ now: () => NOW, ...(tls && { tls }) })
  const group = new SandboxGroup()
  const notifier = createDingtalk({
    clock,
    sandbox: (robot, request, now) => group.receive(robot, request, now),
  })
  const robot = (changes: Partial<Robot> = {}): Robot =>
    robotNamed('ops-1', {
      target: { kind: 'webhook', url: new Secret(standIn.url(TOKEN)) },
      timeoutMs: PLENTY_MS,
      ...changes,
    })
  const sent = { count: 0 }
  return {
    notifier,
    standIn,
    robot,
    send: async (to = robot()) => {
      sent.count += 1
      const attempt = await notifier.send(to, bodyFor(to, `uuid-${sent.count}`), NOW)
      assert.ok(!/canary/i.test(JSON.stringify(attempt)), JSON.stringify(attempt))
      return attempt
    },
    async [Symbol.asyncDispose]() {
      await notifier.close()
      await standIn.close()
    },
  }

  function bodyFor(to: Robot, uuid: string): string {
    const mention = { mobiles: [], users: [], all: false }
    const content = {
      format: 'markdown' as const,
      title: 'T',
      text: 'text',
      mention,
      link: undefined,
    }
    return notifier.compose(content, [to], uuid)
  }
}

function pem(name: string): { cert: string; key: string } {
  const read = (end: string): string =>
    readFileSync(new URL(`fixtures/${name}.${end}`, import.meta.url), 'utf8')
  return { cert: read('crt'), key: read('key') }
}

/** A plain TCP server that does as told with each connection. */
async function tcpServer(
  connected: (socket: Socket) => void,
): Promise<{ port: number; [Symbol.asyncDispose]: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    connected(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function webhook(url: string): Pick<Robot, 'target'> {
  return { target: { kind: 'webhook', url: new Secret(`${url}/robot/send?access_token=${TOKEN}`) } }
}

function retryable(reason: string, reached: boolean, bounded = false): object {
  return { kind: 'retryable', reason, reached, bounded }
}

describe('a post', () => {
  test('is what DingTalk takes: JSON in UTF-8, token and signature in the query', async () => {
    await using at = await fixture()
    const attempt = await at.send(at.robot({ secret: new Secret(SECRET) }))
    assert.equal(attempt.outcome.kind, 'delivered')
    assert.equal(attempt.result, 'ok')
    assert.equal(attempt.httpStatus, 200)
    assert.equal(attempt.errcode, 0)
    assert.equal(attempt.errmsg, 'ok')
    const [request] = at.standIn.received
    assert.equal(request?.method, 'POST')
    assert.equal(request?.token, TOKEN)
    assert.match(request?.headers['content-type'] ?? '', /^application\/json; ?charset=utf-8$/)
    assert.match(request?.target ?? '', /&timestamp=1795507200000&sign=[\w%]+$/)
    assert.equal(JSON.parse(request?.body ?? '').msgUuid, 'uuid-1')
  })

  test('carries a signature that a strict robot takes, and a wrong secret is told', async () => {
    await using standIn = await startStandIn({
      now: () => NOW,
      robots: { strict: { secret: new Secret(SECRET), keywords: ['OCP'] } },
    })
    await using at = await fixture()
    const target = { kind: 'webhook' as const, url: new Secret(standIn.url('strict')) }
    const right = { target, secret: new Secret(SECRET), keywords: ['OCP'] }
    assert.equal((await at.send(at.robot(right))).result, 'ok')
    const wrong = await at.send(at.robot({ ...right, secret: new Secret('SECother') }))
    assert.deepEqual(wrong.outcome, { kind: 'rejected', reason: 'signature' })
    const keyless = await at.send(at.robot({ ...right, keywords: [] }))
    assert.deepEqual(keyless.outcome, { kind: 'rejected', reason: 'keyword' })
    assert.equal(standIn.shown().length, 1)
  })

  test('measures its time by the clock it is given', async () => {
    const instants = [1_000, 1_234]
    const clock: Clock = {
      now: () => new Date(instants.shift() ?? 9_999),
      sleep: (ms, signal) => realClock.sleep(ms, signal),
    }
    await using at = await fixture({ clock })
    assert.equal((await at.send()).durationMs, 234)
  })

  test('after which the clock went back took no time at all', async () => {
    const instants = [9_000, 1_000]
    await using at = await fixture({
      clock: { ...realClock, now: () => new Date(instants.shift() ?? 0) },
    })
    assert.equal((await at.send()).durationMs, 0)
  })

  test('keeps its connection for the next', async () => {
    await using at = await fixture()
    for (let i = 0; i < 3; i += 1) assert.equal((await at.send()).result, 'ok')
    assert.deepEqual(
      at.standIn.received.map((each) => each.connection),
      [1, 1, 1],
    )
  })

  test('survives that the server closed the idle connection', async () => {
    await using at = await fixture()
    for (let i = 0; i < 10; i += 1) {
      assert.equal((await at.send()).result, 'ok')
      await at.standIn.closeIdle()
    }
    assert.equal(at.standIn.shown().length, 10)
  })

  test('goes where the robot leads after its settings have changed', async () => {
    await using at = await fixture()
    await using other = await startStandIn()
    await at.send()
    await at.send(at.robot({ target: { kind: 'webhook', url: new Secret(other.url(TOKEN)) } }))
    await at.send()
    assert.equal(at.standIn.received.length, 2)
    assert.equal(other.received.length, 1)
  })

  test('waits out a slow answer within its time', async () => {
    await using at = await fixture()
    at.standIn.script({ kind: 'delay', ms: 200 })
    assert.equal((await at.send()).result, 'ok')
    assert.equal(at.standIn.shown().length, 1)
  })
})

describe('what the server does instead of answering', () => {
  const ROWS: [string, Step, object][] = [
    ['never answers', { kind: 'hang' }, retryable('timeout', true)],
    ['drips its body', { kind: 'drip', everyMs: 20 }, retryable('timeout', true)],
    ['resets before it answers', { kind: 'reset' }, retryable('network', true)],
    ['closes before it answers', { kind: 'end' }, retryable('network', true)],
    ['closes in the middle of the body', { kind: 'cut', by: 'end' }, retryable('network', true)],
    ['resets in the middle of the body', { kind: 'cut', by: 'reset' }, retryable('network', true)],
    [
      'talks something else',
      { kind: 'garbage', bytes: 'SSH-2.0-x\r\n' },
      retryable('unreadable', true),
    ],
    ['never stops talking', { kind: 'endless' }, retryable('unreadable', true)],
  ]
  for (const [name, step, outcome] of ROWS)
    test(`${name}: tried again, as it may have taken the message`, async () => {
      await using at = await fixture()
      at.standIn.script({ ...step, ...('taken' in step && { taken: true }) })
      const timeoutMs = step.kind === 'hang' || step.kind === 'drip' ? SHORT_MS : PLENTY_MS
      const attempt = await at.send(at.robot({ timeoutMs }))
      assert.deepEqual(attempt.outcome, outcome)
      assert.equal(attempt.httpStatus, undefined)
      assert.equal(attempt.errcode, undefined)
      assert.ok((attempt.errmsg ?? '').length > 0)
      // The next one goes over a new connection.
      assert.equal((await at.send()).result, 'ok')
      assert.deepEqual(
        at.standIn.received.map((each) => each.connection),
        [1, 2],
      )
    })

  test('the same body again after a lost reply is shown once', async () => {
    await using at = await fixture()
    at.standIn.script({ kind: 'reset', taken: true })
    const body = JSON.stringify({ msgtype: 'text', msgUuid: 'same', text: { content: 'x' } })
    assert.equal((await at.notifier.send(at.robot(), body, NOW)).result, 'network')
    assert.equal((await at.notifier.send(at.robot(), body, NOW)).result, 'ok')
    assert.equal(at.standIn.shown().length, 1)
    assert.equal(at.standIn.received.length, 2)
  })

  test('a kept connection that went dead counts as reached, and is not used again', async () => {
    await using at = await fixture()
    await at.send()
    at.standIn.script({ kind: 'hang' })
    const attempt = await at.send(at.robot({ timeoutMs: SHORT_MS }))
    assert.deepEqual(attempt.outcome, retryable('timeout', true))
    assert.equal((await at.send()).result, 'ok')
    assert.deepEqual(
      at.standIn.received.map((each) => each.connection),
      [1, 1, 2],
    )
  })

  test('the clock alone says when the time is up', async () => {
    const up = Promise.withResolvers<void>()
    const asked: number[] = []
    const clock: Clock = {
      now: () => NOW,
      sleep: (ms) => {
        asked.push(ms)
        return up.promise
      },
    }
    await using at = await fixture({ clock })
    at.standIn.script({ kind: 'hang' })
    const sending = at.send()
    await at.standIn.arrived(1)
    up.resolve()
    assert.equal((await sending).result, 'timeout')
    assert.deepEqual(asked, [PLENTY_MS])
  })

  test('closing the notifier ends what is under way', async () => {
    await using at = await fixture()
    at.standIn.script({ kind: 'hang' })
    const sending = at.send()
    await at.standIn.arrived(1)
    await at.notifier.close()
    assert.deepEqual((await sending).outcome, retryable('network', true))
  })
})

describe('replies over the wire', () => {
  test('a redirect is not followed, so that the token goes nowhere else', async () => {
    await using at = await fixture()
    await using other = await startStandIn()
    for (const status of [301, 302, 303, 307, 308]) {
      at.standIn.script({ kind: 'reply', status, headers: { location: other.url(TOKEN) } })
      assert.deepEqual((await at.send()).outcome, { kind: 'rejected', reason: 'redirect' })
    }
    assert.equal(other.received.length, 0)
    assert.equal(at.standIn.received.length, 5)
  })

  test('a page of a gateway with a failing status is tried again', async () => {
    await using at = await fixture()
    for (const status of [500, 502, 503, 504]) {
      at.standIn.script({ kind: 'reply', status, body: '<html>Bad gateway</html>' })
      const attempt = await at.send()
      assert.deepEqual(attempt.outcome, retryable('server_error', true))
      assert.equal(attempt.httpStatus, status)
    }
  })

  test('a login page with HTTP 200 is no success', async () => {
    await using at = await fixture()
    at.standIn.script({ kind: 'reply', body: '<html>Please sign in</html>' })
    assert.deepEqual((await at.send()).outcome, retryable('unreadable', true))
  })

  test('a page that repeats the signed address gives no secret away', async () => {
    await using at = await fixture()
    const robot = at.robot({ secret: new Secret(SECRET) })
    await at.send(robot)
    const target = at.standIn.received[0]?.target ?? ''
    const sign = new URL(target, 'http://x').searchParams.get('sign') ?? ''
    const body = `no ${target} ${decodeURIComponent(target)} for ${TOKEN} ${SECRET}`
    at.standIn.script({ kind: 'reply', status: 400, body })
    const { errmsg = '' } = await at.send(robot)
    assert.ok(!errmsg.includes(sign) && !errmsg.includes(encodeURIComponent(sign)), errmsg)
    assert.match(errmsg, /^no .*robot\/send/)
  })

  test('one too many is throttled by the rules of DingTalk', async () => {
    await using at = await fixture()
    const results: string[] = []
    for (let i = 0; i < 21; i += 1) results.push((await at.send()).result)
    assert.deepEqual(results, [...Array<string>(20).fill('ok'), 'throttled'])
  })

  test('a large but bounded body is read to its end', async () => {
    await using at = await fixture()
    const body = JSON.stringify({ errcode: 0, errmsg: 'ok', more: 'x'.repeat(200_000) })
    at.standIn.script({ kind: 'reply', body })
    assert.equal((await at.send()).result, 'ok')
  })
})

describe('what never gets through', () => {
  test('a refused connection has not reached DingTalk', async () => {
    await using at = await fixture()
    const { origin } = at.standIn
    await at.standIn.close()
    const attempt = await at.send(at.robot(webhook(origin)))
    assert.deepEqual(attempt.outcome, retryable('network', false))
    assert.match(attempt.errmsg ?? '', /ECONNREFUSED/)
  })

  test('an address that nobody answers for ends with the robot’s time at the latest', async () => {
    await using at = await fixture()
    // TEST-NET-1: a black hole, or unreachable at once, as the network here has it.
    const robot = at.robot({ ...webhook('http://192.0.2.1'), timeoutMs: SHORT_MS })
    const { outcome } = await at.send(robot)
    assert.equal(outcome.kind, 'retryable')
    assert.equal(outcome.kind === 'retryable' && outcome.reached, false)
  })

  test('a webhook that is no URL is told without repeating it', async () => {
    await using at = await fixture()
    const url = new Secret(`dingtalk ${TOKEN}`)
    const attempt = await at.send(at.robot({ target: { kind: 'webhook', url } }))
    assert.deepEqual(attempt.outcome, retryable('network', false))
    assert.match(attempt.errmsg ?? '', /not a URL/)
  })

  const ERRORS: [string, string, string][] = [
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND oapi.dingtalk.com', 'network'],
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN oapi.dingtalk.com', 'network'],
    ['EHOSTUNREACH', 'connect EHOSTUNREACH', 'network'],
    ['ENETUNREACH', 'connect ENETUNREACH', 'network'],
    ['ETIMEDOUT', 'connect ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error', 'timeout'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in chain', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'altnames', 'tls'],
    ['EPROTO', 'write EPROTO', 'tls'],
    ['UND_ERR_PRX_TLS', 'Secure Proxy Connection failed', 'proxy'],
    ['UND_ERR_PRX_CONN', 'Proxy Connection failed', 'proxy'],
    ['HPE_INVALID_CONSTANT', 'Expected HTTP/', 'unreadable'],
  ]
  for (const [code, message, reason] of ERRORS)
    test(`${code} is sorted as ${reason}, whether bare, as a cause or among several`, () => {
      const bare = Object.assign(new Error(message), { code })
      for (const error of [
        bare,
        new TypeError('failed', { cause: bare }),
        new AggregateError([bare, new Error('other')], ''),
        new Error('outer', { cause: new AggregateError([bare]) }),
      ]) {
        const verdict = verdictOnFailure(error, { reached: false })
        assert.deepEqual(verdict.outcome, retryable(reason, false))
        assert.equal(verdict.result, reason)
        assert.ok(verdict.errmsg?.includes(code), verdict.errmsg)
      }
    })

  test('whatever is thrown becomes a value', () => {
    for (const thrown of [undefined, null, 'text', 7, {}, new Error(''), new AggregateError([])])
      assert.equal(verdictOnFailure(thrown, { reached: true }).result, 'network')
  })
})

describe('TLS', () => {
  test('of a certificate that this machine trusts is used', async () => {
    const tls = pem('trusted')
    setDefaultCACertificates([...getCACertificates('default'), tls.cert])
    await using at = await fixture({ tls })
    assert.equal((await at.send()).result, 'ok')
    assert.equal((await at.send()).result, 'ok')
    assert.equal(at.standIn.received.at(-1)?.connection, 1)
  })

  test('of a stranger is refused before anything is sent', async () => {
    await using at = await fixture({ tls: pem('stranger') })
    const attempt = await at.send()
    assert.deepEqual(attempt.outcome, retryable('tls', false))
    assert.match(attempt.errmsg ?? '', /DEPTH_ZERO_SELF_SIGNED_CERT/)
    assert.equal(at.standIn.received.length, 0)
  })

  test('of another name is refused before anything is sent', async () => {
    const tls = pem('wrong-name')
    setDefaultCACertificates([...getCACertificates('default'), tls.cert])
    await using at = await fixture({ tls })
    const attempt = await at.send()
    assert.deepEqual(attempt.outcome, retryable('tls', false))
    assert.match(attempt.errmsg ?? '', /ERR_TLS_CERT_ALTNAME_INVALID/)
    assert.equal(at.standIn.received.length, 0)
  })

  test('to a port that talks plain HTTP fails', async () => {
    await using at = await fixture()
    const attempt = await at.send(at.robot(webhook(`https://127.0.0.1:${at.standIn.port}`)))
    assert.deepEqual(attempt.outcome, retryable('tls', false))
  })

  test('that is never finished ends with the robot’s time, and reached nobody', async () => {
    await using at = await fixture()
    await using silent = await tcpServer(() => {})
    const robot = at.robot({ ...webhook(`https://127.0.0.1:${silent.port}`), timeoutMs: SHORT_MS })
    assert.deepEqual((await at.send(robot)).outcome, retryable('timeout', false))
  })

  test('that is cut off during the handshake reached nobody', async () => {
    await using at = await fixture()
    await using cutting = await tcpServer((socket) => socket.once('data', () => socket.destroy()))
    const { outcome } = await at.send(at.robot(webhook(`https://127.0.0.1:${cutting.port}`)))
    assert.deepEqual(outcome, retryable('network', false))
  })
})

describe('a robot of the sandbox', () => {
  test('is judged by the same rules without a network', async () => {
    await using at = await fixture()
    const robot = robotNamed('lab', { secret: new Secret(SECRET), keywords: ['OCP'] })
    const attempt = await at.send(robot)
    assert.equal(attempt.result, 'ok')
    assert.equal(attempt.httpStatus, 200)
    const bare = await at.notifier.send(robot, '{}', NOW)
    assert.deepEqual(bare.outcome, { kind: 'rejected', reason: 'request' })
    assert.equal(at.standIn.received.length, 0)
  })

  test('is handed the signed query, the body and the instant', async () => {
    const seen: { query: string; body: string; at: Date }[] = []
    const notifier = notifiers.dingtalk({
      clock: realClock,
      sandbox: (_robot, { query, body }, at) => {
        seen.push({ query: query.toString(), body, at })
        return { status: 200, body: '{"errcode":0}' }
      },
    })
    await notifier.send(robotNamed('a&b', { secret: new Secret(SECRET) }), 'body', NOW)
    await notifier.close()
    assert.match(seen[0]?.query ?? '', /^access_token=a%26b&timestamp=1795507200000&sign=/)
    assert.equal(seen[0]?.body, 'body')
    assert.equal(seen[0]?.at, NOW)
  })

  test('whose stand-in fails does not make the notifier reject', async () => {
    const notifier = createDingtalk({
      clock: realClock,
      sandbox: () => {
        throw new Error('broken')
      },
    })
    const attempt = await notifier.send(robotNamed('lab'), '{}', NOW)
    await notifier.close()
    assert.equal(attempt.outcome.kind, 'retryable')
  })
})
