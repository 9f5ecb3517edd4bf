import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { networksOf } from '../../src/config/networks.ts'
import { Secret } from '../../src/model/secret.ts'
import { serve } from './serving.ts'

const AUTH = [{ kind: 'bearer', token: new Secret('t') } as const]

describe('a method that a path does not accept', () => {
  test('is answered 405 with the methods that it accepts', async () => {
    await using server = await serve()
    for (const [method, path, allow] of [
      ['POST', '/metrics', 'GET, HEAD'],
      ['DELETE', '/-/healthy', 'GET, HEAD'],
      ['POST', '/-/ready', 'GET, HEAD'],
      ['GET', '/-/reload', 'POST, PUT'],
      ['POST', '/api/v1/status', 'GET, HEAD'],
      ['PUT', '/api/v1/messages', 'GET, HEAD'],
      ['POST', '/api/v1/messages/7', 'GET, HEAD'],
      ['GET', '/api/v1/messages/7/resend', 'POST'],
      ['GET', '/api/v1/preview', 'POST'],
      ['GET', '/api/v1/channels/ops/mute', 'POST'],
      ['POST', '/', 'GET, HEAD'],
      ['POST', '/messages/7', 'GET, HEAD'],
      ['PUT', '/playground', 'GET, HEAD, POST'],
      ['PUT', '/silence/link', 'GET, HEAD, POST'],
      ['OPTIONS', '/metrics', 'GET, HEAD'],
      ['GET', '/sign-out', 'POST'],
    ] as const) {
      const reply = await server.ask(path, { method })
      const what = `${method} ${path}: ${reply.text}`
      assert.deepEqual([reply.status, reply.headers.get('allow')], [405, allow], what)
      const { errcode, errmsg } = JSON.parse(reply.text)
      const listed = allow.replace(/, (?=\w+$)/, ' and ')
      assert.deepEqual([errcode, errmsg], [405, `${path} accepts ${listed}, not ${method}`])
    }
  })

  test('is explained to a browser on a page', async () => {
    await using server = await serve()
    const headers = { Accept: 'text/html,*/*;q=0.8' }
    const reply = await server.ask('/robots/ops-1/pause', { headers })
    assert.deepEqual([reply.status, reply.headers.get('allow')], [405, 'POST'])
    assert.match(reply.text, /^<p>405 .* accepts POST, not GET$/)
  })

  test('is found below the path of external_url', async () => {
    await using server = await serve({ settings: { externalUrl: 'http://a.example/alerts' } })
    const reply = await server.ask('/alerts/metrics', { method: 'POST' })
    assert.deepEqual([reply.status, reply.headers.get('allow')], [405, 'GET, HEAD'])
  })

  test('is still 404 at an unknown path, and for an unknown file or page', async () => {
    await using server = await serve()
    for (const [method, path] of [
      ['POST', '/nothing'],
      ['POST', '/api/v1/nothing'],
      ['DELETE', '/metrics/more'],
      ['GET', '/assets/nothing.css'],
      ['GET', '/messages/none'],
    ] as const) {
      const reply = await server.ask(path, { method })
      assert.deepEqual([reply.status, reply.headers.get('allow')], [404, null], path)
    }
  })

  test('needs the credentials of the path first', async () => {
    await using server = await serve({
      access: { admin: { token: new Secret('t'), protect: new Set() } },
    })
    assert.equal((await server.ask('/api/v1/status', { method: 'POST' })).status, 401)
  })
})

describe('a method other than POST and PUT at a receiving route', () => {
  const PATHS = ['/alertmanager/ops', '/dingtalk/ops/send', '/ocp/ops', '/ocp/nowhere']

  test('is answered 405, and is not counted as a request of a sender', async () => {
    await using server = await serve()
    for (const path of PATHS)
      for (const method of ['GET', 'DELETE', 'OPTIONS']) {
        const reply = await server.ask(path, { method })
        assert.deepEqual([reply.status, reply.headers.get('allow')], [405, 'POST, PUT'])
        assert.deepEqual(JSON.parse(reply.text), {
          errcode: 405,
          errmsg: `${path} accepts POST and PUT, not ${method}`,
        })
      }
    assert.doesNotMatch(await server.metrics.registry.metrics(), /code="405"/)
  })

  test('is refused like a POST without the credentials, or from another address', async () => {
    await using server = await serve({ access: { auth: AUTH } })
    for (const path of [...PATHS, '/robot/send?access_token=ops']) {
      const reply = await server.ask(path)
      assert.deepEqual([reply.status, reply.headers.get('allow')], [401, null], path)
      const headers = { Authorization: 'Bearer t' }
      assert.equal((await server.ask(path, { headers })).status, 405)
    }
    server.use({ allowFrom: networksOf(['10.0.0.0/8']) })
    assert.equal((await server.ask('/ocp/ops')).status, 403)
  })
})
