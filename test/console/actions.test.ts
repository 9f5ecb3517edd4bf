import assert from 'node:assert/strict'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { needsChromium, openBrowser, openPage } from './browser.ts'

const CONFIG = `
store: sqlite:console.db
language: en-US
robots:
  lab: { webhook: sandbox }
  calm: { webhook: sandbox }
channels:
  ops: { robots: [lab] }
  db: { robots: [calm] }
`

/** Forwards to a receiver; answers 502 while `broken`, as a proxy does whose receiver is down. */
async function startProxy(
  target: string,
): Promise<{ url: string; state: { broken: boolean }; server: Server }> {
  const state = { broken: false }
  const server = createServer((request, response) => {
    if (state.broken)
      return void response.writeHead(502, { 'Content-Type': 'text/html' }).end('Bad gateway')
    const { method, headers } = request
    const onward = httpRequest(
      new URL(request.url ?? '/', target),
      { method, headers },
      (reply) => {
        response.writeHead(reply.statusCode ?? 500, reply.headers)
        reply.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${port}`, state, server }
}

describe('actions in a browser', needsChromium, () => {
  const folder = temporaryFolder()
  const running: { browser?: Browser; receiver?: Receiver } = {}
  const receiver = (): Receiver => running.receiver as Receiver

  before(async () => {
    running.browser = await openBrowser()
    const port = await freePort()
    const config = CONFIG
    running.receiver = await new Receiver({ folder: folder.path, port, config }).start()
  })
  after(async () => {
    await running.browser?.close()
    await running.receiver?.end('SIGKILL')
    folder[Symbol.dispose]()
  })

  async function within(
    work: (page: Page) => Promise<void>,
    width: 360 | 1280 = 1280,
  ): Promise<void> {
    const { page } = await openPage(running.browser as Browser, { theme: 'light', width })
    try {
      await work(page)
    } finally {
      await page.context().close()
    }
  }

  const url = (path: string): string => `${receiver().url}${path}`
  const robotOf = async (name: string) => {
    const { robots } = await receiver().json<{
      robots: Record<string, { pause_reason: string | null; paused_by: string | null }>
    }>('/api/v1/status')
    return robots[name]
  }
  const headline = (page: Page) => page.locator('.verdict h1').textContent()

  test('a robot is paused and resumed in its card, which shows the result, on a phone and without a script', async () => {
    const context = await (running.browser as Browser).newContext({
      javaScriptEnabled: false,
      viewport: { width: 360, height: 740 },
    })
    const page = await context.newPage()
    await page.goto(url('/'))
    const card = page.locator('#robot-lab')
    // The card of a healthy robot is folded.
    await card.locator('summary').click()
    await card.getByRole('combobox').selectOption('until resumed')
    await card.getByRole('button', { name: 'Pause' }).click()
    assert.match((await card.getByRole('status').textContent()) ?? '', /is paused/)
    assert.match((await headline(page)) ?? '', /lab is paused by 127\.0\.0\.1/)
    assert.deepEqual(
      [(await robotOf('lab'))?.pause_reason, (await robotOf('lab'))?.paused_by],
      ['by_hand', '127.0.0.1'],
    )
    await card.getByRole('button', { name: 'Resume' }).click()
    assert.match((await card.getByRole('status').textContent()) ?? '', /works again/)
    assert.equal((await robotOf('lab'))?.pause_reason, null)
    await context.close()
  })

  test('the outcome of a test is shown in the row of its button', async () => {
    await within(async (page) => {
      await page.goto(url('/'))
      await page.locator('#channel-ops').getByRole('button', { name: 'Test' }).click()
      await page.locator('.outcomes .tag.sent').waitFor()
      assert.match((await page.locator('.outcomes').textContent()) ?? '', /Accepted by DingTalk/)
    })
  })

  test('a robot is tested in its line, which shows the outcome', async () => {
    await within(async (page) => {
      await page.goto(url('/'))
      const card = page.locator('#robot-lab')
      await card.locator('summary').click()
      await card.getByRole('button', { name: 'Send a test' }).click()
      await card.locator('.tag.sent').waitFor()
    })
  })

  test('a channel is muted for a while, which is recorded and ended', async () => {
    await within(async (page) => {
      await page.goto(url('/'))
      const row = page.locator('#channel-db')
      await row.locator('summary').click()
      await row.locator('select[name=for]').selectOption('until')
      await row.locator('input[name=until]').fill('2001-01-01T00:00')
      await row.getByRole('button', { name: 'Mute' }).click()
      assert.match((await page.locator('main').textContent()) ?? '', /must be in the future/)
      await page.goBack()
      await row.locator('summary').click()
      await row.locator('select[name=for]').selectOption('2h')
      await row.locator('input[name=by]').fill('Li <b>')
      await row.getByRole('button', { name: 'Mute' }).click()
      await page.getByText('The channel is muted.').waitFor()
      const silence = page.locator('#silences li')
      assert.match((await silence.textContent()) ?? '', /Muted until .* by Li <b>/s)
      assert.match((await page.locator('#flow').textContent()) ?? '', /db.*muted until/s)
      await silence.getByRole('button', { name: 'End it' }).click()
      assert.equal(await page.locator('#silences').count(), 0)
    })
  })

  test('failed messages are chosen, counted and sent again or dismissed, and then no longer count as trouble', async () => {
    // Alerts that wait for a removed channel become dead.
    await receiver().post('/api/v1/robots/lab/pause', '')
    await receiver().post('/channels/ops/test', '')
    receiver().configure(CONFIG.replace('  ops: { robots: [lab] }\n', ''))
    assert.equal((await receiver().post('/-/reload', '')).status, 200)
    await within(async (page) => {
      await page.goto(url('/'))
      await until('the headline names it', async () => {
        await page.reload()
        return /1 message failed/.test((await page.locator('.verdict').textContent()) ?? '')
      })
      await page.goto(url('/messages?state=dead'))
      const boxes = page.locator('input[type=checkbox]')
      const count = await boxes.count()
      assert.ok(count > 0)
      await page.getByRole('button', { name: 'Send again' }).click()
      assert.match((await page.locator('p.notice').textContent()) ?? '', /No message is chosen/)
      await boxes.first().check()
      await page.getByRole('button', { name: 'Send again' }).click()
      assert.match((await page.locator('h1').textContent()) ?? '', /Send 1 message again\?/)
      assert.match((await page.locator('main').textContent()) ?? '', /up to 1 call of this month/)
      await page.getByRole('link', { name: 'Back' }).click()
      await page.locator('select[name=which]').selectOption('all')
      await page.getByRole('button', { name: 'Dismiss' }).click()
      await page.getByRole('button', { name: 'Dismiss' }).click()
      assert.match((await page.locator('p.notice').textContent()) ?? '', /dismissed/)
      assert.equal(await boxes.count(), 0)
      assert.ok((await page.getByText('Dismissed by 127.0.0.1').count()) > 0)
      await page.goto(url('/'))
      assert.doesNotMatch((await page.locator('.verdict').textContent()) ?? '', /failed/)
    })
    receiver().configure(CONFIG)
    assert.equal((await receiver().post('/-/reload', '')).status, 200)
    await receiver().post('/api/v1/robots/lab/resume', '')
  })

  test("after a proxy's 502 the page shows the time of its numbers, and becomes live again without a reload", async () => {
    const proxy = await startProxy(receiver().url)
    try {
      await within(async (page) => {
        await page.goto(proxy.url)
        await page.locator('.live.on').waitFor()
        proxy.state.broken = true
        proxy.server.closeAllConnections()
        const off = page.locator('.live:not(.on)')
        await off.waitFor()
        assert.match((await off.textContent()) ?? '', /offline, as of \d\d:\d\d:\d\d/)
        await page.waitForTimeout(2_500)
        assert.ok(await page.locator('#overview').isVisible(), 'the page is kept')
        proxy.state.broken = false
        await page.locator('.live.on').waitFor({ timeout: 20_000 })
      })
    } finally {
      proxy.server.closeAllConnections()
      proxy.server.close()
    }
  })

  test('a press that spans refreshes takes effect, and choices stay', async () => {
    await within(async (page) => {
      await page.goto(url('/'))
      await page.locator('.live.on').waitFor()
      const card = page.locator('#robot-calm')
      await card.locator('summary').click()
      await card.getByRole('combobox').selectOption('2 hours')
      await page.locator('h1').first().click()
      let asked = 0
      page.on('response', (response) => {
        if (new URL(response.url()).pathname === '/') asked += 1
      })
      const come = (alertname: string) =>
        receiver().post('/alertmanager/db', {
          alerts: [{ status: 'firing', labels: { alertname } }],
        })
      await come('First')
      await page.getByText('First').first().waitFor()
      assert.equal(await card.getByRole('combobox').inputValue(), '2h')
      const button = card.getByRole('button', { name: 'Pause' })
      const box = await button.boundingBox()
      assert.ok(box)
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
      await page.mouse.down()
      const before = asked
      await come('Second')
      await until('the page was fetched meanwhile', async () => asked > before)
      await page.waitForTimeout(200)
      await page.mouse.up()
      await page.waitForURL(/at=robot-calm|#robot-calm/)
      assert.equal((await robotOf('calm'))?.pause_reason, 'by_hand')
      await card.getByRole('button', { name: 'Resume' }).click()
      await card.getByText('works again').waitFor()
    })
  })
})
