import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { describe, test } from 'node:test'
import { networksOf } from '../../src/config/networks.ts'
import { Secret } from '../../src/model/secret.ts'
import { serve } from './serving.ts'

type Server = Awaited<ReturnType<typeof serve>>
type Asking = readonly [method: string, path: string]

const POSTS: readonly Asking[] = [
  ['POST', '/alertmanager/ops'],
  ['PUT', '/alertmanager/ops'],
  ['POST', '/dingtalk/ops/send'],
  ['POST', '/ocp/ops'],
]
const READS: readonly Asking[] = [
  ['GET', '/metrics'],
  ['GET', '/-/healthy'],
  ['GET', '/-/ready'],
]

/** Headers of a page of http://evil.example whose name resolves to this machine. Without TLS there is no Sec-Fetch. */
const pageOf = (host: string) => ({
  Host: host,
  Origin: `http://${host}`,
  Referer: `http://${host}/`,
  'User-Agent': 'Mozilla/5.0',
  'Accept-Language': 'en',
})
/** The headers of its GET without all that a page can omit. */
const quietPageOf = (host: string) => ({
  Host: host,
  'User-Agent': 'curl/8.0',
  'Accept-Language': '*',
})

/** Sends a request without fetch, which sets headers itself. */
function statusOf(server: Server, [method, path]: Asking, headers: Record<string, string>) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path, method, headers, agent: false }
    const body = method === 'GET' ? '' : '{"alerts":[]}'
    httpRequest(options, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
      .on('error', reject)
      .end(body)
  })
}

describe('a page with a rebound host name', () => {
  test('cannot post alerts', async () => {
    await using server = await serve()
    for (const asking of POSTS) {
      const reply = await statusOf(server, asking, pageOf(`evil.example:${server.port}`))
      // A method without a route is not found.
      assert.ok([403, 404, 405].includes(reply.status), `${asking.join(' ')}: ${reply.status}`)
      if (asking[0] === 'POST') assert.match(reply.text, /evil\.example.* external_url/)
    }
    assert.equal(server.accepted.length, 0)
  })

  test('cannot read metrics or health, whatever headers it omits', async () => {
    await using server = await serve()
    for (const asking of READS)
      for (const headersOf of [pageOf, quietPageOf]) {
        const reply = await statusOf(server, asking, headersOf('evil.example'))
        assert.equal(reply.status, 403, asking.join(' '))
        assert.match(reply.text, /evil\.example.* external_url/)
      }
  })

  test('fails also with a name that begins like ours', async () => {
    await using server = await serve({ settings: { externalUrl: 'https://alerts.example.com' } })
    for (const host of ['localhost.evil.example', '127.0.0.1.evil.example', 'example.com'])
      assert.equal((await statusOf(server, ['GET', '/metrics'], pageOf(host))).status, 403, host)
  })
})

describe('other clients', () => {
  const NAMES = [
    'dingtalk-receiver.monitoring.svc',
    'dingtalk-receiver.monitoring.svc.cluster.local:8060',
    'receiver',
    'ops-host.corp.example:8060',
    'evil.example',
  ]

  test('senders may use any host name', async () => {
    await using server = await serve()
    const senders: Record<string, string>[] = [
      { 'User-Agent': 'Alertmanager/0.34.0', 'Content-Type': 'application/json' },
      { 'User-Agent': 'Prometheus/3.0.0', Accept: '*/*', 'Accept-Encoding': 'gzip' },
      { 'User-Agent': 'Java/17.0.9', Accept: 'text/html, image/gif, image/jpeg, *; q=.2' },
      { 'User-Agent': 'curl/8.5.0', Accept: '*/*' },
      { 'User-Agent': 'Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1.22621' },
      {},
    ]
    for (const host of NAMES)
      for (const headers of senders) {
        const asked = { ...headers, Host: host }
        for (const asking of READS)
          assert.equal((await statusOf(server, asking, asked)).status, 200, host)
        for (const asking of POSTS.filter(([method]) => method === 'POST'))
          assert.equal((await statusOf(server, asking, asked)).status, 200, host)
      }
  })

  test('a browser may read metrics by a known name', async () => {
    const settings = {
      externalUrl: 'https://alerts.example.com',
      listen: { host: 'receiver.corp.example', port: 0 },
    }
    await using server = await serve({ settings })
    for (const host of [
      'localhost:8060',
      'a.localhost',
      '127.0.0.1',
      '192.0.2.7:8060',
      '[2001:db8::7]:8060',
      'alerts.example.com',
      'ALERTS.example.com',
      'receiver.corp.example:8060',
    ])
      assert.equal((await statusOf(server, ['GET', '/metrics'], pageOf(host))).status, 200, host)
  })

  test('a client with credentials may use any host name', async () => {
    const auth = [{ kind: 'bearer', token: new Secret('a-sender') }] as const
    const admin = { token: new Secret('the-admin-token'), protect: new Set<never>() }
    const trustedProxies = networksOf([])
    await using server = await serve({ access: { auth, admin, trustedProxies } })
    const headers = pageOf('ops-host.corp.example')
    const asSender = { ...headers, Authorization: 'Bearer a-sender' }
    assert.equal((await statusOf(server, ['POST', '/ocp/ops'], asSender)).status, 200)
    assert.equal((await statusOf(server, ['GET', '/metrics'], asSender)).status, 200)
    const asAdmin = { ...headers, Authorization: 'Bearer the-admin-token' }
    assert.equal((await statusOf(server, ['GET', '/metrics'], asAdmin)).status, 200)
    assert.equal((await statusOf(server, ['GET', '/metrics'], headers)).status, 403)
  })
})
