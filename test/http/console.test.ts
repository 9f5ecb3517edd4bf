import assert from 'node:assert/strict'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { AppError } from '../../src/errors.ts'
import type { ServerDeps } from '../../src/http/server.ts'
import type { PageRequest } from '../../src/model/console-page.ts'
import { Secret } from '../../src/model/secret.ts'
import { ChangeFeed } from '../../src/reporting/change-feed.ts'
import { NO_ACTIONS, serve } from './serving.ts'

const done: unknown[] = []
const unexpected: unknown[] = []
const state = { asked: undefined as PageRequest | undefined, fail: undefined as unknown }
const changes = new ChangeFeed(realClock)

const deps: Partial<ServerDeps> = {
  page: async (request) => {
    state.asked = request
    if (state.fail !== undefined) throw state.fail
    return request.path === '/messages/none' ? undefined : { status: 200, html: '<p>page' }
  },
  asset: (name) =>
    name === 'console.css' ? { contentType: 'text/css', body: Buffer.from('p{}') } : undefined,
  changes,
  actions: {
    ...NO_ACTIONS,
    resend: async (id) => {
      if (state.fail !== undefined) throw state.fail
      done.push(['resend', id])
    },
    resendAll: async (which, { dryRun }) => {
      done.push(['resendAll', which, dryRun])
      return { resent: 2, outdated: 1, hasMore: false }
    },
    dismissAll: async (which, { dryRun }) => {
      done.push(['dismissAll', which, dryRun])
      return 2
    },
    pause: async (robot, { until, by }) => {
      done.push(['pause', robot, until === undefined ? 'open' : 'timed', by])
      return until ?? new Date()
    },
    resume: async (robot) => {
      done.push(['resume', robot])
      return []
    },
  },
  test: async (channel) => {
    done.push(['test', channel])
    return ['1']
  },
  testRobot: async (robot) => {
    done.push(['testRobot', robot])
    return ['2', '3']
  },
  muteFor: async (channel, { length, by }) => {
    done.push(['mute', channel, length, by])
    return '1'
  },
  playDemo: async (what) => {
    done.push(what)
    return what.kind !== 'recovery'
  },
  unexpectedError: (path, error) => void unexpected.push([path, error]),
}

const place = { url: '', port: 0 }
const running: { server?: Awaited<ReturnType<typeof serve>> } = {}
before(async () => {
  running.server = await serve({ deps })
  Object.assign(place, { url: running.server.url, port: running.server.port })
})
after(async () => {
  changes.close()
  await running.server?.[Symbol.asyncDispose]()
})

function ask(path: string, options: RequestInit = {}): Promise<Response> {
  return fetch(`${place.url}${path}`, { redirect: 'manual', ...options })
}

function post(
  path: string,
  fields: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return ask(path, { method: 'POST', body: new URLSearchParams(fields), headers })
}

async function failing<T>(error: unknown, during: () => Promise<T>): Promise<T> {
  state.fail = error
  try {
    return await during()
  } finally {
    state.fail = undefined
  }
}

