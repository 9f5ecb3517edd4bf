import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { networksOf } from '../../src/config/networks.ts'
import type { Access } from '../../src/model/access.ts'
import { Secret } from '../../src/model/secret.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { serve } from './serving.ts'

const TOKEN = 'the-admin-token'
const WITH_TOKEN: Partial<Access> = { admin: { token: new Secret(TOKEN), protect: new Set() } }
const AS_ADMIN = { Authorization: `Bearer ${TOKEN}` }

const GUARDED: readonly [method: string, path: string][] = [
  ['POST', '/-/reload'],
  ['PUT', '/-/reload'],
  ['GET', '/api/v1/status'],
  ['GET', '/api/v1/messages'],
  ['GET', '/api/v1/messages/1'],
  ['POST', '/api/v1/messages/1/resend'],
  ['POST', '/api/v1/messages/resend'],
  ['POST', '/api/v1/messages/dismiss'],
  ['POST', '/api/v1/robots/ops-1/pause'],
  ['POST', '/api/v1/robots/ops-1/resume'],
  ['GET', '/api/v1/alerts'],
  ['GET', '/api/v1/sandbox'],
  ['POST', '/api/v1/preview'],
  ['POST', '/api/v1/channels/ops/test'],
  ['POST', '/api/v1/robots/ops-1/test'],
  ['GET', '/api/v1/anything/else'],
  ['GET', '/'],
  ['GET', '/messages'],
  ['GET', '/messages/1'],
  ['POST', '/messages/1/resend'],
  ['POST', '/messages/1/dismiss'],
  ['POST', '/messages/actions'],
  ['POST', '/robots/ops-1/pause'],
  ['POST', '/robots/ops-1/resume'],
  ['POST', '/channels/ops/test'],
  ['GET', '/alerts'],
  ['GET', '/playground'],
  ['POST', '/playground'],
  ['GET', '/sandbox'],
  ['POST', '/sandbox'],
  ['GET', '/setup'],
]
const BODY = '{"payload":"x"}'
/** Statuses of a granted request: forms redirect, and the requested message does not exist. */
const DONE = [200, 202, 303, 400, 404]

type Server = Awaited<ReturnType<typeof serve>>

function statusOf(server: Server, headers: Partial<Record<string, string>> = {}) {
  return async ([method, path]: readonly [string, string]): Promise<number> => {
    const body = method === 'GET' ? {} : { body: BODY }
    return (await server.ask(path, { method, headers: headers as Record<string, string>, ...body }))
      .status
  }
}

/** Sends headers that fetch would set itself. */
function asked(server: Server, headers: Record<string, string>, path = '/api/v1/status') {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port: server.port, path, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
      .on('error', reject)
      .end()
  })
}

async function signIn(server: Server, fields: Record<string, string>, headers = {}) {
  return server.ask('/sign-in', { method: 'POST', headers, body: new URLSearchParams(fields) })
}

function cookieOf(reply: { headers: Headers }): string {
  return (reply.headers.get('set-cookie') ?? '').split(';')[0] as string
}

/** Advances the clock until a promise settles. */
async function meanwhile<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  const state = { ended: false }
  const end = (): void => {
    state.ended = true
  }
  promise.then(end, end)
  while (!state.ended) await clock.pass(1_000)
  return promise
}

describe('admin access without a token', () => {
  test('is granted on the machine itself', async () => {
    await using server = await serve()
    for (const each of GUARDED)
      assert.ok(DONE.includes(await statusOf(server)(each)), each.join(' '))
  })

  test('is refused through a local proxy, unless it is trusted and forwards a local client', async () => {
    await using server = await serve()
    for (const headers of [
      { 'X-Forwarded-For': '203.0.113.9' },
      { 'X-Forwarded-For': '127.0.0.1' },
      { Forwarded: 'for=127.0.0.1' },
      { 'X-Real-IP': '127.0.0.1' },
      { Via: '1.1 proxy' },
      { 'X-Forwarded-Server': 'proxy' },
      { 'X-Client-IP': '127.0.0.1' },
      { 'CF-Connecting-IP': '127.0.0.1' },
    ])
      for (const each of GUARDED)
        assert.equal(await statusOf(server, headers)(each), 403, JSON.stringify(headers))
    server.use({ trustedProxies: networksOf(['127.0.0.1', '10.0.0.0/8']) })
    const through = async (forwarded: string): Promise<number> =>
      statusOf(server, { 'X-Forwarded-For': forwarded })(['GET', '/api/v1/status'])
    assert.equal(await through('127.0.0.1'), 200)
    assert.equal(await through('203.0.113.9'), 403)
    assert.equal(await through('127.0.0.1, 203.0.113.9'), 403)
    assert.equal(await through('127.0.0.1, 10.0.0.5'), 403, 'what a trusted one was told')
  })

  test('is refused to a rebound host name', async () => {
    await using server = await serve({ settings: { externalUrl: 'https://alerts.example.com' } })
    for (const [host, status] of [
      ['evil.example', 403],
      [`evil.example:${server.port}`, 403],
      ['127.0.0.1.evil.example', 403],
      [`localhost:${server.port}`, 200],
      ['[::1]:8060', 200],
      ['[::1]:8060', 200],
      ['ops.localhost', 200],
    ] as const)
      assert.equal((await asked(server, { Host: host })).status, status, host)
  })

  test("is refused under external_url's name, unless the proxy is trusted", async () => {
    await using server = await serve({ settings: { externalUrl: 'https://alerts.example.com' } })
    const reply = await asked(server, { Host: 'alerts.example.com' })
    assert.equal(reply.status, 403)
    assert.match(reply.text, /admin\.token/)
    assert.match(reply.text, /trusted_proxies/)
    server.use({ trustedProxies: networksOf(['127.0.0.1']) })
    const through = { Host: 'alerts.example.com', 'X-Forwarded-For': '127.0.0.1' }
    assert.equal((await asked(server, through)).status, 200)
  })

  test('is refused to HTTP/1.0, which proxies use and browsers do not', async () => {
    await using server = await serve()
    const raw = 'GET /api/v1/status HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'
    const socket = connect(server.port, '127.0.0.1', () => socket.end(raw))
    let text = ''
    for await (const chunk of socket) text += chunk
    assert.match(text, /^HTTP\/1\.1 403 /)
    assert.match(text, /trusted_proxies/)
  })

  test('is explained on a page of the console', async () => {
    await using server = await serve()
    const page = await server.ask('/', { headers: { 'X-Forwarded-For': '203.0.113.9' } })
    assert.equal(page.status, 403)
    assert.match(page.headers.get('content-type') ?? '', /text\/html/)
    assert.match(page.text, /not_local/)
    assert.doesNotMatch(page.text, /the console/)
  })
})

