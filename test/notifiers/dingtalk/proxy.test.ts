import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { realClock } from '../../../src/clock.ts'
import { NO_MENTION } from '../../../src/model/alert.ts'
import type { Attempt, Outcome } from '../../../src/model/message.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createDingtalk } from '../../../src/notifiers/dingtalk/index.ts'
import { type BadProxy, type Behaviour, startBadProxy } from '../../support/bad-proxy.ts'
import { type StandIn, startStandIn } from '../../support/dingtalk-stand-in.ts'
import { robotNamed } from '../../support/settings.ts'

const TOKEN = 'canary-token-0123456789'
const PASSWORD = 'canary p@ss:%'
const NOW = new Date('2026-11-24T08:00:00Z')
const PLENTY_MS = 20_000
const SHORT_MS = 300

/** A made-up name for which the certificate is issued; only the proxy can reach it. */
const HOST = 'oapi.dingtalk.example'

const TRUSTED = {
  cert: readFileSync(new URL('../fixtures/trusted.crt', import.meta.url), 'utf8'),
  key: readFileSync(new URL('../fixtures/trusted.key', import.meta.url), 'utf8'),
}
setDefaultCACertificates([...getCACertificates('default'), TRUSTED.cert])

interface Fixture extends AsyncDisposable {
  standIn: StandIn
  proxy: BadProxy
  send: (options?: { timeoutMs?: number; proxy?: string }) => Promise<Attempt>
}

