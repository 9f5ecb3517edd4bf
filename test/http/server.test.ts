import assert from 'node:assert/strict'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { realClock } from '../../src/clock.ts'
import { readMatchers } from '../../src/config/matchers.ts'
import { AppError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import { createAccessControl } from '../../src/http/access-control.ts'
import { createKnownUsers } from '../../src/http/known-users.ts'
import { createLoginThrottle } from '../../src/http/login-throttle.ts'
import { createHttpServer, type ServerDeps } from '../../src/http/server.ts'
import { createMetrics, exposed } from '../../src/metrics.ts'
import { ChangeFeed } from '../../src/reporting/change-feed.ts'
import { sources } from '../../src/sources/index.ts'
import type { StoredMessage } from '../../src/stores/queries.ts'
import { settingsOf } from '../support/settings.ts'
import { NO_ACTIONS } from './serving.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const OK = '{"errcode":0,"errmsg":"ok"}'

const message: StoredMessage = {
  id: '7',
  uuid: 'u',
  robot: 'ops-1',
  queue: 'robot:ops-1',
  channel: 'ops',
  kind: 'alert',
  state: 'dead',
  title: 'T',
  text: 'text',
  body: '{}',
  bytes: 10,
  alertCount: 1,
  createdAt: new Date(0),
  dueAt: undefined,
  sentAt: undefined,
  reason: 'because',
  dismissed: undefined,
  attemptCount: 0,
  attempts: [],
}

const accepted: { source: string; channel: string; text: string }[] = []
const state = { open: true, ready: true, fail: undefined as unknown, queries: [] as unknown[] }
const guard = createAccessControl(settingsOf(), {
  throttle: createLoginThrottle(realClock),
  knownUsers: createKnownUsers({ clock: realClock, compare: async () => false }),
})
const metrics = createMetrics({ version: '1', node: 'v' })

const deps: ServerDeps = {
  accept: async (inbound) => {
    if (state.fail !== undefined) throw state.fail
    const { body, ...rest } = inbound
    accepted.push({ ...rest, text: typeof body === 'string' ? body : Buffer.from(body).toString() })
    return inbound.source
  },
  sources,
  settings: () => settingsOf(),
  events: createEvents(SILENT, metrics),
  clock: realClock,
  guard: () => guard,
  signInPage: ({ kind }) => `<p>${kind}`,
  open: () => state.open,
  ready: () => state.ready,
  reload: async () => {
    if (state.fail !== undefined) throw state.fail
  },
  onCall: () => ({}),
  mute: async () => '1',
  unmute: async () => 1,
  muteFor: async () => '1',
  silencing: {
    view: async () => ({ kind: 'wrong' }),
    create: async () => ({ kind: 'done' }),
    end: async () => ({ kind: 'done' }),
  },
  silencePage: (view) => `<p>${view.kind}`,
  store: { message: async (id) => (id === '7' ? { message, alerts: [] } : undefined) },
  search: {
    store: {
      messages: async (query) => {
        state.queries.push(query)
        return { items: Array.from({ length: query.limit }, () => message), next: '7' }
      },
      alerts: async (query) => {
        state.queries.push(query)
        return { items: [], next: null }
      },
    },
    variablesOf: async () => [],
    readMatchers,
    now: () => realClock.now(),
    maxSearchMs: 1_000,
  },
  status: async () => ({ version: '1' }) as never,
  variablesOf: async () => [],
  sandbox: () => [],
  preview: async (request) => [request],
  test: async () => ['1'],
  testRobot: async () => ['2'],
  outcomes: async () => [],
  actions: {
    ...NO_ACTIONS,
    resend: async () => {
      if (state.fail !== undefined) throw state.fail
    },
  },
  metrics: (openMetrics) => exposed(metrics, openMetrics),
  page: async ({ path }) =>
    path === '/' ? { status: 200, html: '<!doctype html><p>page' } : undefined,
  errorPage: ({ status, message }) => ({ status, html: `<p>${message}` }),
  changes: new ChangeFeed(realClock),
  playDemo: async () => true,
  asset: (name) =>
    name === 'console.css' ? { contentType: 'text/css', body: Buffer.from('p{}') } : undefined,
  unexpectedError: () => {},
}

const server = createHttpServer(deps)
const place = { url: '', port: 0 }
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  place.port = (server.address() as AddressInfo).port
  place.url = `http://127.0.0.1:${place.port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

async function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${place.url}${path}`, { method: 'POST', body, headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('a failed verification of a password leaves no request without a reply', async () => {
  const broken = { ...guard, identify: () => Promise.reject(new Error('broken')) }
  const other = createHttpServer({ ...deps, guard: () => broken })
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const reply = await fetch(`http://127.0.0.1:${port}/-/healthy`, {
    signal: AbortSignal.timeout(5_000),
  })
  assert.equal(reply.status, 200)
  other.close()
})

function failing<T>(error: unknown, during: () => Promise<T>): Promise<T> {
  state.fail = error
  return during().finally(() => {
    state.fail = undefined
  })
}

describe('the receiving routes', () => {
  test('each answers accepted alerts with the same bytes', async () => {
    for (const [path, source] of [
      ['/alertmanager/ops', 'alertmanager'],
      ['/dingtalk/ops/send', 'alertmanager'],
      ['/ocp/ops', 'ocp'],
    ] as const) {
      const { status, text } = await post(path, 'body')
      assert.deepEqual([status, text], [200, OK])
      assert.deepEqual(accepted.at(-1), { source, channel: 'ops', text: 'body' })
    }
  })

  test('a body is read whatever its Content-Type', async () => {
    for (const type of [
      'text/plain',
      'application/json',
      'application/x-www-form-urlencoded',
      'x/y+json',
      '',
    ]) {
      await post('/ocp/ops', '{"a":1}', { 'Content-Type': type })
      assert.equal(accepted.at(-1)?.text, '{"a":1}', type)
    }
  })

  test('compressed bodies are accepted', async () => {
    const text = JSON.stringify({ text: '告警'.repeat(1000) })
    await post('/ocp/ops', new Uint8Array(gzipSync(text)), { 'Content-Encoding': 'gzip' })
    assert.equal(accepted.at(-1)?.text, text)
    await post('/ocp/ops', new Uint8Array(brotliCompressSync(text)), { 'Content-Encoding': 'br' })
    assert.equal(accepted.at(-1)?.text, text)
  })

  test('a declared charset is decoded, a byte order mark is dropped, NUL and broken UTF-8 become U+FFFD', async () => {
    const gbk = new Uint8Array([0xb8, 0xe6, 0xbe, 0xaf])
    await post('/ocp/ops', gbk, { 'Content-Type': 'text/plain; charset=GBK' })
    assert.equal(accepted.at(-1)?.text, '告警')
    await post('/ocp/ops', new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0x00, 0xff]))
    assert.equal(accepted.at(-1)?.text, 'a\uFFFD\uFFFD')
  })

  test('a body that is too large is refused with 413, before or after decompression', async () => {
    const big = gzipSync(Buffer.alloc(21 * 1024 * 1024, 0x20))
    const bomb = await post('/alertmanager/ops', new Uint8Array(big), {
      'Content-Encoding': 'gzip',
    })
    assert.equal(bomb.status, 413)
    assert.equal(JSON.parse(bomb.text).errcode, 413)
    const plain = await post('/alertmanager/ops', new Uint8Array(21 * 1024 * 1024))
    assert.equal(plain.status, 413)
    assert.match(plain.text, /max_alerts/)
  })

  test('a broken or unknown compression is answered with 400 and the reason', async () => {
    const broken = await post('/ocp/ops', 'not gzip', { 'Content-Encoding': 'gzip' })
    assert.equal(broken.status, 400)
    const unknown = await post('/ocp/ops', 'x', { 'Content-Encoding': 'zstd' })
    assert.equal(unknown.status, 400)
    assert.match(unknown.text, /zstd/)
  })

  test('every refusal has its status, and 503 a Retry-After', async () => {
    for (const [code, status] of [
      ['bad_payload', 400],
      ['unknown_channel', 404],
      ['store_unavailable', 503],
    ] as const) {
      const reply = await failing(new AppError(code, 'the words'), () => post('/ocp/ops', 'x'))
      assert.equal(reply.status, status)
      assert.deepEqual(JSON.parse(reply.text), { errcode: status, errmsg: 'the words' })
      assert.equal(reply.headers.get('retry-after'), status === 503 ? '10' : null)
    }
  })

  test('an unexpected error reveals no details', async () => {
    const reply = await failing(new Error('secret detail'), () => post('/ocp/ops', 'x'))
    assert.equal(reply.status, 500)
    assert.doesNotMatch(reply.text, /secret/)
  })

  test('during shutdown senders get 503 and Connection: close', async () => {
    state.open = false
    const reply = await post('/ocp/ops', 'x')
    state.open = true
    assert.equal(reply.status, 503)
    assert.equal(reply.headers.get('connection'), 'close')
  })

  test('a path that cannot be decoded is a bad request', async () => {
    const { status } = await post('/alertmanager/%E0%A4%A', 'x')
    assert.equal(status, 400)
  })

  test('an aborted request is ignored, and the server stays up', async () => {
    const count = accepted.length
    const socket = connect(place.port, '127.0.0.1')
    socket.write('POST /ocp/ops HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf')
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(accepted.length, count)
    assert.equal((await fetch(`${place.url}/-/healthy`)).status, 200)
  })
})

