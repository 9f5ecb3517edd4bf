import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { needsChromium, openBrowser, openPage } from './browser.ts'

const CONFIG = `
store: sqlite:console.db
language: en-US
external_url: https://alerts.example.com
robots:
  lab: { webhook: sandbox }
  word: { webhook: sandbox, keywords: [opsword] }
channels:
  ops: { robots: [lab], mention: { mobiles: ["13800000000"], all: true } }
  cards: { robots: [lab, word], format: actionCard }
`

const alert = (name: string) =>
  JSON.stringify({
    alerts: [
      {
        status: 'firing',
        labels: { alertname: name, severity: 'critical' },
        annotations: { runbook_url: 'https://runbooks.example.com/1' },
      },
    ],
  })

describe('the playground during typing', needsChromium, () => {
  const folder = temporaryFolder()
  const running: { browser?: Browser; receiver?: Receiver } = {}

  before(async () => {
    running.browser = await openBrowser()
    const port = await freePort()
    running.receiver = await new Receiver({ folder: folder.path, port, config: CONFIG }).start()
  })
  after(async () => {
    await running.browser?.close()
    await running.receiver?.end('SIGKILL')
    folder[Symbol.dispose]()
  })

  async function within(
    work: (page: Page, complaints: string[]) => Promise<void>,
    path = '/playground',
  ): Promise<void> {
    const { page, complaints } = await openPage(running.browser as Browser)
    try {
      await page.goto(`${running.receiver?.url}${path}`)
      await work(page, complaints)
    } finally {
      await page.context().close()
    }
  }
  const says = (page: Page, text: string | RegExp) =>
    page.locator('#result').filter({ hasText: text }).waitFor()

  test('shows the result at once, with mentions, keyword, buttons of a card, and the calls', async () => {
    await within(async (page, complaints) => {
      await says(page, /bytes of 20,000/)
      await page.locator('[name=payload]').fill(alert('TypedNow'))
      await says(page, 'TypedNow')
      await says(page, '1 message · 1 call (a robot has 20 calls per 1 min)')
      await says(page, 'Mentions: @13800000000 @all')
      await page.locator('[name=channel]').selectOption('cards')
      await says(page, '1 message · 2 calls, one for each of 2 robots')
      await says(page, 'Keyword (word): opsword')
      await says(page, 'Mentions: nobody')
      assert.ok((await page.locator('#result .card-buttons a').count()) > 0)
      assert.deepEqual(complaints, [])
    })
  })

  test('names the line and column of a fault as the route does, and a misspelt variable', async () => {
    await within(async (page) => {
      await page.locator('[name=payload]').fill('{"alerts": [\n  {"labels": }\n]}')
      await says(page, /would refuse it with HTTP 400/)
      const said = (await page.getByRole('alert').textContent()) ?? ''
      assert.match(said, /line 2, column 14/)
      const route = await (running.receiver as Receiver).post(
        '/alertmanager/ops',
        '{"alerts": [\n  {"labels": }\n]}',
      )
      assert.equal(route.status, 400)
      const { errmsg } = (await route.json()) as { errmsg: string }
      assert.ok(said.includes(errmsg), errmsg)
      await page.locator('[name=source]').selectOption('chat')
      await says(page, 'would refuse it')
      await page.locator('[name=source]').selectOption('')
      await page.locator('[name=payload]').fill(alert('Typed'))
      await page.locator('[name=template]').fill('### x\n- ${alarm_nam}')
      await says(page, 'Line 2, column 3: ${alarm_nam} is not a documented variable')
    })
  })

  test('never lets an earlier answer replace a later one, and never blocks typing', async () => {
    await within(async (page) => {
      await says(page, /bytes of/)
      let held = 0
      await page.route('**/playground', async (route) => {
        if (route.request().postData()?.includes('Slow') && held++ === 0)
          await new Promise((resolve) => setTimeout(resolve, 1_500))
        await route.continue().catch(() => {})
      })
      const payload = page.locator('[name=payload]')
      await payload.fill(alert('SlowOne'))
      await until('the slow one is asked', () => held > 0)
      await payload.fill(alert('QuickOne'))
      await payload.press('End')
      await page.keyboard.type(' ')
      await says(page, 'QuickOne')
      await page.waitForTimeout(1_800)
      assert.doesNotMatch((await page.locator('#result').textContent()) ?? '', /SlowOne/)
      assert.match(await payload.inputValue(), /QuickOne/)
    })
  })

  test('shares the input by a link whose payload is not sent to a server', async () => {
    const shared = { href: '' }
    await within(async (page) => {
      await page.locator('[name=payload]').fill(alert('Sh\u00e4red \u544a\u8b66'))
      await page.locator('[name=template]').fill('Mine: ${alarm_name}')
      await page.getByRole('button', { name: 'Copy a link' }).click()
      await page.locator('#shared').filter({ hasText: /link/ }).waitFor()
      shared.href = page.url()
      assert.ok(await page.getByText('Remove secrets').isVisible())
    })
    assert.match(shared.href, /\/playground#play=[\w-]+$/)
    const { page } = await openPage(running.browser as Browser)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(shared.href)
    await says(page, /Mine: .*Sh\u00e4red \u544a\u8b66/)
    assert.equal(await page.locator('[name=template]').inputValue(), 'Mine: ${alarm_name}')
    assert.ok(asked.every((each) => !each.includes('play=')))
    await page.context().close()
  })

  test('stays usable after a link that is broken, too large, or names an unknown channel', async () => {
    const pack = async (text: string) => {
      const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))
      return Buffer.from(await new Response(stream).arrayBuffer()).toString('base64url')
    }
    const hostile = { channel: 'nowhere', payload: '<img src=x onerror=alert(1)>', uses: 7 }
    for (const packed of [
      'abc',
      await pack('null'),
      await pack('x'.repeat(3_000_000)),
      await pack(JSON.stringify(hostile)),
    ])
      await within(async (page, complaints) => {
        await says(page, /bytes of/)
        assert.equal(await page.locator('[name=channel]').inputValue(), 'ops')
        assert.equal(await page.locator('#result img').count(), 0)
        assert.deepEqual(complaints, [])
      }, `/playground#play=${packed}`)
  })

  test('shows that the session has ended, or that the receiver does not answer, and keeps the input', async () => {
    await within(async (page) => {
      await says(page, /bytes of/)
      await page.route('**/playground', (route) => route.fulfill({ status: 401, body: 'no' }))
      await page.locator('[name=payload]').fill(alert('Kept'))
      await page.getByText('Sign in in another tab').waitFor()
      await page.unroute('**/playground')
      await page.route('**/playground', (route) => route.abort())
      await page.locator('[name=payload]').fill(alert('KeptToo'))
      await page.getByText('No preview at the moment').waitFor()
      assert.match(await page.locator('[name=payload]').inputValue(), /KeptToo/)
    })
  })
})