describe('admin access with a token', () => {
  test('is granted with the token, and refused without it even locally', async () => {
    await using server = await serve({ access: WITH_TOKEN })
    for (const each of GUARDED) {
      assert.equal(await statusOf(server)(each), 401, each.join(' '))
      assert.ok(DONE.includes(await statusOf(server, AS_ADMIN)(each)), each.join(' '))
    }
    const reply = await server.ask('/api/v1/status')
    assert.match(reply.headers.get('www-authenticate') ?? '', /^Bearer /)
    assert.match(reply.text, /Authorization: Bearer/)
  })

  test("differs from a sender's credentials", async () => {
    const auth = [{ kind: 'bearer', token: new Secret('a-sender') }] as const
    await using server = await serve({ access: { ...WITH_TOKEN, auth } })
    const asSender = { Authorization: 'Bearer a-sender' }
    assert.equal(await statusOf(server, asSender)(['GET', '/api/v1/alerts']), 401)
    assert.equal((await server.post('/ocp/ops', AS_ADMIN)).status, 401)
  })

  test('leaves metrics and health open unless they are protected; senders may always read them', async () => {
    const paths = ['/metrics', '/-/healthy', '/-/ready']
    const auth = [{ kind: 'bearer', token: new Secret('a-sender') }] as const
    await using server = await serve({ access: { ...WITH_TOKEN, auth } })
    for (const path of paths) assert.equal((await server.ask(path)).status, 200)
    const token = new Secret(TOKEN)
    server.use({ auth, admin: { token, protect: new Set(['metrics', 'health']) } })
    for (const path of paths) {
      assert.equal((await server.ask(path)).status, 401, path)
      const headers = { Authorization: 'Bearer a-sender' }
      assert.equal((await server.ask(path, { headers })).status, 200, path)
      assert.equal((await server.ask(path, { headers: AS_ADMIN })).status, 200, path)
    }
    server.use({ auth, admin: { token, protect: new Set(['metrics']) } })
    assert.equal((await server.ask('/-/healthy')).status, 200)
  })

  test('slows down guessing, and accepts the right token meanwhile', async () => {
    const clock = new VirtualClock(new Date('2026-11-24T04:00:00Z'))
    await using server = await serve({ access: WITH_TOKEN, clock })
    const guesses = Array.from({ length: 10 }, (_, index) =>
      statusOf(server, { Authorization: `Bearer guess-${index}` })(['GET', '/api/v1/status']),
    )
    // While the clock does not advance, a wrong guess is pending and a right token is answered.
    assert.equal(await statusOf(server, AS_ADMIN)(['GET', '/api/v1/status']), 200)
    assert.equal(
      await Promise.race([...guesses, new Promise((resolve) => setTimeout(resolve, 50, 'none'))]),
      'none',
    )
    assert.deepEqual(new Set(await meanwhile(clock, Promise.all(guesses))), new Set([401]))
  })
})

