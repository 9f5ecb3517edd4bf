import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { networksOf } from '../../src/config/networks.ts'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Inlet } from '../../src/model/settings.ts'
import { channelNamed, settingsOf } from '../support/settings.ts'
import { serve } from './serving.ts'

const TEXT = '{"msgtype":"text","text":{"content":"hello"}}'
const OK = '{"errcode":0,"errmsg":"ok"}'
const NOW = Date.parse('2026-11-28T01:00:00Z')
const clock = { now: () => new Date(NOW), sleep: async () => {} }
const AUTH = { auth: [{ kind: 'bearer', token: new Secret('of-alertmanager') } as const] }

/** A server with a channel `ops` without an inlet, and `dba` with the given one. */
function serving(
  inlet: Record<keyof Inlet, string> | Partial<Record<keyof Inlet, string>>,
  rest: object = {},
) {
  const secrets = Object.fromEntries(
    Object.entries(inlet).map(([key, value]) => [key, new Secret(value)]),
  )
  const channels = [channelNamed('ops'), channelNamed('dba', { inlet: secrets })]
  return serve({ settings: { channels: settingsOf({ channels }).channels }, clock, ...rest })
}

const sign = (secret: string, timestamp: number | string): string =>
  createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64')

const signed = (secret: string, atMs: number): string =>
  `timestamp=${atMs}&sign=${encodeURIComponent(sign(secret, atMs))}`

interface Reply {
  status: number
  text: string
}

function refusedAs({ status, text }: Reply, wanted: { status: number; errcode: number }): string {
  const { errcode, errmsg } = JSON.parse(text)
  assert.deepEqual({ status, errcode }, wanted, text)
  assert.notEqual(errmsg, 'ok')
  return errmsg
}

describe('the access token at /robot/send', () => {
  test('is the name of a channel without an inlet token', async () => {
    await using server = await serving({ token: 'of-dba' })
    const reply = await server.post('/robot/send?access_token=ops', {}, TEXT)
    assert.deepEqual([reply.status, reply.text], [200, OK])
    assert.deepEqual(
      server.accepted.map(({ source, channel }) => [source, channel]),
      [['chat', 'ops']],
    )
  })

  test('is the inlet token of a channel that has one, whose name is then refused', async () => {
    await using server = await serving({ token: 'of-dba' })
    assert.equal((await server.post('/robot/send?access_token=of-dba', {}, TEXT)).text, OK)
    assert.equal(server.accepted[0]?.channel, 'dba')
    for (const query of ['?access_token=dba', '?access_token=of-db', '?access_token=OF-DBA'])
      refusedAs(await server.post(`/robot/send${query}`, {}, TEXT), {
        status: 404,
        errcode: 300005,
      })
    assert.equal(server.accepted.length, 1)
  })

  test('that is missing or empty is refused', async () => {
    await using server = await serving({})
    for (const query of ['', '?', '?access_token=', '?access_token=%20', '?token=ops'])
      refusedAs(await server.post(`/robot/send${query}`, {}, TEXT), {
        status: 401,
        errcode: 300005,
      })
    assert.equal(server.accepted.length, 0)
  })

  test('applies the routes if it is auto and routes are configured', async () => {
    const routes = [{ matchers: [], channels: ['ops'] }]
    await using server = await serve({ settings: { routes } })
    assert.equal((await server.post('/robot/send?access_token=auto', {}, TEXT)).text, OK)
    await using other = await serving({})
    assert.equal((await other.post('/robot/send?access_token=auto', {}, TEXT)).status, 404)
  })

  test('may be any text if no configuration defines channels', async () => {
    await using server = await serve({ settings: { onlyChannel: 'ops' } })
    const secret = 'f00dfacef00dfacef00dfacef00dface'
    assert.equal((await server.post(`/robot/send?access_token=${secret}`, {}, TEXT)).text, OK)
    assert.equal(server.accepted[0]?.channel, 'ops')
    assert.ok(!JSON.stringify(server.logged).includes(secret))
  })

  test('is a credential if it is an inlet token, but not if it is a name', async () => {
    await using server = await serving({ token: 'of-dba' }, { access: AUTH })
    assert.equal((await server.post('/robot/send?access_token=of-dba', {}, TEXT)).text, OK)
    for (const token of ['ops', 'dba', 'nothing'])
      refusedAs(await server.post(`/robot/send?access_token=${token}`, {}, TEXT), {
        status: 401,
        errcode: 300005,
      })
    const headers = { Authorization: 'Bearer of-alertmanager' }
    assert.equal((await server.post('/robot/send?access_token=ops', headers, TEXT)).text, OK)
    assert.equal((await server.post('/alertmanager/dba', {}, TEXT)).status, 401)
  })

  test('that is wrong appears neither in the reply nor in the log', async () => {
    await using server = await serving({ token: 'of-dba' }, { access: AUTH })
    const secret = 'f00dfacef00dfacef00dfacef00dface'
    const reply = await server.post(`/robot/send?access_token=${secret}`, {}, TEXT)
    assert.ok(!reply.text.includes(secret))
    assert.ok(!JSON.stringify(server.logged).includes(secret))
    assert.equal(server.logged.length, 1)
  })

  test('is checked after the address of the sender', async () => {
    const access = { allowFrom: networksOf(['192.0.2.0/24']) }
    await using server = await serving({ token: 'of-dba' }, { access })
    const words = refusedAs(await server.post('/robot/send?access_token=of-dba', {}, TEXT), {
      status: 403,
      errcode: 310000,
    })
    assert.match(words, /not in whitelist.*127\.0\.0\.1/)
  })

  test('does not let the page of another site post', async () => {
    await using server = await serving({ token: 'of-dba' })
    const headers = { Origin: 'http://evil.example', 'Content-Type': 'text/plain' }
    for (const token of ['ops', 'of-dba'])
      assert.equal(
        (await server.post(`/robot/send?access_token=${token}`, headers, TEXT)).status,
        403,
      )
  })
})