describe('the other routes', () => {
  async function get(path: string) {
    const response = await fetch(`${place.url}${path}`)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  test('ready is 503 before the store is open and after shutdown has begun, healthy is not', async () => {
    state.ready = false
    assert.equal((await get('/-/ready')).status, 503)
    assert.equal((await get('/-/healthy')).status, 200)
    state.ready = true
    assert.equal((await get('/-/ready')).status, 200)
  })

  test('a refused reload lists every fault', async () => {
    const error = new AppError('bad_configuration', 'one', { faults: ['one', 'two'] })
    const reply = await failing(error, () => post('/-/reload', ''))
    assert.equal(reply.status, 500)
    assert.deepEqual(JSON.parse(reply.text), {
      errcode: 500,
      errmsg: 'one',
      faults: ['one', 'two'],
    })
    assert.equal((await post('/-/reload', '')).status, 200)
  })

  test('lists accept limit, before and filters, and refuse invalid ones', async () => {
    const list = await get('/api/v1/messages?limit=5000&before=9&state=dead&channel=ops&robot=')
    assert.deepEqual(state.queries.at(-1), {
      limit: 1000,
      before: '9',
      state: 'dead',
      channel: 'ops',
    })
    const json = JSON.parse(list.text)
    assert.equal(json.next, '7')
    assert.deepEqual(json.messages[0].reason, 'because')
    for (const bad of ['limit=x', 'before=x', 'state=gone', 'channel=a&channel=b'])
      assert.equal((await get(`/api/v1/messages?${bad}`)).status, 400, bad)
    await get('/api/v1/alerts')
    assert.deepEqual(state.queries.at(-1), { limit: 50 })
  })

  test('a message is shown with its alerts, an unknown one is a 404', async () => {
    assert.deepEqual(JSON.parse((await get('/api/v1/messages/7')).text).alerts, [])
    assert.equal((await get('/api/v1/messages/8')).status, 404)
    assert.equal((await get('/nothing')).status, 404)
    assert.equal((await get('/messages/none')).status, 404)
  })

  test('resending a message that is not dead is a conflict', async () => {
    const error = new AppError('not_dead', 'it is not')
    assert.equal((await failing(error, () => post('/api/v1/messages/7/resend', ''))).status, 409)
    assert.equal((await post('/api/v1/messages/7/resend', '')).status, 200)
  })

  test('the preview accepts variables in a template, and refuses a wrong body', async () => {
    const good = await post(
      '/api/v1/preview',
      JSON.stringify({ payload: { a: 1 }, template: '${a}' }),
    )
    assert.equal(JSON.parse(good.text).messages[0].payload, '{"a":1}')
    for (const bad of [
      '',
      'null',
      '{}',
      '{',
      '{"payload":1,"format":"html"}',
      '{"payload":1,"channel":2}',
    ])
      assert.equal((await post('/api/v1/preview', bad)).status, 400, bad)
  })

  test('actions by a page of another site are refused', async () => {
    const reply = await post('/-/reload', '', { 'Sec-Fetch-Site': 'cross-site' })
    assert.equal(reply.status, 403)
  })

  test("the page comes with a strict policy and without the framework's name", async () => {
    const page = await get('/')
    assert.equal(page.status, 200)
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.equal(page.headers.get('x-powered-by'), null)
    assert.equal((await get('/assets/console.css')).headers.get('content-type'), 'text/css')
    assert.equal((await get('/assets/..%2Fpackage.json')).status, 404)
  })

  test('metrics are in the format and the encoding that the scraper asks for', async () => {
    const plain = await fetch(`${place.url}/metrics`)
    assert.match(plain.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    const open = await fetch(`${place.url}/metrics`, {
      headers: {
        Accept: 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5',
      },
    })
    assert.match(open.headers.get('content-type') ?? '', /^application\/openmetrics-text/)
    const text = await open.text()
    assert.match(text, /# EOF\n$/)
    assert.match(text, /^dingtalk_receiver_requests_total\{[^}]*\} \d/m)
    for (const [encoding, expected] of [
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const reply = await fetch(`${place.url}/metrics`, {
        headers: { 'Accept-Encoding': encoding },
      })
      assert.equal(reply.headers.get('content-encoding'), expected)
      assert.match(await reply.text(), /^# HELP /m)
    }
  })

  test('every label set of the requests exists from the start', async () => {
    const { text } = await get('/metrics')
    for (const source of ['alertmanager', 'ocp'])
      for (const code of [200, 400, 401, 403, 404, 413, 503])
        assert.ok(
          text.includes(`dingtalk_receiver_requests_total{source="${source}",code="${code}"}`),
        )
  })
})
