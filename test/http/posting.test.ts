import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { networksOf } from '../../src/config/networks.ts'
import type { Credential } from '../../src/model/access.ts'
import { Secret } from '../../src/model/secret.ts'
import { serve } from './serving.ts'

const bearer = (token: string): Credential => ({ kind: 'bearer', token: new Secret(token) })
const basic = (username: string, password: string): Credential => ({
  kind: 'basic',
  username,
  password: new Secret(password),
})
const header = (name: string, value: string): Credential => ({
  kind: 'header',
  name,
  value: new Secret(value),
})
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const EVERY_KIND = [
  bearer('new-token'),
  bearer('old-token'),
  basic('alertmanager', 'pass:wörd'),
  basic('second', 'word'),
  header('x-ocp-token', 'of ocp'),
]
const ROUTES = ['/alertmanager/ops', '/dingtalk/ops/send', '/ocp/ops']

describe('who may post', () => {
  test('anyone without configuration', async () => {
    await using server = await serve()
    for (const path of ROUTES) assert.equal((await server.post(path)).status, 200)
    assert.equal((await server.post('/ocp/ops', { Authorization: 'Bearer any' })).status, 200)
  })

  test('a sender with any of the credentials, in each form', async () => {
    await using server = await serve({ access: { auth: EVERY_KIND } })
    const good: Record<string, string>[] = [
      { Authorization: 'Bearer new-token' },
      { Authorization: 'bearer old-token' },
      { Authorization: `Basic ${base64('alertmanager:pass:wörd')}` },
      { Authorization: `BASIC ${base64('second:word')}` },
      { 'X-OCP-Token': 'of ocp' },
      { Authorization: 'Bearer wrong', 'X-OCP-Token': 'of ocp' },
    ]
    for (const path of ROUTES)
      for (const headers of good)
        assert.equal((await server.post(path, headers)).status, 200, JSON.stringify(headers))
    assert.equal(server.accepted.length, ROUTES.length * good.length)
  })

  test('no other client, and the reply names the required credentials', async () => {
    await using server = await serve({ access: { auth: EVERY_KIND } })
    const bad: Record<string, string>[] = [
      {},
      { Authorization: '' },
      { Authorization: 'Bearer' },
      { Authorization: 'Bearer ' },
      { Authorization: 'Bearer new-toke' },
      { Authorization: 'Bearer new-tokenn' },
      { Authorization: 'Bearer NEW-TOKEN' },
      { Authorization: 'new-token' },
      { Authorization: 'Token new-token' },
      { Authorization: `Bearer ${base64('alertmanager:pass:wörd')}` },
      { Authorization: 'Basic new-token' },
      { Authorization: `Basic ${base64('alertmanager:word')}` },
      { Authorization: `Basic ${base64('alertmanager')}` },
      { Authorization: `Basic ${base64(':')}` },
      { 'X-OCP-Token': 'new-token' },
      { 'X-OCP-Token': 'of ocp, of ocp' },
      { 'X-Other': 'of ocp' },
      { Cookie: 'token=new-token' },
    ]
    for (const path of ROUTES)
      for (const headers of bad) {
        const reply = await server.post(path, headers)
        assert.equal(reply.status, 401, JSON.stringify(headers))
        assert.equal(JSON.parse(reply.text).errcode, 401)
        assert.match(reply.headers.get('www-authenticate') ?? '', /Basic realm=.*Bearer realm=/)
      }
    assert.equal(server.accepted.length, 0)
    const query = await server.post('/ocp/ops?access_token=new-token')
    assert.equal(query.status, 401, 'an address is written to logs, so it opens nothing')
  })

  test('credentials change without a restart, with both valid for a while', async () => {
    await using server = await serve({ access: { auth: [bearer('old')] } })
    const statusOf = async (token: string): Promise<number> =>
      (await server.post('/ocp/ops', { Authorization: `Bearer ${token}` })).status
    assert.deepEqual([await statusOf('old'), await statusOf('new')], [200, 401])
    server.use({ auth: [bearer('new'), bearer('old')] })
    assert.deepEqual([await statusOf('old'), await statusOf('new')], [200, 200])
    server.use({ auth: [bearer('new')] })
    assert.deepEqual([await statusOf('old'), await statusOf('new')], [401, 200])
  })

  test('is decided before the channel, the body and its size', async () => {
    await using server = await serve({
      access: { auth: [bearer('t')] },
      deps: { open: () => false },
    })
    // The reply arrives although only the request's head is sent.
    const socket = connect(server.port, '127.0.0.1')
    const reply = new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
        if (text.includes('}')) resolve(text)
      })
    })
    socket.write(
      'POST /alertmanager/nowhere HTTP/1.1\r\nHost: x\r\nContent-Encoding: nonsense\r\nContent-Length: 99999999\r\n\r\n',
    )
    assert.match(await reply, /^HTTP\/1\.1 401 /)
    socket.destroy()
  })

  test('a refused body is discarded while it arrives, so that the sender can read the reply', async () => {
    await using server = await serve({ access: { auth: [bearer('t')] } })
    const big = ' '.repeat(15 * 1024 * 1024)
    for (let i = 0; i < 5; i += 1)
      assert.equal((await server.post('/ocp/ops', {}, big)).status, 401)
  })

  test('a refusal is counted by source, and logged without the credentials', async () => {
    await using server = await serve({ access: { auth: [bearer('t')], allowFrom: undefined } })
    await server.post('/dingtalk/ops/send', { Authorization: 'Bearer CANARY' })
    await server.post('/ocp/ops')
    server.use({ allowFrom: networksOf(['10.0.0.0/8']) })
    await server.post('/ocp/ops')
    const text = await server.metrics.registry.metrics()
    assert.match(text, /requests_total\{source="alertmanager",code="401"\} 1\n/)
    assert.match(text, /requests_total\{source="ocp",code="401"\} 1\n/)
    assert.match(text, /requests_total\{source="ocp",code="403"\} 1\n/)
    const refused = server.logged.filter(({ name }) => name === 'request.refused')
    assert.deepEqual(
      refused.map(({ fields }) => [fields['code'], fields['address']]),
      [
        [401, '127.0.0.1'],
        [401, '127.0.0.1'],
        [403, '127.0.0.1'],
      ],
    )
    assert.doesNotMatch(JSON.stringify(server.logged), /CANARY/)
  })

  test("a web page cannot post through its visitor's browser", async () => {
    await using server = await serve({ settings: { externalUrl: 'https://alerts.example.com' } })
    const statusOf = async (headers: Record<string, string>): Promise<number> =>
      (await server.post('/ocp/ops', headers)).status
    assert.equal(await statusOf({ 'Sec-Fetch-Site': 'cross-site' }), 403)
    assert.equal(await statusOf({ 'Sec-Fetch-Site': 'same-site' }), 403)
    assert.equal(await statusOf({ 'Sec-Fetch-Site': 'same-origin' }), 200)
    assert.equal(await statusOf({ Origin: 'https://evil.example' }), 403)
    assert.equal(await statusOf({ Origin: 'null' }), 403)
    assert.equal(await statusOf({ Origin: server.url }), 200)
    assert.equal(await statusOf({ Origin: 'https://alerts.example.com' }), 200)
  })
})