describe('the signature at /robot/send', () => {
  const SECRET = 'SECtest'
  const path = '/robot/send?access_token=dba&'

  test('is accepted if it is right, up to an hour before and after', async () => {
    await using server = await serving({ secret: SECRET })
    for (const atMs of [NOW, NOW - 3_600_000, NOW + 3_600_000])
      assert.equal((await server.post(path + signed(SECRET, atMs), {}, TEXT)).text, OK)
    for (const atMs of [NOW - 3_600_001, NOW + 3_600_001, 0]) {
      const reply = await server.post(path + signed(SECRET, atMs), {}, TEXT)
      assert.match(refusedAs(reply, { status: 401, errcode: 310000 }), /^invalid timestamp/)
    }
  })

  test('is accepted from independent implementations', async () => {
    // DingTalk's own example of an instant and a secret, signed by Python's hmac.
    const at = { now: () => new Date(1_700_000_000_001), sleep: async () => {} }
    await using server = await serving({ secret: SECRET }, { clock: at })
    const query =
      'timestamp=1700000000001&sign=r4CWp%2FDz%2BNg0sbTjH1vB0Fr%2BuQ2fn831mssaN6%2FC05I%3D'
    assert.equal((await server.post(path + query, {}, TEXT)).text, OK)
    // Bare `+`, and encoded twice, as some clients do.
    const bare = 'timestamp=1700000000001&sign=r4CWp/Dz+Ng0sbTjH1vB0Fr+uQ2fn831mssaN6/C05I='
    assert.equal((await server.post(path + bare, {}, TEXT)).text, OK)
    const twice = `timestamp=1700000000001&sign=${encodeURIComponent(encodeURIComponent(sign(SECRET, 1700000000001)))}`
    assert.equal((await server.post(path + twice, {}, TEXT)).text, OK)
  })

  test('that is wrong, missing, stale or of another secret is refused', async () => {
    await using server = await serving({ secret: SECRET })
    for (const query of [
      '',
      `timestamp=${NOW}`,
      `sign=${encodeURIComponent(sign(SECRET, NOW))}`,
      signed('SECother', NOW),
      `timestamp=${NOW}&sign=`,
      `timestamp=${NOW}&sign=AAAA`,
      `timestamp=${NOW}&sign=%`,
      `timestamp=${NOW}&sign=${'A'.repeat(10_000)}`,
      `timestamp=${Math.round(NOW / 1000)}&sign=${encodeURIComponent(sign(SECRET, NOW))}`,
      `timestamp=NaN&sign=${encodeURIComponent(sign(SECRET, 'NaN'))}`,
      `timestamp=1e12&sign=${encodeURIComponent(sign(SECRET, '1e12'))}`,
      `timestamp=-1&sign=${encodeURIComponent(sign(SECRET, '-1'))}`,
    ])
      refusedAs(await server.post(path + query, {}, TEXT), { status: 401, errcode: 310000 })
    assert.equal(server.accepted.length, 0)
  })

  test('may be appended to an earlier one', async () => {
    await using server = await serving({ secret: SECRET })
    const query = `${signed(SECRET, NOW - 9_000_000)}&${signed(SECRET, NOW)}`
    assert.equal((await server.post(path + query, {}, TEXT)).text, OK)
  })

  test('is required beside the token, with or without auth', async () => {
    for (const access of [{}, AUTH]) {
      await using server = await serving({ token: 'of-dba', secret: SECRET }, { access })
      const at = '/robot/send?access_token=of-dba'
      refusedAs(await server.post(at, {}, TEXT), { status: 401, errcode: 310000 })
      assert.equal((await server.post(`${at}&${signed(SECRET, NOW)}`, {}, TEXT)).text, OK)
    }
  })
})

