import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { basePathOf, normalizedUrl, withoutBase } from '../../src/http/request-url.ts'
import { serve } from './serving.ts'

describe('the address of a request', () => {
  test('is corrected', () => {
    for (const [url, wanted] of [
      ['/', '/'],
      ['//', '/'],
      ['/?a=//', '/?a=//'],
      ['//alertmanager//ops//', '/alertmanager/ops'],
      ['/messages/?q=a&timestamp=1', '/messages?q=a&timestamp=1'],
      ['/robot/send&timestamp=1&sign=2', '/robot/send?timestamp=1&sign=2'],
      ['/robot/send&sign=2?access_token=x', '/robot/send?sign=2&access_token=x'],
      ['/robot/send/&access_token=x', '/robot/send?access_token=x'],
      ['/ocp/a&b', '/ocp/a&b'],
      ['*', '*'],
      ['http://evil.example//x/', 'http://evil.example//x/'],
    ] as const)
      assert.equal(normalizedUrl(url), wanted)
  })

  test('loses the path of external_url', () => {
    assert.equal(basePathOf(undefined), '')
    assert.equal(basePathOf('https://example.com'), '')
    assert.equal(basePathOf('https://example.com/dingtalk/'), '/dingtalk')
    for (const [url, wanted] of [
      ['/dingtalk', '/'],
      ['/dingtalk?a=b', '/?a=b'],
      ['/dingtalk/messages/1', '/messages/1'],
      ['/dingtalks/x', undefined],
      ['/messages', undefined],
    ] as const)
      assert.equal(withoutBase(url, '/dingtalk'), wanted, url)
    assert.equal(withoutBase('/messages', ''), undefined)
  })

  test('does not change when it is corrected again, and never leads to another host', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('/', '//', 'a', '?', '&', '&sign=', 'b', '.', '%2f', ':'), {
          maxLength: 12,
        }),
        (parts) => {
          const url = normalizedUrl(`/${parts.join('')}`)
          assert.equal(normalizedUrl(url), url)
          assert.ok(!url.startsWith('//'))
        },
      ),
    )
  })
})

describe('the console under the path of external_url', () => {
  const PAGE =
    '<a href="/messages">x</a><form action="/theme"></form><img src="/assets/icon.svg"><a href="https://x.example/">y</a><p>href="/text" &quot;</p>'
  const page = async () => ({ status: 200, html: PAGE })

  test('has all its links there', async () => {
    const externalUrl = 'https://ops.example.com/dingtalk/'
    await using server = await serve({ settings: { externalUrl }, deps: { page } })
    for (const path of ['/', '/dingtalk/', '/dingtalk', '/dingtalk//messages']) {
      const { status, text } = await server.ask(path)
      assert.equal(status, 200, path)
      assert.ok(text.includes('<a href="/dingtalk/messages">'), text)
      assert.ok(text.includes('<form action="/dingtalk/theme">'))
      assert.ok(text.includes('<img src="/dingtalk/assets/icon.svg">'))
      assert.ok(text.includes('<a href="https://x.example/">'))
    }
    const reply = await server.ask('/ui')
    assert.deepEqual([reply.status, reply.headers.get('location')], [303, '/dingtalk/playground'])
  })

  test('and the senders, with the path or without it', async () => {
    const externalUrl = 'https://ops.example.com/dingtalk'
    await using server = await serve({ settings: { externalUrl } })
    for (const path of ['/alertmanager/ops', '/dingtalk/alertmanager/ops', '/dingtalk/ops/send'])
      assert.equal((await server.post(path)).status, 200, path)
    assert.equal((await server.post('/dingtalk/api/v1/messages/1/resend')).status, 200)
    assert.equal((await server.ask('/dingtalk/nothing')).status, 404)
    assert.equal((await server.ask('/nothing')).status, 404)
  })

  test('has them at the root where external_url has no path', async () => {
    for (const externalUrl of [undefined, 'https://ops.example.com']) {
      await using server = await serve({ settings: { externalUrl }, deps: { page } })
      assert.equal((await server.ask('/')).text, PAGE)
      assert.equal((await server.ask('/ui/')).headers.get('location'), '/playground')
    }
  })
})