describe('the routes of the console', () => {
  test("a page request has path, query, theme, language and the browser's address", async () => {
    const response = await ask('/messages?channel=ops&q=a&q=b', {
      headers: { Cookie: 'a=b; theme=dark; c=d; language=zh-TW' },
    })
    assert.equal(response.status, 200)
    assert.deepEqual(
      { ...state.asked, query: { ...state.asked?.query } },
      {
        path: '/messages',
        query: { channel: 'ops' },
        theme: 'dark',
        language: 'zh-TW',
        origin: place.url,
      },
    )
    await ask('/', { headers: { Cookie: 'theme=evil; language=zh' } })
    assert.equal(state.asked?.theme, 'auto')
    assert.equal(state.asked?.language, undefined)
  })

  test('every page has a strict content policy and is not cached', async () => {
    for (const path of ['/', '/alerts', '/playground', '/messages/none', '/assets/console.css']) {
      const { headers } = await ask(path)
      if (path === '/messages/none') continue
      const policy = headers.get('content-security-policy') ?? ''
      assert.match(policy, /default-src 'none'/, path)
      assert.match(policy, /form-action 'self'/, path)
      assert.match(policy, /frame-ancestors 'none'/, path)
      assert.doesNotMatch(policy, /unsafe|https?:|\*/, path)
      if (!path.startsWith('/assets')) assert.equal(headers.get('cache-control'), 'no-store')
    }
    const none = await ask('/messages/none')
    assert.deepEqual([none.status, await none.text()], [404, '<p>404 not found: /messages/none'])
    assert.equal((await ask('/assets/..%2Fpackage.json')).status, 404)
  })

  test('a browser gets a page for an unknown path, a program JSON', async () => {
    const page = await ask('/nothing/here', {
      headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    })
    assert.deepEqual([page.status, await page.text()], [404, '<p>404 not found: GET /nothing/here'])
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    for (const headers of [{ Accept: '*/*' }, { Accept: 'image/avif,*/*' }]) {
      const reply = await ask('/nothing/here', { headers })
      assert.deepEqual([reply.status, reply.headers.get('content-type')], [404, 'application/json'])
    }
  })

  test('a malformed Host is ignored', async () => {
    await using server = await serve({
      deps,
      access: { admin: { token: new Secret('t'), protect: new Set() } },
    })
    for (const [host, origin] of [
      ['alerts.example.com:80', 'http://alerts.example.com:80'],
      ['a"b<c>', undefined],
    ] as const) {
      const socket = connect(server.port, '127.0.0.1')
      socket.end(
        `GET / HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n`,
      )
      for await (const _ of socket);
      assert.deepEqual([state.asked?.path, state.asked?.origin], ['/', origin])
      state.asked = undefined
    }
  })

  test('an action redirects back with a notice', async () => {
    done.length = 0
    const where = async (response: Promise<Response>) => {
      const { status, headers } = await response
      assert.equal(status, 303)
      return headers.get('location')
    }
    assert.equal(await where(post('/messages/7/resend')), '/messages/7?notice=resent')
    assert.equal(
      await where(post('/channels/ops/test')),
      '/?notice=tested&ran=1&at=channel-ops#channel-ops',
    )
    assert.equal(
      await where(post('/robots/ops-1/pause', { for: '2h' })),
      '/?notice=robotPaused&at=robot-ops-1#robot-ops-1',
    )
    await post('/robots/ops-1/pause', { for: 'open' })
    assert.equal(
      await where(post('/robots/ops-1/resume')),
      '/?notice=robotRuns&at=robot-ops-1#robot-ops-1',
    )
    assert.equal(await where(post('/messages/7/dismiss')), '/messages/7?notice=dismissed')
    assert.equal(
      await where(post('/sandbox', { channel: 'ops', play: 'storm' })),
      '/sandbox?channel=ops&notice=played_storm',
    )
    assert.equal(
      await where(post('/sandbox', { channel: 'ops', play: 'recovery' })),
      '/sandbox?channel=ops&notice=nothingFires',
    )
    assert.deepEqual(done, [
      ['resend', '7'],
      ['test', 'ops'],
      ['pause', 'ops-1', 'timed', '127.0.0.1'],
      ['pause', 'ops-1', 'open', '127.0.0.1'],
      ['resume', 'ops-1'],
      ['dismissAll', { ids: ['7'] }, false],
      { kind: 'storm', channel: 'ops' },
      { kind: 'recovery', channel: 'ops' },
    ])
    assert.equal((await post('/sandbox', { channel: 'ops', play: 'evil' })).status, 400)
    assert.equal((await post('/robots/ops-1/pause', { for: '1000y' })).status, 400)
    assert.equal((await post('/robots/ops-1/pause', { for: 'constructor' })).status, 400)
  })

  test('a test of a robot and a mute of a channel pass on the person and the end', async () => {
    done.length = 0
    const at = async (path: string, fields?: Record<string, string>): Promise<string | null> =>
      (await post(path, fields)).headers.get('location')
    assert.equal(
      await at('/robots/a%20b/test'),
      '/?notice=tested&ran=2.3&at=robot-a%2520b#robot-a%2520b',
    )
    const muted = '/?notice=channelMuted&at=channel-ops#channel-ops'
    assert.equal(await at('/channels/ops/mute', { for: '2h', by: ' Li ' }), muted)
    const wallTime = '2026-12-24T09:00'
    assert.equal(await at('/channels/ops/mute', { for: 'until', until: wallTime }), muted)
    assert.deepEqual(done, [
      ['testRobot', 'a b'],
      ['mute', 'ops', { kind: 'minutes', minutes: 120 }, 'Li'],
      ['mute', 'ops', { kind: 'until', wallTime }, '127.0.0.1'],
    ])
    for (const fields of [{}, { for: 'ever' }, { for: 'recovery' }] as Record<string, string>[])
      assert.equal((await post('/channels/ops/mute', fields)).status, 400)
    assert.equal(done.length, 3)
  })

  test('an action on many messages is counted and confirmed first', async () => {
    done.length = 0
    const bulk = (fields: [string, string][]) =>
      ask('/messages/actions', { method: 'POST', body: new URLSearchParams(fields) })
    const chosen: [string, string][] = [
      ['act', 'resend'],
      ['id', '7'],
      ['id', '8'],
      ['channel', 'ops'],
    ]
    assert.equal((await bulk(chosen)).status, 200)
    assert.deepEqual(state.asked?.bulk, {
      ...{ act: 'resend', messages: 2, more: false },
      fields: [
        ['id', '7'],
        ['id', '8'],
        ['channel', 'ops'],
      ],
    })
    const { headers } = await bulk([...chosen, ['confirmed', 'yes']])
    assert.equal(
      headers.get('location'),
      '/messages?state=dead&channel=ops&notice=resentN&n=2&outdated=1',
    )
    await bulk([
      ['act', 'dismiss'],
      ['which', 'all'],
      ['q', 'disk'],
      ['confirmed', 'yes'],
    ])
    assert.deepEqual(done, [
      ['resendAll', { ids: ['7', '8'] }, true],
      ['resendAll', { ids: ['7', '8'] }, false],
      ['dismissAll', { text: 'disk' }, false],
    ])
    done.length = 0
    const none = await bulk([['act', 'resend']])
    assert.equal(none.headers.get('location'), '/messages?state=dead&notice=noneChosen&n=0')
    assert.equal((await bulk([['act', 'drop']])).status, 400)
    assert.equal(
      (
        await bulk([
          ['act', 'resend'],
          ['id', "7' OR 1"],
        ])
      ).status,
      303,
    )
    assert.deepEqual(done, [])
  })

  test('an action is refused to a page of another site', async () => {
    done.length = 0
    state.asked = undefined
    for (const path of [
      '/messages/7/resend',
      '/messages/7/dismiss',
      '/messages/actions',
      '/robots/ops-1/pause',
      '/robots/ops-1/resume',
      '/channels/ops/test',
      '/sandbox',
      '/playground',
      '/theme',
      '/language',
    ])
      for (const site of ['cross-site', 'same-site']) {
        const { status } = await post(
          path,
          { play: 'alert', channel: 'ops' },
          { 'Sec-Fetch-Site': site },
        )
        assert.equal(status, 403, path)
      }
    assert.deepEqual([done, state.asked], [[], undefined])
  })

  test('with an admin token every page, action and stream requires it', async () => {
    done.length = 0
    state.asked = undefined
    const token = new Secret('the token')
    await using server = await serve({
      deps,
      access: { admin: { token, protect: new Set() } },
    })
    const paths = ['/', '/messages', '/messages/7', '/alerts', '/playground', '/sandbox', '/setup']
    for (const path of paths) {
      const { status, text } = await server.ask(path)
      assert.deepEqual([status, text], [401, `<p>ask ${path}`])
    }
    const unknown = await server.ask('/nothing', { headers: { Accept: 'text/html' } })
    assert.deepEqual([unknown.status, unknown.text], [401, '<p>ask /nothing'])
    assert.equal((await server.ask('/events')).status, 401)
    for (const path of [
      '/messages/7/resend',
      '/messages/actions',
      '/robots/ops-1/pause',
      '/robots/ops-1/resume',
      '/channels/ops/test',
      '/sandbox',
      '/playground',
    ])
      assert.equal((await server.post(path)).status, 401, path)
    assert.deepEqual([done, state.asked], [[], undefined])
    const { status } = await server.ask('/messages', {
      headers: { Authorization: 'Bearer the token' },
    })
    assert.equal(status, 200)
  })

  test("a form's fields reach the page", async () => {
    await post('/playground', { channel: 'ops', payload: '{"a":1}' })
    assert.deepEqual({ ...state.asked?.form }, { channel: 'ops', payload: '{"a":1}' })
    assert.equal((await post('/playground', { payload: 'x'.repeat(3e6) })).status, 413)
  })

  test('the language is kept in a cookie', async () => {
    const reply = await post('/language', { language: 'zh-CN', back: '/alerts' })
    assert.deepEqual([reply.status, reply.headers.get('location')], [303, '/alerts'])
    assert.match(reply.headers.get('set-cookie') ?? '', /^language=zh-CN; Path=\/; .*HttpOnly/)
    const other = await post('/language', { language: 'xx; Secure', back: '/' })
    assert.match(other.headers.get('set-cookie') ?? '', /^language=en-US; Path/)
  })

  test('the theme is kept in a cookie, and the redirect stays on this server', async () => {
    const dark = await post('/theme', { theme: 'dark', back: '/alerts?q=a' })
    assert.equal(dark.headers.get('location'), '/alerts?q=a')
    assert.match(dark.headers.get('set-cookie') ?? '', /^theme=dark; Path=\/; .*HttpOnly/)
    for (const back of ['https://evil/', '//evil', '/\\evil', '/..//evil', 'javascript:alert(1)']) {
      const { headers } = await post('/theme', { theme: 'x', back })
      assert.doesNotMatch(headers.get('location') ?? '', /evil|javascript/, back)
      assert.match(headers.get('set-cookie') ?? '', /^theme=auto;/)
    }
  })

  test('an error is shown on a page, an unexpected one without details', async () => {
    const known = await failing(new AppError('not_dead', 'it is <sent>'), () =>
      post('/messages/7/resend'),
    )
    assert.deepEqual([known.status, await known.text()], [409, '<p>409 it is <sent>'])
    const unknown = await failing(new Error('secret'), () => ask('/'))
    assert.equal(unknown.status, 500)
    assert.doesNotMatch(await unknown.text(), /secret/)
    assert.deepEqual(unexpected, [['/', 'secret']])
    const down = await failing(new AppError('store_unavailable', 'disk full'), () => ask('/'))
    assert.deepEqual([down.status, await down.text()], [503, '<p>503 disk full'])
  })

  test('a HEAD request of a stream ends', async () => {
    const statuses: number[] = []
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (const [method, path] of [
      ['HEAD', '/events'],
      ['GET', '/-/healthy'],
    ] as const)
      statuses.push(
        await new Promise((resolve, reject) => {
          httpRequest({ host: '127.0.0.1', port: place.port, method, path, agent }, (reply) => {
            reply.resume().on('end', () => resolve(reply.statusCode ?? 0))
          })
            .on('error', reject)
            .end()
        }),
      )
    agent.destroy()
    assert.deepEqual(statuses, [200, 200])
  })

  test('a stream announces changes, and ends when its client leaves', async () => {
    const ending = new AbortController()
    const response = await ask('/events', { signal: ending.signal })
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    let text = ''
    changes.notify()
    while (!text.includes('event: change\ndata:\n\n')) {
      const { value, done } = await reader.read()
      if (done) assert.fail(text)
      text += new TextDecoder().decode(value)
    }
    assert.match(text, /^retry: \d+\n\n/)
    assert.equal(changes.listeners, 1)
    ending.abort()
    while (changes.listeners > 0) await realClock.sleep(10)
  })
})
