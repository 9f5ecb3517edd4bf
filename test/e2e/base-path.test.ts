import assert from 'node:assert/strict'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

const BASE = '/tools/dingtalk'

/** A proxy that passes on what is under BASE, without it, and knows nothing else. */
async function startProxy(port: number) {
  const server = createServer((request, response) => {
    const url = request.url ?? '/'
    if (!url.startsWith(BASE)) return void response.writeHead(404).end('not under the path')
    const path = url.slice(BASE.length) || '/'
    const { method, headers } = request
    const onward = forward({ host: '127.0.0.1', port, path, method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a console under a path that a proxy strips', () => {
  test('is reached by its own links alone: pages, assets, forms and the stream', async () => {
    using folder = temporaryFolder()
    const port = await freePort()
    await using proxy = await startProxy(port)
    const config = `external_url: ${proxy.url}${BASE}/
admin: { token: a-token-for-the-console }
robots: { r: { webhook: sandbox } }
channels: { ops: { robots: [r] } }
`
    await using receiver = await new Receiver({ folder: folder.path, port, config }).start()
    await receiver.post('/ocp/ops', '{"alarm_name":"Rule","alarm_target":"host=1"}')
    const headers = { Authorization: 'Bearer a-token-for-the-console' }
    await until('the message is sent', async () => {
      const reply = await fetch(`${receiver.url}/api/v1/messages`, { headers })
      return /"state":"sent"/.test(await reply.text())
    })

    const seen = new Set<string>()
    const forms = new Set<string>()
    const queue = [`${BASE}/`]
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const reply = await fetch(`${proxy.url}${path}`, { headers })
      assert.equal(reply.status, 200, path)
      if (!reply.headers.get('content-type')?.startsWith('text/html')) continue
      const page = await reply.text()
      for (const [, attribute, written = ''] of page.matchAll(/ (href|src|action)="([^"]*)"/g)) {
        const to = new URL(written.replaceAll('&amp;', '&'), `${proxy.url}${path}`)
        if (to.origin !== proxy.url) continue
        assert.ok(to.pathname.startsWith(`${BASE}/`), `${written} on ${path}`)
        if (attribute === 'action') forms.add(to.pathname)
        else queue.push(to.pathname + to.search)
      }
    }
    for (const page of ['', 'messages', 'alerts', 'playground', 'sandbox', 'setup'])
      assert.ok(seen.has(`${BASE}/${page}`), page)
    assert.ok([...seen].some((path) => /\/messages\/\d+$/.test(path)))
    assert.ok([...seen].some((path) => path.includes('/assets/console.js')))

    const form = { method: 'POST', headers, redirect: 'manual' } as const
    const test = await fetch(`${proxy.url}${BASE}/channels/ops/test`, form)
    const back = test.headers.get('location') ?? ''
    assert.ok(back.startsWith(`${BASE}/?notice=tested&`) && back.endsWith('#channel-ops'), back)
    const body = new URLSearchParams({ theme: 'dark', back: '/alerts?q=x' })
    const theme = await fetch(`${proxy.url}${BASE}/theme`, { ...form, body })
    assert.equal(theme.headers.get('location'), `${BASE}/alerts?q=x`)
    assert.ok(forms.has(`${BASE}/theme`) && forms.has(`${BASE}/channels/ops/test`))

    // From the machine itself, without the proxy, the same links lead on.
    for (const path of seen) {
      const reply = await fetch(`${receiver.url}${path}`, { headers })
      assert.equal(reply.status, 200, path)
    }
  })
})