describe('a refusal at /robot/send', () => {
  test('has our HTTP status and DingTalk’s errcode', async () => {
    const cases: [ErrorCode, number, number, RegExp][] = [
      ['bad_payload', 400, 40035, /不合法的参数/],
      ['unknown_channel', 404, 300005, /token is not exist/],
      ['too_large', 413, 460101, /message too long/],
      ['store_unavailable', 503, -1, /系统繁忙/],
      ['overloaded', 503, -1, /系统繁忙/],
      ['shutting_down', 503, -1, /系统繁忙/],
    ]
    for (const [code, status, errcode, words] of cases) {
      const accept = async () => {
        throw new AppError(code, 'because')
      }
      await using server = await serving({}, { deps: { accept } })
      const reply = await server.post('/robot/send?access_token=ops', {}, TEXT)
      assert.match(refusedAs(reply, { status, errcode }), words)
      assert.equal(reply.headers.get('retry-after'), status === 503 ? '10' : null)
    }
  })

  test('for an unexpected error reveals no details', async () => {
    const accept = async () => {
      throw new TypeError('secret of the inside')
    }
    await using server = await serving({}, { deps: { accept } })
    const reply = await server.post('/robot/send?access_token=ops', {}, TEXT)
    const words = refusedAs(reply, { status: 500, errcode: -1 })
    assert.ok(!words.includes('secret'))
  })

  test('of another method names the allowed ones', async () => {
    await using server = await serving({})
    const reply = await server.ask('/robot/send?access_token=ops')
    refusedAs(reply, { status: 405, errcode: 43002 })
    assert.equal(reply.headers.get('allow'), 'POST, PUT')
  })

  test('is counted under its source', async () => {
    await using server = await serving({})
    await server.post('/robot/send?access_token=ops', {}, TEXT)
    await server.post('/robot/send?access_token=nobody', {}, TEXT)
    const { text } = await server.ask('/metrics')
    assert.match(text, /requests_total\{source="chat",code="200"\} 1\n/)
    assert.match(text, /requests_total\{source="chat",code="404"\} 1\n/)
  })
})

describe('an address', () => {
  test('is accepted with doubled and trailing slashes, and with & for ?', async () => {
    await using server = await serving({ secret: 'SECtest' })
    const { accepted } = server
    const taken: [path: string, source: string, channel: string][] = [
      ['//robot//send/?access_token=ops', 'chat', 'ops'],
      ['/robot/send&access_token=ops', 'chat', 'ops'],
      [`/robot/send&access_token=dba&${signed('SECtest', NOW)}`, 'chat', 'dba'],
      [`/robot/send&${signed('SECtest', NOW)}?access_token=dba`, 'chat', 'dba'],
      ['/alertmanager/ops/', 'alertmanager', 'ops'],
      ['//alertmanager///ops', 'alertmanager', 'ops'],
      ['/dingtalk/ops/send/', 'alertmanager', 'ops'],
      ['/dingtalk/ops/send&timestamp=1&sign=2', 'alertmanager', 'ops'],
      ['/ocp//ops//', 'ocp', 'ops'],
    ]
    for (const [path, source, channel] of taken) {
      assert.equal((await server.post(path, {}, TEXT)).text, OK, path)
      assert.deepEqual([accepted.at(-1)?.source, accepted.at(-1)?.channel], [source, channel])
    }
  })

  test('may be used with PUT instead of POST on all receiving routes', async () => {
    await using server = await serving({})
    for (const path of [
      '/alertmanager/ops',
      '/dingtalk/ops/send',
      '/ocp/ops',
      '/robot/send?access_token=ops',
    ]) {
      const reply = await server.ask(path, { method: 'PUT', body: TEXT })
      assert.deepEqual([reply.status, reply.text], [200, OK], path)
    }
  })
})