describe('signing in', () => {
  test('asks for the token, then opens the requested page', async () => {
    await using server = await serve({ access: WITH_TOKEN })
    const page = await server.ask('/messages/1?a=b')
    assert.equal(page.status, 401)
    assert.match(page.text, /ask \/messages\/1\?a=b/)
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    const reply = await signIn(server, { token: TOKEN, next: '/messages/1?a=b' })
    assert.equal(reply.status, 303)
    assert.equal(reply.headers.get('location'), '/messages/1?a=b')
    const session = { Cookie: `other=1; ${cookieOf(reply)}` }
    for (const each of GUARDED)
      assert.ok(DONE.includes(await statusOf(server, session)(each)), each.join(' '))
  })

  test('sets a cookie that scripts, other sites and plain HTTP cannot read', async () => {
    const trustedProxies = networksOf(['127.0.0.1'])
    await using server = await serve({ access: { ...WITH_TOKEN, trustedProxies } })
    const plain = await signIn(server, { token: TOKEN })
    assert.match(
      plain.headers.get('set-cookie') ?? '',
      /^dingtalk_receiver_session=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    )
    assert.doesNotMatch(plain.headers.get('set-cookie') ?? '', new RegExp(TOKEN))
    const secure = await signIn(server, { token: TOKEN }, { 'X-Forwarded-Proto': 'https' })
    assert.match(secure.headers.get('set-cookie') ?? '', /; Secure$/)
  })

  test('redirects only within this server', async () => {
    await using server = await serve({ access: WITH_TOKEN })
    for (const next of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example/',
      '/..//evil.example/',
      '/\t/evil.example/',
      'javascript:alert(1)',
      '',
      'x',
    ])
      assert.equal(
        (await signIn(server, { token: TOKEN, next })).headers.get('location'),
        '/',
        next,
      )
  })

  test("starts no session with a wrong token, nor from another site's page", async () => {
    const clock = new VirtualClock(new Date('2026-11-24T04:00:00Z'))
    await using server = await serve({ access: WITH_TOKEN, clock })
    const wrong = await meanwhile(clock, signIn(server, { token: 'wrong', next: '/' }))
    assert.equal(wrong.status, 401)
    assert.equal(wrong.headers.get('set-cookie'), null)
    assert.match(wrong.text, /wrong/)
    const foreign = await signIn(server, { token: TOKEN }, { Origin: 'https://evil.example' })
    assert.equal(foreign.status, 403)
    assert.equal(foreign.headers.get('set-cookie'), null)
  })

  test('ends a session at its expiry, with a new token, and on signing out', async () => {
    const clock = new VirtualClock(new Date('2026-11-24T04:00:00Z'))
    await using server = await serve({ access: WITH_TOKEN, clock })
    const session = { Cookie: cookieOf(await signIn(server, { token: TOKEN })) }
    const status = () => statusOf(server, session)(['GET', '/api/v1/status'])
    await clock.pass(12 * 3_600_000 - 1_000)
    assert.equal(await status(), 200)
    await clock.pass(2_000)
    assert.equal(await status(), 401)
    const fresh = { Cookie: cookieOf(await signIn(server, { token: TOKEN })) }
    assert.equal(await statusOf(server, fresh)(['GET', '/']), 200)
    server.use({ admin: { token: new Secret('another-token'), protect: new Set() } })
    assert.equal(await statusOf(server, fresh)(['GET', '/']), 401)
    const out = await server.ask('/sign-out', { method: 'POST' })
    assert.match(out.headers.get('set-cookie') ?? '', /^dingtalk_receiver_session=; .*Max-Age=0/)
  })

  test('rejects a cookie with another signature', async () => {
    await using server = await serve({ access: WITH_TOKEN })
    const good = cookieOf(await signIn(server, { token: TOKEN }))
    const [name, value = ''] = good.split('=')
    const [endsAt, nonce, signature] = value.split('.')
    for (const forged of [
      '',
      'x',
      `${Number(endsAt) + 3600}.${nonce}.${signature}`,
      `${endsAt}.${nonce}.${'A'.repeat(43)}`,
      `${endsAt}.${nonce}.`,
      `${endsAt}.${nonce}`,
      `${value}x`,
      `${'9'.repeat(400)}.${nonce}.${signature}`,
    ])
      assert.equal(
        await statusOf(server, { Cookie: `${name}=${forged}` })(['GET', '/api/v1/status']),
        401,
        forged,
      )
    assert.equal(await statusOf(server, { Cookie: good })(['GET', '/api/v1/status']), 200)
  })
})

describe('a page of another site', () => {
  test('cannot use a signed-in browser', async () => {
    await using server = await serve({ access: WITH_TOKEN })
    const session = { Cookie: cookieOf(await signIn(server, { token: TOKEN })) }
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' },
      { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ])
      for (const each of GUARDED)
        assert.equal(await statusOf(server, { ...session, ...headers })(each), 403, each.join(' '))
    const form = { ...session, Origin: 'http://evil.example' }
    for (const each of GUARDED.filter(([method]) => method !== 'GET'))
      assert.equal(await statusOf(server, form)(each), 403, each.join(' '))
    const submitted = { ...session, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' }
    assert.equal(await statusOf(server, submitted)(['POST', '/api/v1/channels/ops/test']), 403)
  })

  test('may link to the console, which reloads once to get the cookie', async () => {
    await using server = await serve({ access: WITH_TOKEN })
    const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' }
    const page = await asked(server, link, '/messages/1')
    assert.equal(page.status, 200)
    assert.match(page.text, /http-equiv="refresh" content="0"/)
    const again = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate' }
    assert.equal((await asked(server, again, '/messages/1')).status, 401)
  })
})