async function fixture(
  scheme: 'http' | 'https',
  behaviour: Behaviour = { kind: 'ok' },
): Promise<Fixture> {
  const standIn = await startStandIn({
    now: () => NOW,
    ...(scheme === 'https' && { tls: TRUSTED }),
  })
  const proxy = await startBadProxy(behaviour, {
    connectTo: { host: '127.0.0.1', port: standIn.port },
  })
  const notifier = createDingtalk({
    clock: realClock,
    sandbox: () => ({ status: 500, body: 'not for this test' }),
  })
  const send: Fixture['send'] = async ({ timeoutMs = PLENTY_MS, proxy: url = proxy.url } = {}) => {
    const webhook = `${scheme}://${HOST}/robot/send?access_token=${TOKEN}`
    const robot = robotNamed('ops-1', {
      target: { kind: 'webhook', url: new Secret(webhook) },
      secret: new Secret('SECcanary'),
      proxy: new Secret(url),
      timeoutMs,
    })
    const content = { format: 'text' as const, title: 'T', text: 't', mention: NO_MENTION }
    const body = notifier.compose({ ...content, link: undefined }, [robot], 'uuid-1')
    const attempt = await notifier.send(robot, body, NOW)
    const told = JSON.stringify(attempt)
    assert.ok(!/canary/i.test(told) && !told.includes(base64(`ops:${PASSWORD}`)), told)
    return attempt
  }
  return {
    standIn,
    proxy,
    send,
    async [Symbol.asyncDispose]() {
      await notifier.close()
      await proxy.close()
      await standIn.close()
    },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function retryable(
  reason: Extract<Outcome, { kind: 'retryable' }>['reason'],
  { reached, bounded = false }: { reached: boolean; bounded?: boolean },
): Outcome {
  return { kind: 'retryable', reason, reached, bounded }
}

describe('a robot with a proxy', () => {
  test('an https webhook goes through a tunnel, in which the proxy sees no token', async () => {
    await using at = await fixture('https')
    assert.equal((await at.send()).result, 'ok')
    assert.equal((await at.send()).result, 'ok')
    assert.deepEqual(
      at.proxy.asked.map(({ method, target }) => [method, target]),
      [['CONNECT', `${HOST}:443`]],
    )
    assert.equal(at.standIn.received[0]?.token, TOKEN)
    assert.equal(at.standIn.received[0]?.headers.host, HOST)
  })

  test('an http webhook is requested in absolute form, for proxies without CONNECT', async () => {
    await using at = await fixture('http')
    assert.equal((await at.send()).result, 'ok')
    const [asked] = at.proxy.asked
    assert.equal(asked?.method, 'POST')
    assert.match(
      asked?.target ?? '',
      new RegExp(`^http://${HOST}/robot/send\\?access_token=${TOKEN}&timestamp=\\d+&sign=[\\w%]+$`),
    )
    assert.equal(asked?.headers.host, HOST)
    assert.equal(at.standIn.shown().length, 1)
  })

  for (const scheme of ['http', 'https'] as const) {
    test(`sends the password to the proxy and not to the webhook (${scheme})`, async () => {
      const wanted: Behaviour = { kind: 'password', user: 'ops', password: PASSWORD }
      await using at = await fixture(scheme, wanted)
      const [host, port] = at.proxy.host.split(':')
      const proxy = `http://ops:${encodeURIComponent(PASSWORD)}@${host}:${port}`
      assert.equal((await at.send({ proxy })).result, 'ok')
      assert.equal(
        at.proxy.asked[0]?.headers['proxy-authorization'],
        `Basic ${base64(`ops:${PASSWORD}`)}`,
      )
      assert.equal(at.standIn.received[0]?.headers['proxy-authorization'], undefined)
    })

    test(`without the right password, the message has not reached DingTalk (${scheme})`, async () => {
      await using at = await fixture(scheme, { kind: 'password', user: 'ops', password: 'x' })
      const attempt = await at.send({ proxy: at.proxy.url.replace('//', '//ops:canary@') })
      assert.deepEqual(attempt.outcome, retryable('proxy', { reached: false }))
      assert.match(attempt.errmsg ?? '', /407/)
      assert.match(attempt.explanation, /password/)
      assert.equal(at.standIn.received.length, 0)
      at.proxy.behave({ kind: 'ok' })
      assert.equal((await at.send()).result, 'ok')
    })

    test(`a proxy that is down, or that resets the connection, is classified (${scheme})`, async () => {
      await using at = await fixture(scheme, { kind: 'reset' })
      const reset = await at.send()
      // A proxy that read a request in absolute form may have forwarded it.
      const reached = scheme === 'http'
      assert.ok(reset.outcome.kind === 'retryable' && reset.outcome.reached === reached)
      await at.proxy.close()
      const down = await at.send()
      assert.deepEqual(down.outcome, retryable('network', { reached: false }))
    })

    test(`a silent proxy is given up after the robot's time (${scheme})`, async () => {
      await using at = await fixture(scheme, { kind: 'silence' })
      const attempt = await at.send({ timeoutMs: SHORT_MS })
      assert.deepEqual(attempt.outcome, retryable('timeout', { reached: scheme === 'http' }))
      at.proxy.behave({ kind: 'ok' })
      assert.equal((await at.send()).result, 'ok')
    })
  }

  test('if the proxy refuses the tunnel, the message has not reached DingTalk', async () => {
    await using at = await fixture('https')
    for (const status of [403, 407, 502, 503]) {
      at.proxy.behave({ kind: 'refuse', status })
      const attempt = await at.send()
      assert.deepEqual(attempt.outcome, retryable('proxy', { reached: false }))
      assert.match(attempt.errmsg ?? '', new RegExp(`${status}`))
    }
    assert.equal(at.standIn.received.length, 0)
    at.proxy.behave({ kind: 'ok' })
    assert.equal((await at.send()).result, 'ok')
  })

  test('a refused request in absolute form is classified by its status', async () => {
    await using at = await fixture('http', { kind: 'refuse', status: 403 })
    assert.deepEqual(
      (await at.send()).outcome,
      retryable('proxy', { reached: true, bounded: true }),
    )
    at.proxy.behave({ kind: 'refuse', status: 502 })
    assert.deepEqual((await at.send()).outcome, retryable('server_error', { reached: true }))
  })

  test("a proxy that is silent after opening the tunnel is given up after the robot's time", async () => {
    await using at = await fixture('https', { kind: 'open_then_silence' })
    const attempt = await at.send({ timeoutMs: SHORT_MS })
    assert.deepEqual(attempt.outcome, retryable('timeout', { reached: false }))
  })

  test('if the proxy resets the open tunnel, the message has not reached DingTalk', async () => {
    await using at = await fixture('https', { kind: 'open_then_reset' })
    const { outcome } = await at.send()
    assert.ok(outcome.kind === 'retryable' && !outcome.reached)
  })

  test("a proxy's own page is not a success", async () => {
    const page: Behaviour = { kind: 'page', html: '<html>Welcome to the hotel</html>' }
    await using plain = await fixture('http', page)
    assert.deepEqual(
      (await plain.send()).outcome,
      retryable('unreadable', { reached: true, bounded: true }),
    )
    await using tunnel = await fixture('https', page)
    const attempt = await tunnel.send()
    assert.deepEqual(attempt.outcome, retryable('tls', { reached: false }))
  })

  test('the next message uses a proxy that a reload has changed', async () => {
    await using at = await fixture('http')
    await using other = await startBadProxy(
      { kind: 'ok' },
      { connectTo: { host: '127.0.0.1', port: at.standIn.port } },
    )
    await at.send()
    assert.equal((await at.send({ proxy: other.url })).result, 'ok')
    assert.equal(at.proxy.asked.length, 1)
    assert.equal(other.asked.length, 1)
  })
})
