import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { type Clock, realClock } from '../../../src/clock.ts'
import { Secret } from '../../../src/model/secret.ts'
import { createDingtalk } from '../../../src/notifiers/dingtalk/index.ts'
import { SandboxGroup } from '../../../src/sandbox/group.ts'
import { type Step, startStandIn } from '../../support/dingtalk-stand-in.ts'
import { robotNamed } from '../../support/settings.ts'
import { fixture, NOW, PLENTY_MS, retryable, SECRET, SHORT_MS, TOKEN } from '../posting.ts'

describe('a post', () => {
  test('has the form that DingTalk requires: JSON in UTF-8, token and signature in the query', async () => {
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

  test('has a signature that a strict robot accepts; a wrong secret is reported', async () => {
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

  test('rejected for a missing keyword names the key to set, and earlier messages that passed', async () => {
    let said = { errcode: 0, errmsg: 'ok' }
    const notifier = createDingtalk({
      clock: realClock,
      sandbox: () => ({ status: 200, body: JSON.stringify(said) }),
    })
    const wordsOf = async (name: string): Promise<string> =>
      (await notifier.send(robotNamed(name), '{}', NOW)).explanation ?? ''
    await wordsOf('lucky')
    said = { errcode: 310000, errmsg: 'keywords not in content' }
    assert.match(await wordsOf('lucky'), /robots\.lucky\.keywords\. Earlier messages passed/)
    assert.match(await wordsOf('fresh'), /robots\.fresh\.keywords\.$/)
    await notifier.close()
  })

  test('measures its duration with the given clock', async () => {
    const instants = [1_000, 1_234]
    const clock: Clock = {
      now: () => new Date(instants.shift() ?? 9_999),
      sleep: (ms, signal) => realClock.sleep(ms, signal),
    }
    await using at = await fixture({ clock })
    assert.equal((await at.send()).durationMs, 234)
  })

  test('has duration 0 if the clock went back', async () => {
    const instants = [9_000, 1_000]
    await using at = await fixture({
      clock: { ...realClock, now: () => new Date(instants.shift() ?? 0) },
    })
    assert.equal((await at.send()).durationMs, 0)
  })

  test('keeps its connection for the next one', async () => {
    await using at = await fixture()
    for (let i = 0; i < 3; i += 1) assert.equal((await at.send()).result, 'ok')
    assert.deepEqual(
      at.standIn.received.map((each) => each.connection),
      [1, 1, 1],
    )
  })

  test('succeeds after the server closed the idle connection', async () => {
    await using at = await fixture()
    for (let i = 0; i < 10; i += 1) {
      assert.equal((await at.send()).result, 'ok')
      await at.standIn.closeIdle()
    }
    assert.equal(at.standIn.shown().length, 10)
  })

  test("uses the new address after the robot's settings have changed", async () => {
    await using at = await fixture()
    await using other = await startStandIn()
    await at.send()
    await at.send(at.robot({ target: { kind: 'webhook', url: new Secret(other.url(TOKEN)) } }))
    await at.send()
    assert.equal(at.standIn.received.length, 2)
    assert.equal(other.received.length, 1)
  })

  test('waits for a slow reply within its time', async () => {
    await using at = await fixture()
    at.standIn.script({ kind: 'delay', ms: 200 })
    assert.equal((await at.send()).result, 'ok')
    assert.equal(at.standIn.shown().length, 1)
  })
})

describe('a server that fails to answer', () => {
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
      retryable('unreadable', true, true),
    ],
    ['never stops talking', { kind: 'endless' }, retryable('unreadable', true, true)],
  ]
  for (const [name, step, outcome] of ROWS)
    test(`${name}: retried, because it may have processed the message`, async () => {
      await using at = await fixture()
      at.standIn.script(step)
      const timeoutMs = step.kind === 'hang' || step.kind === 'drip' ? SHORT_MS : PLENTY_MS
      const attempt = await at.send(at.robot({ timeoutMs }))
      assert.deepEqual(attempt.outcome, outcome)
      assert.equal(attempt.httpStatus, undefined)
      assert.equal(attempt.errcode, undefined)
      assert.ok((attempt.errmsg ?? '').length > 0)
      // The next request uses a new connection.
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

  test('a kept connection that has died counts as reached, and is not reused', async () => {
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

  test('only the given clock ends the wait', async () => {
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

  test('a reply ends the wait before the deadline', async () => {
    const signals: (AbortSignal | undefined)[] = []
    const clock: Clock = {
      now: () => NOW,
      sleep: (ms, signal) => {
        signals.push(signal)
        return realClock.sleep(ms, signal)
      },
    }
    await using at = await fixture({ clock })
    assert.equal((await at.send()).result, 'ok')
    assert.deepEqual(
      signals.map((signal) => signal?.aborted),
      [true],
    )
  })

  test('closing the notifier ends requests in progress', async () => {
    await using at = await fixture()
    at.standIn.script({ kind: 'hang' })
    const sending = at.send()
    await at.standIn.arrived(1)
    await at.notifier.close()
    assert.deepEqual((await sending).outcome, retryable('network', true))
  })
})

describe('replies over the network', () => {
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

  test('an HTML page of a gateway with a failing status is retried', async () => {
    await using at = await fixture()
    for (const status of [500, 502, 503, 504]) {
      at.standIn.script({ kind: 'reply', status, body: '<html>Bad gateway</html>' })
      const attempt = await at.send()
      assert.deepEqual(attempt.outcome, retryable('server_error', true))
      assert.equal(attempt.httpStatus, status)
    }
  })

  test('a login page with HTTP 200 is not a success', async () => {
    await using at = await fixture()
    at.standIn.script({ kind: 'reply', body: '<html>Please sign in</html>' })
    assert.deepEqual((await at.send()).outcome, retryable('unreadable', true, true))
  })

  test('a page that quotes the signed address reveals no secret', async () => {
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

  test('a repeat refused by DingTalk counts as delivered', async () => {
    await using at = await fixture({ group: { repeats: 'refused' } })
    at.standIn.script({ kind: 'reset', taken: true })
    const body = JSON.stringify({ msgtype: 'text', msgUuid: 'same', text: { content: 'x' } })
    assert.equal((await at.notifier.send(at.robot(), body, NOW)).result, 'network')
    const attempt = await at.notifier.send(at.robot(), body, NOW)
    assert.deepEqual(attempt.outcome, { kind: 'delivered' })
    assert.equal(at.standIn.shown().length, 1)
  })

  test('a throttle reply is for the robot or for the address, depending on its form', async () => {
    for (const [throttled, scope] of [
      ['code', 'robot'],
      ['mixed', 'robot'],
      ['address', 'address'],
    ] as const) {
      await using at = await fixture({ group: { throttled, encoding: 'gzip' } })
      at.standIn.group.throttle(TOKEN, new Date(NOW.getTime() + 1_000))
      assert.deepEqual((await at.send()).outcome, { kind: 'throttled', scope })
    }
  })

  test('the call after the limit is throttled, as at DingTalk', async () => {
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

describe('a compressed reply', () => {
  const OK = '{"errcode":0,"errmsg":"ok"}'
  const PACKED: [string, Buffer][] = [
    ['gzip', gzipSync(OK)],
    ['GZIP', gzipSync(OK)],
    ['x-gzip', gzipSync(OK)],
    ['deflate', deflateSync(OK)],
    ['deflate', deflateRawSync(OK)],
    ['br', brotliCompressSync(OK)],
    ['zstd', zstdCompressSync(OK)],
    ['identity', Buffer.from(OK)],
    ['gzip, br', brotliCompressSync(gzipSync(OK))],
  ]
  for (const [encoding, body] of PACKED)
    test(`in ${encoding} is read, although identity was requested`, async () => {
      await using at = await fixture()
      at.standIn.script({ kind: 'reply', headers: { 'content-encoding': encoding }, body })
      const attempt = await at.send()
      assert.deepEqual([attempt.result, attempt.errmsg], ['ok', 'ok'])
      assert.equal(at.standIn.received[0]?.headers['accept-encoding'], 'identity')
    })

  test('is classified like any other', async () => {
    await using at = await fixture()
    const body = gzipSync('{"errcode":300005,"errmsg":"token is not exist"}')
    at.standIn.script({ kind: 'reply', headers: { 'content-encoding': 'gzip' }, body })
    assert.equal((await at.send()).result, 'token')
  })

  test('that expands beyond MAX_REPLY_BYTES is not read to its end', async () => {
    await using at = await fixture()
    for (const body of [
      gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')),
      gzipSync(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))),
    ]) {
      const encoding = body.length < 1_000 ? 'gzip, gzip' : 'gzip'
      at.standIn.script({ kind: 'reply', headers: { 'content-encoding': encoding }, body })
      const attempt = await at.send()
      assert.deepEqual(attempt.outcome, retryable('unreadable', true, true))
      assert.match(attempt.errmsg ?? '', /longer than/)
    }
  })

  test('that cannot be decompressed is classified by its status, and may have been a success', async () => {
    await using at = await fixture()
    for (const [encoding, body] of [
      ['gzip', OK.slice(2)],
      ['gzip', gzipSync(OK).subarray(0, 12)],
      ['compress', Buffer.from([0x1f, 0x9d, 0x90])],
      [Array(20).fill('gzip').join(), gzipSync(OK)],
    ] as const) {
      const headers = { 'content-encoding': encoding }
      at.standIn.script(
        { kind: 'reply', headers, body },
        { kind: 'reply', status: 502, headers, body },
      )
      const attempt = await at.send()
      assert.deepEqual(attempt.outcome, retryable('unreadable', true, true))
      assert.equal(attempt.httpStatus, 200)
      assert.equal((await at.send()).result, 'server_error')
    }
  })

  test('of a sandbox is read without a network', async () => {
    for (const encoding of ['gzip', 'deflate', 'br'] as const) {
      const group = new SandboxGroup({ encoding })
      const notifier = createDingtalk({
        clock: realClock,
        sandbox: (robot, request, now) => group.receive(robot, request, now),
      })
      const body = JSON.stringify({ msgtype: 'text', text: { content: 'x' } })
      assert.equal((await notifier.send(robotNamed('lab'), body, NOW)).result, 'ok')
      await notifier.close()
    }
  })
})

describe('a sandbox robot', () => {
  test('is classified by the same rules, without a network', async () => {
    await using at = await fixture()
    const robot = robotNamed('lab', { secret: new Secret(SECRET), keywords: ['OCP'] })
    const attempt = await at.send(robot)
    assert.equal(attempt.result, 'ok')
    assert.equal(attempt.httpStatus, 200)
    const bare = await at.notifier.send(robot, '{}', NOW)
    assert.deepEqual(bare.outcome, { kind: 'rejected', reason: 'request' })
    assert.equal(at.standIn.received.length, 0)
  })

  test('receives the signed query, the body and the time', async () => {
    const seen: { query: string; body: string; at: Date }[] = []
    const notifier = createDingtalk({
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

  test('with a failing sandbox does not make the notifier reject', async () => {
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
