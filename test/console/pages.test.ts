import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { LOOKS, type Look, needsChromium, openBrowser, openPage } from './browser.ts'

const CONFIG = `
store: sqlite:console.db
language: en-US
quota: { monthly: 3000 }
robots:
  lab: { webhook: sandbox }
  stormy: { webhook: sandbox }
  refusing: { webhook: "WEBHOOK" }
channels:
  ops: { robots: [lab], mention: { mobiles: ["13800000000"] } }
  storms: { robots: [stormy] }
  refused: { robots: [refusing] }
`

const HOSTILE = '<script>document.title="owned"</script><img src=x onerror=alert(1)>'

const PAGES = ['/', '/messages', '/alerts', '/playground', '/sandbox', '/setup'] as const

async function textOf(element: Locator): Promise<string> {
  return (await element.textContent()) ?? ''
}

describe('the console in a browser', needsChromium, () => {
  const folder = temporaryFolder()
  const running: { browser?: Browser; receiver?: Receiver; dingtalk?: StandIn } = {}
  const browser = (): Browser => running.browser as Browser
  const receiver = (): Receiver => running.receiver as Receiver
  const dingtalk = (): StandIn => running.dingtalk as StandIn
  const url = (path: string): string => `${receiver().url}${path}`

  before(async () => {
    running.dingtalk = await startStandIn()
    const config = CONFIG.replace('WEBHOOK', running.dingtalk.url('x'))
    running.browser = await openBrowser()
    running.receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config,
    }).start()
    const alert = (instance: string, status = 'firing') => ({
      status,
      labels: { alertname: `Disk ${HOSTILE}`, severity: 'critical', instance },
      annotations: { summary: `${HOSTILE} **not bold**` },
      startsAt: '2026-11-24T03:00:00Z',
    })
    await receiver().post('/alertmanager/ops', { alerts: [alert('db-1')] })
    await receiver().post('/alertmanager/ops', { alerts: [alert('db-2'), alert('db-3')] })
    await until('everything is delivered', async () => {
      const { channels } = await receiver().json<{ channels: { ops: { waiting: number } } }>(
        '/api/v1/status',
      )
      const { messages } = await receiver().json<{ messages: unknown[] }>('/api/v1/messages')
      return channels.ops.waiting === 0 && messages.length >= 1
    })
  })
  after(async () => {
    await running.browser?.close()
    await running.receiver?.end('SIGKILL')
    await running.dingtalk?.close()
    folder[Symbol.dispose]()
  })

  /** Runs a step in a new page; the browser must report no errors. */
  async function within(
    look: Look | undefined,
    work: (page: Page) => Promise<void>,
  ): Promise<void> {
    const { page, complaints } = await openPage(browser(), look)
    try {
      await work(page)
      assert.deepEqual(complaints, [])
    } finally {
      await page.context().close()
    }
  }

  for (const look of LOOKS)
    test(`each page fits ${look.width} pixels, ${look.theme}, without errors in the browser`, async () => {
      const { messages } = await receiver().json<{ messages: { id: string }[] }>('/api/v1/messages')
      await within(look, async (page) => {
        for (const path of [...PAGES, `/messages/${messages[0]?.id}`]) {
          const response = await page.goto(url(path))
          assert.equal(response?.status(), 200, path)
          assert.equal(await page.locator('h1').count(), 1, path)
          const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          assert.ok(Number(wider) <= 0, `${path} is ${wider} pixels too wide`)
          const back = String(
            await page.evaluate('getComputedStyle(document.body).backgroundColor'),
          )
          const [red = 0] = back.match(/\d+/g)?.map(Number) ?? []
          assert.equal(red < 128, look.theme === 'dark', `${path} has the background ${back}`)
          assert.notEqual(await page.title(), 'owned')
        }
      })
    })

  test('hostile text of an alert is shown as text everywhere', async () => {
    await within(undefined, async (page) => {
      for (const path of ['/', '/messages', '/alerts', '/sandbox']) {
        await page.goto(url(path))
        const text = await textOf(page.locator('main'))
        assert.ok(text.includes('<script>document.title="owned"</script>'), path)
        assert.equal(await page.locator('main script, main img').count(), 0, path)
      }
      const { messages } = await receiver().json<{ messages: { id: string }[] }>('/api/v1/messages')
      await page.goto(url(`/messages/${messages[0]?.id}`))
      assert.match(await textOf(page.locator('.bubble')), /<img src=x onerror=alert\(1\)>/)
      assert.equal(await textOf(page.locator('.bubble .at')), '@13800000000')
    })
  })

  test('the page of a message explains each attempt', async () => {
    await within(undefined, async (page) => {
      const { messages } = await receiver().json<{
        messages: { id: string; attempts: { words: string }[] }[]
      }>('/api/v1/messages')
      const [message] = messages
      const words = message?.attempts[0]?.words ?? ''
      assert.notEqual(words, '')
      await page.goto(url(`/messages/${message?.id}`))
      assert.ok((await textOf(page.locator('.attempts li').first())).includes(words), words)
    })
  })

  test('the overview shows the calls left, and updates itself', async () => {
    await within(undefined, async (page) => {
      await page.goto(url('/'))
      await page.locator('.live.on').waitFor()
      assert.match(await textOf(page.locator('.card').first()), /of 20 calls left/)
      assert.equal(await page.locator('.chart svg').count(), 1)
      await receiver().post('/alertmanager/ops', {
        alerts: [{ status: 'firing', labels: { alertname: 'JustCame', severity: 'info' } }],
      })
      await page.getByText('JustCame').first().waitFor()
    })
  })

  test('the chart is read by keys, pointer and touch, and opens the alerts of a column', async () => {
    await within(undefined, async (page) => {
      await page.goto(url('/?range=6h'))
      assert.equal(await page.locator('#chart [data-column]').count(), 72)
      const readout = page.locator('#chart .readout')
      assert.equal(await readout.isVisible(), false)
      await page.locator('#chart').focus()
      await page.keyboard.press('ArrowLeft')
      assert.match(await textOf(readout), /\d received, \d+ delivered/)
      assert.equal(await page.locator('#chart .cross').isVisible(), true)
      const newest = await textOf(readout)
      await page.keyboard.press('ArrowLeft')
      assert.notEqual(await textOf(readout), newest)
      await page.keyboard.press('Escape')
      assert.equal(await readout.isVisible(), false)
      const box = await page.locator('#chart .plot').boundingBox()
      assert.ok(box)
      await page.mouse.move(box.x + box.width - 2, box.y + 10)
      assert.equal(await textOf(readout), newest)
      await page.mouse.click(box.x + box.width - 2, box.y + 10)
      await page.waitForURL(/\/alerts\?from=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A00Z&to=/)
    })
    const context = await browser().newContext({
      ...{ hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } },
    })
    const page = await context.newPage()
    await page.goto(url('/'))
    const plot = page.locator('#chart .plot')
    const box = await plot.boundingBox()
    assert.ok(box)
    await plot.tap({ position: { x: box.width - 2, y: 20 } })
    assert.equal(await page.locator('#chart .readout').isVisible(), true)
    await plot.tap({ position: { x: box.width - 2, y: 20 } })
    await page.waitForURL(/\/alerts\?from=/)
    await context.close()
  })

  test('the column that the chart reads out stays while the page updates itself', async () => {
    await within(undefined, async (page) => {
      await page.goto(url('/'))
      await page.locator('.live.on').waitFor()
      await page.locator('#chart').focus()
      for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowLeft')
      const seen = (await textOf(page.locator('#chart .readout'))).slice(0, 5)
      await receiver().post('/alertmanager/ops', {
        alerts: [{ status: 'firing', labels: { alertname: 'WhileRead', severity: 'info' } }],
      })
      await page.getByText('WhileRead').first().waitFor()
      assert.equal((await textOf(page.locator('#chart .readout'))).slice(0, 5), seen)
      await page.keyboard.press('ArrowRight')
      assert.notEqual((await textOf(page.locator('#chart .readout'))).slice(0, 5), seen)
    })
  })

  test('the tiles add up to what was received, and each leads to its alerts', async () => {
    await within(undefined, async (page) => {
      for (const range of ['1h', '6h', '24h', '7d']) {
        await page.goto(url(`/?range=${range}`))
        const numbers = await page.locator('.tiles b').allTextContents()
        const sum = numbers.reduce((total, each) => total + Number(each.replaceAll(',', '')), 0)
        assert.match(await textOf(page.locator('#numbers h2')), new RegExp(`^${sum} alerts?`))
        assert.ok(sum >= 3)
      }
      await page.locator('.tiles .delivered a').click()
      await page.waitForURL(/\/alerts\?state=sent&from=.+&to=/)
      assert.equal((await page.goto(url('/?range=%3Cscript%3E')))?.status(), 200)
    })
  })

  test('works by keyboard: skip link, visible focus, a disclosure', async () => {
    await within(undefined, async (page) => {
      await page.goto(url('/alerts'))
      await page.keyboard.press('Tab')
      assert.equal(await page.evaluate('document.activeElement.className'), 'skip')
      await page.keyboard.press('Enter')
      assert.equal(await page.evaluate('document.activeElement.id'), 'main')
      await page.locator('.alert summary').first().focus()
      await page.keyboard.press('Enter')
      assert.ok(await page.locator('main details[open] dl').first().isVisible())
      await page.keyboard.press('Tab')
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
      assert.equal(outline, 'solid')
    })
  })

  test('messages and alerts are filtered and searched', async () => {
    await within(undefined, async (page) => {
      await page.goto(url('/alerts'))
      await page.getByLabel('Name, target').fill('instance=db-2')
      await page.getByRole('button', { name: 'Search' }).click()
      await page.waitForURL(/q=instance/)
      assert.equal(await page.locator('.alert').count(), 1)
      assert.match(await textOf(page.locator('.alert')), /db-2/)
      await page.goto(url('/messages'))
      await page.getByLabel('State').selectOption('dead')
      await page.getByRole('button', { name: 'Filter' }).click()
      await page.waitForURL(/state=dead/)
      assert.match(await textOf(page.locator('#messages')), /Nothing matches/)
      await page.goto(url('/messages?q=nowhere'))
      assert.equal(await page.locator('.bubble-row').count(), 0)
    })
  })

  test('the playground shows messages, sizes and faults without a script, and runs no code', async () => {
    const context = await browser().newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(url('/playground?sample=ocp'))
    assert.match(await page.locator('textarea[name=payload]').inputValue(), /ob_cannot_connected/)
    await page.getByRole('button', { name: 'Preview' }).click()
    assert.match(await textOf(page.locator('#result')), /bytes of 20,000/)
    assert.match(await textOf(page.locator('#result .bubble')), /OceanBase host cannot/)
    const template = page.locator('textarea[name=template]')
    await template.fill('### Mine: ${alarm_name}')
    await page.getByLabel('This text').check()
    await page.getByRole('button', { name: 'Preview' }).click()
    assert.match(await textOf(page.locator('#result h3').first()), /^Mine: OceanBase/)
    await template.fill('<% globalThis.process.exit() %>')
    await page.getByRole('button', { name: 'Preview' }).click()
    assert.match(await textOf(page.getByRole('alert')), /runs code/)
    await page.locator('textarea[name=payload]').fill('{"alerts": [')
    await page.locator('input[value=own]').check()
    await page.getByRole('button', { name: 'Preview' }).click()
    assert.equal(await page.locator('#result').isVisible(), true)
    for (const sample of ['group', 'resolved', 'ocpRecovery', 'ocpDingtalk', 'awkward']) {
      await page.goto(url(`/playground?sample=${sample}`))
      await page.getByRole('button', { name: 'Preview' }).click()
      assert.ok((await page.locator('.previewed').count()) > 0, sample)
      assert.equal(await page.locator('#result script, #result img').count(), 0)
    }
    await context.close()
  })

  test("the setup page shows the receiver's URL for each channel", async () => {
    await within(undefined, async (page) => {
      await page.goto(url('/setup?channel=refused'))
      const text = await textOf(page.locator('main'))
      assert.ok(text.includes(`url: ${url('/alertmanager/refused')}`))
      assert.ok(text.includes(url('/ocp/refused')))
      assert.match(text, /\$\{alarm_name\}/)
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
      await page.locator('[data-copies="ocp-url"]').click()
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), url('/ocp/refused'))
    })
  })

  test('the theme is switched by a button, and kept', async () => {
    await within({ theme: 'light', width: 360 }, async (page) => {
      await page.goto(url('/messages'))
      const theme = () => page.evaluate('document.documentElement.dataset.theme')
      const seen = [await theme()]
      for (let i = 0; i < 3; i += 1) {
        await page.getByRole('button', { name: 'Theme' }).click()
        seen.push(await theme())
      }
      assert.deepEqual(seen, ['auto', 'light', 'dark', 'auto'])
      assert.equal(new URL(page.url()).pathname, '/messages')
    })
  })

  test('pages, filters, buttons and notices work without JavaScript', async () => {
    const context = await browser().newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    for (const path of PAGES) assert.equal((await page.goto(url(path)))?.status(), 200)
    await page.goto(url('/'))
    await page.getByRole('button', { name: 'Test' }).first().click()
    assert.match(await textOf(page.getByRole('status')), /is queued/)
    await page.getByRole('link', { name: 'Refresh' }).click()
    assert.equal(await page.getByRole('status').count(), 0)
    await context.close()
  })

  test('the sandbox plays an alert, a recovery, a storm and a throttle with its countdown', async () => {
    await within(undefined, async (page) => {
      await page.goto(url('/sandbox'))
      await page.locator('.live.on').waitFor()
      const play = async (name: string): Promise<void> => {
        await page.getByRole('button', { name }).click()
        await page.getByRole('status').waitFor()
        assert.doesNotMatch(page.url(), /notice/)
      }
      const bubbles = page.locator('.chat .bubble')
      const before = await bubbles.count()
      await play('One alert')
      await until('it is shown', async () => (await bubbles.count()) > before)
      await play('A recovery')
      await bubbles.filter({ hasText: 'Resolved' }).first().waitFor()
      await page.getByLabel('Channel').selectOption('storms')
      await play('A storm of 500')
      await bubbles
        .filter({ hasText: /\d+ alerts/ })
        .first()
        .waitFor()
      await page.getByLabel('Channel').selectOption('ops')
      await play('A throttle')
      await page.locator('.robot-line .paused').waitFor()
      await page.goto(url('/'))
      const left = page.locator('.verdict [data-until]')
      await left.waitFor()
      const first = await textOf(left)
      assert.match(first, /^1 min|^[1-5]\d s/)
      await until('it counts down', async () => (await textOf(left)) !== first)
    })
  })

  test('a dead message shows its reason, and is resent by a button', async () => {
    await within(undefined, async (page) => {
      const errmsg = 'token is not exist'
      dingtalk().script({ kind: 'reply', body: JSON.stringify({ errcode: 300005, errmsg }) })
      await receiver().post('/alertmanager/refused', {
        alerts: [{ status: 'firing', labels: { alertname: 'Lost' } }],
      })
      const link = page.getByRole('link', { name: /^Open: .*Lost/ })
      await until('it is listed', async () => {
        await page.goto(url('/messages?state=dead'))
        return (await link.count()) > 0
      })
      await link.click()
      assert.match(await textOf(page.locator('.reason')), /Unknown access token/)
      await page.getByRole('button', { name: 'Resend' }).click()
      await page.locator('p.notice').waitFor()
      await until('it is delivered', async () => dingtalk().shown().length === 1)
    })
  })

  test('a dead message whose alerts are in other messages has no button to resend it', async () => {
    await within(undefined, async (page) => {
      const before = dingtalk().received.length
      dingtalk().script({ kind: 'reply', body: JSON.stringify({ errcode: 660026, errmsg: '' }) })
      await receiver().post('/alertmanager/refused', {
        alerts: [{ status: 'firing', labels: { alertname: 'Moved' } }],
      })
      await until('it was tried', async () => dingtalk().received.length > before)
      const text = readFileSync(`${receiver().folder}/dingtalk-receiver.yml`, 'utf8')
      receiver().configure(text.replace(/refused: \{ robots: .*/, 'refused: { robots: [lab] }'))
      assert.equal((await receiver().post('/-/reload', '')).status, 200)
      const link = page.getByRole('link', { name: /^Open: .*Moved/ })
      await until('it is listed', async () => {
        await page.goto(url('/messages?state=dead'))
        return (await link.count()) > 0
      })
      await link.click()
      assert.match(await textOf(page.locator('.reason')), /removed from the configuration/)
      assert.match(await textOf(page.locator('main')), /moved to other messages/)
      assert.equal(await page.getByRole('button', { name: 'Resend' }).count(), 0)
    })
  })

  for (const [language, title] of [
    ['zh-CN', '总览'],
    ['zh-TW', '總覽'],
  ] as const)
    test(`is in ${language} if configured`, async () => {
      const text = readFileSync(`${receiver().folder}/dingtalk-receiver.yml`, 'utf8')
      receiver().configure(text.replace(/^language: .*$/m, `language: ${language}`))
      assert.equal((await receiver().post('/-/reload', '')).status, 200)
      await within({ theme: 'light', width: 360 }, async (page) => {
        for (const path of PAGES) {
          await page.goto(url(path))
          assert.equal(await page.evaluate('document.documentElement.lang'), language)
          const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          assert.ok(Number(wider) <= 0, path)
        }
        await page.goto(url('/'))
        assert.match(await page.title(), new RegExp(`^(?:\\(!\\) )?${title}`))
      })
    })

  test('the receiver stops at once while pages are open', async () => {
    const { page } = await openPage(browser())
    await page.goto(url('/'))
    await page.locator('.live.on').waitFor()
    assert.equal(await receiver().end('SIGTERM'), 0)
    await page.locator('.live:not(.on)').waitFor()
    await page.context().close()
  })
})