describe('the address of a sender', () => {
  test('must be in allow_from, whatever its credentials', async () => {
    await using server = await serve({
      access: { auth: [bearer('t')], allowFrom: networksOf(['10.0.0.0/8', 'fd00::/8']) },
    })
    const reply = await server.post('/ocp/nowhere', { Authorization: 'Bearer t' })
    assert.equal(reply.status, 403)
    assert.deepEqual(JSON.parse(reply.text), {
      errcode: 403,
      errmsg: "127.0.0.1 may not post alerts; add it to the receiver's allow_from",
    })
    server.use({ auth: [bearer('t')], allowFrom: networksOf(['127.0.0.1']) })
    assert.equal((await server.post('/ocp/ops', { Authorization: 'Bearer t' })).status, 200)
    assert.equal((await server.post('/ocp/ops')).status, 401)
  })

  test("is taken from a trusted proxy's header: the last untrusted one", async () => {
    await using server = await serve({ access: { allowFrom: networksOf(['192.0.2.0/24']) } })
    const statusOf = async (forwarded: string): Promise<number> =>
      (await server.post('/ocp/ops', { 'X-Forwarded-For': forwarded })).status
    assert.equal(await statusOf('192.0.2.7'), 403, 'nobody is trusted')
    server.use({
      allowFrom: networksOf(['192.0.2.0/24']),
      trustedProxies: networksOf(['127.0.0.1', '10.0.0.0/8']),
    })
    for (const [forwarded, status] of [
      ['192.0.2.7', 200],
      ['192.0.2.7, 10.1.2.3', 200],
      ['203.0.113.9, 192.0.2.7', 200],
      ['192.0.2.7, 203.0.113.9', 403],
      ['192.0.2.7, 203.0.113.9, 10.1.2.3', 403],
      ['192.0.2.7:4711', 200],
      ['::ffff:192.0.2.7', 200],
      ['unknown', 403],
      ['192.0.2.7, unknown', 403],
      ['', 403],
      [',,', 403],
    ] as const)
      assert.equal(await statusOf(forwarded), status, forwarded)
  })

  test('does not matter for health and metrics', async () => {
    await using server = await serve({
      access: { auth: [bearer('t')], allowFrom: networksOf(['10.0.0.0/8']) },
    })
    for (const path of ['/-/healthy', '/-/ready', '/metrics'])
      assert.equal((await server.ask(path)).status, 200, path)
  })
})
