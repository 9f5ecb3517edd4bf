import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { createBcrypt } from '../../src/http/bcrypt.ts'
import { createKnownUsers, type KnownUsers } from '../../src/http/known-users.ts'
import { Secret } from '../../src/model/secret.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { serve } from './serving.ts'

/** bcrypt of `secret` with the least cost. */
const HASH = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'
const USERS = new Map([['prometheus', new Secret(HASH)]])

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`

function asking(pair: string): IncomingMessage {
  return { headers: { authorization: basic(pair) } } as IncomingMessage
}

/** Known users whose only right password is `secret`; each comparison takes `costMs`. */
function knownUsers(costMs = 60) {
  const clock = new VirtualClock(new Date('2026-11-30'))
  const compared: string[] = []
  const known = createKnownUsers({
    clock,
    compare: async ({ password }) => {
      compared.push(password)
      await clock.sleep(costMs)
      return password === 'secret'
    },
  })
  return { clock, compared, known }
}

async function checkOf(known: KnownUsers, pair: string, clock: VirtualClock, address = '10.0.0.1') {
  const request = asking(pair)
  const done = known.identify(request, USERS, address)
  await clock.pass(60_000)
  await done
  return known.checkOf(request)
}

describe('the users of --web.config.file', () => {
  test('have each password compared once, also by concurrent requests; later requests do not wait', async () => {
    const { clock, compared, known } = knownUsers()
    const requests = Array.from({ length: 10 }, () => asking('prometheus:secret'))
    const all = requests.map((each) => known.identify(each, USERS, '10.0.0.1'))
    await clock.pass(1_000)
    await Promise.all(all)
    assert.deepEqual(new Set(requests.map((each) => known.checkOf(each))), new Set(['user']))
    const later = asking('prometheus:secret')
    assert.equal(known.identify(later, USERS, '10.0.0.1'), undefined)
    assert.equal(known.checkOf(later), 'user')
    assert.deepEqual(compared, ['secret'])
  })

  test('are not recognised by a wrong password, an unknown name or half a header; the right password still works', async () => {
    const { clock, compared, known } = knownUsers()
    for (const pair of [
      'prometheus:wrong',
      'other:secret',
      'prometheus',
      ':',
      'prometheus:secret:',
    ])
      assert.equal(await checkOf(known, pair, clock), 'unknown', pair)
    assert.equal(compared.length, 5)
    assert.equal(await checkOf(known, 'prometheus:wrong', clock), 'unknown')
    assert.equal(compared.length, 5, 'a wrong pair is compared once as well')
    assert.equal(await checkOf(known, 'prometheus:secret', clock), 'user')
  })

  test('have the password compared again after their hash changed', async () => {
    const { clock, compared, known } = knownUsers()
    assert.equal(await checkOf(known, 'prometheus:secret', clock), 'user')
    const changed = new Map([['prometheus', new Secret(HASH.replace(/W$/, 'X'))]])
    const request = asking('prometheus:secret')
    const done = known.identify(request, changed, '10.0.0.1')
    await clock.pass(1_000)
    await done
    assert.deepEqual(compared, ['secret', 'secret'])
  })

  test('cannot be guessed fast: four comparisons a second, a quarter of a processor, whatever the number of addresses', async () => {
    for (const [costMs, most] of [
      [60, 33],
      [1_000, 3],
    ] as const) {
      const { clock, compared, known } = knownUsers(costMs)
      let busy = 0
      for (let index = 0; index < 200; index += 1) {
        const request = asking(`prometheus:${index}`)
        const done = known.identify(request, USERS, `10.0.${index}.1`)
        void done?.then(() => {
          if (known.checkOf(request) === 'busy') busy += 1
        })
      }
      await clock.pass(10_000)
      assert.ok(compared.length <= most, `${compared.length} of ${costMs} ms`)
      assert.equal(busy, 200 - 32)
    }
  })

  test('wait in a short queue per address, so that one address cannot block the others', async () => {
    const { clock, known } = knownUsers()
    const requests = Array.from({ length: 30 }, (_, index) => asking(`prometheus:${index}`))
    const all = requests.map((each) => known.identify(each, USERS, '2001:db8::1'))
    const user = asking('prometheus:secret')
    const own = known.identify(user, USERS, '10.0.0.9')
    await clock.pass(10_000)
    await Promise.all([...all, own])
    assert.equal(requests.filter((each) => known.checkOf(each) === 'busy').length, 26)
    assert.equal(known.checkOf(user), 'user')
  })

  test('are reported as busy, not as unknown, when the comparing thread ends', async () => {
    const known = createKnownUsers({
      clock: new VirtualClock(new Date()),
      compare: async () => {
        throw new Error('ended')
      },
    })
    const request = asking('prometheus:secret')
    await known.identify(request, USERS, '10.0.0.1')
    assert.equal(known.checkOf(request), 'busy')
  })

  test('are compared in a thread, with a hash of each bcrypt prefix', async () => {
    const compare = createBcrypt()
    for (const prefix of ['$2a', '$2b', '$2y']) {
      const hash = HASH.replace('$2b', prefix)
      assert.equal(await compare({ password: 'secret', hash }), true, prefix)
      assert.equal(await compare({ password: 'Secret', hash }), false, prefix)
    }
    const utf8 = '$2b$04$abcdefghijklmnopqrstuuy/OIIrhpAWnM/aAi0vVLd8VSJuNYD3m'
    assert.equal(await compare({ password: 'geheim 密', hash: utf8 }), true)
    assert.equal(await compare({ password: 'x', hash: 'no hash' }), false)
  })
})

const PATHS = [
  '/',
  '/-/healthy',
  '/-/ready',
  '/metrics',
  '/api/v1/status',
  '/sign-in',
  '/nowhere',
  '/silence/x',
]
const USER = { authorization: basic('prometheus:secret') }

describe('a server with users', () => {
  test('refuses every request without a password, health and metrics included', async () => {
    await using server = await serve({ access: { users: USERS } })
    for (const path of PATHS) {
      const { status, headers, text } = await server.ask(path)
      assert.equal(status, 401, path)
      assert.match(headers.get('www-authenticate') ?? '', /^Basic realm=/)
      assert.match(text, /the credentials are missing or wrong/)
    }
    const reply = await server.post('/alertmanager/ops')
    assert.equal(reply.status, 401)
    assert.match(reply.headers.get('www-authenticate') ?? '', /^Basic realm=/)
    assert.equal((await server.post('/robot/send?access_token=ops')).status, 401)
    assert.equal(server.accepted.length, 0)
  })

  test('lets a user post, read and act, also if an admin token is set', async () => {
    for (const token of [undefined, new Secret('a-long-token')]) {
      const admin = { token, protect: new Set(['metrics', 'health'] as const) }
      await using server = await serve({ access: { users: USERS, admin } })
      for (const path of PATHS.slice(0, 5))
        assert.equal((await server.ask(path, { headers: USER })).status, 200, path)
      assert.equal((await server.post('/alertmanager/ops', USER)).status, 200)
      assert.equal((await server.post('/-/reload', USER)).status, 200)
      const foreign = { ...USER, 'sec-fetch-site': 'cross-site' }
      assert.equal((await server.post('/-/reload', foreign)).status, 403)
    }
  })

  test('accepts other credentials, each only for its own routes', async () => {
    const token = new Secret('a-long-token')
    await using server = await serve({
      access: {
        ...{ users: USERS, auth: [{ kind: 'bearer', token: new Secret('sender') }] },
        admin: { token, protect: new Set() },
      },
    })
    const sender = { authorization: 'Bearer sender' }
    const admin = { authorization: 'Bearer a-long-token' }
    assert.equal((await server.post('/alertmanager/ops', sender)).status, 200)
    assert.equal((await server.ask('/metrics', { headers: sender })).status, 200)
    assert.equal((await server.ask('/api/v1/status', { headers: sender })).status, 401)
    assert.equal((await server.ask('/api/v1/status', { headers: admin })).status, 200)
    assert.equal((await server.ask('/-/ready', { headers: admin })).status, 200)
    assert.equal((await server.post('/alertmanager/ops', admin)).status, 401)
  })

  test('gives a local sender no admin access without an admin token', async () => {
    await using server = await serve({
      access: { users: USERS, auth: [{ kind: 'bearer', token: new Secret('sender') }] },
    })
    const headers = { authorization: 'Bearer sender' }
    assert.equal((await server.ask('/api/v1/status', { headers })).status, 401)
  })

  test('answers 503, so that the sender retries, while too many passwords are verified', async () => {
    await using server = await serve({
      access: { users: USERS },
      compare: async () => {
        throw new Error('ended')
      },
    })
    const { status, headers } = await server.post('/alertmanager/ops', USER)
    assert.deepEqual([status, headers.get('retry-after')], [503, '10'])
    assert.equal((await server.ask('/metrics', { headers: USER })).status, 503)
  })

  test('applies a change of its users at once', async () => {
    await using server = await serve({ access: { users: USERS } })
    assert.equal((await server.ask('/metrics', { headers: USER })).status, 200)
    server.use({ users: new Map([['other', new Secret(HASH)]]) })
    assert.equal((await server.ask('/metrics', { headers: USER })).status, 401)
    server.use({})
    assert.equal((await server.ask('/metrics')).status, 200)
  })

  test('adds the configured headers to every reply', async () => {
    const headers = new Map([['Strict-Transport-Security', 'max-age=60']])
    await using server = await serve({ access: { headers } })
    for (const path of PATHS)
      assert.equal((await server.ask(path)).headers.get('strict-transport-security'), 'max-age=60')
    const reply = await server.post('/alertmanager/ops')
    assert.equal(reply.headers.get('strict-transport-security'), 'max-age=60')
  })
})
