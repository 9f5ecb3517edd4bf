import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { needsChromium, openBrowser, openPage } from './browser.ts'

const CONFIG = `
store: sqlite:console.db
language: en-US
robots:
  lab: { webhook: sandbox }
  two: { webhook: sandbox }
channels:
  cards: { robots: [lab], format: actionCard }
  pool: { robots: [lab, two], mode: pool }
`

interface Status {
  robots: Record<string, { calls_left: number; waiting: number; paused_until: string | null }>
  channels: Record<string, { waiting: number }>
}

describe('the sandbox', needsChromium, () => {
  const folder = temporaryFolder()
  const running: { browser?: Browser; receiver?: Receiver } = {}
  const receiver = (): Receiver => running.receiver as Receiver
  const status = () => receiver().json<Status>('/api/v1/status')

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

  async function within(work: (page: Page) => Promise<void>): Promise<void> {
    const { page, complaints } = await openPage(running.browser as Browser)
    try {
      await work(page)
      assert.deepEqual(complaints, [])
    } finally {
      await page.context().close()
    }
  }

  test('shows a card with its buttons, which lead only to web pages', async () => {
    await receiver().post('/alertmanager/cards', {
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'Carded', severity: 'critical' },
          annotations: { runbook_url: 'https://runbooks.example.com/carded' },
          generatorURL: 'javascript:alert(1)',
        },
      ],
    })
    await within(async (page) => {
      await page.goto(`${receiver().url}/sandbox?channel=cards`)
      const bubble = page.locator('.chat .bubble').filter({ hasText: 'Carded' })
      await bubble.waitFor()
      const links = await bubble.locator('.card-buttons a').all()
      assert.ok(links.length > 0)
      const targets = await Promise.all(links.map((each) => each.getAttribute('href')))
      assert.ok(targets.includes('https://runbooks.example.com/carded'))
      assert.ok(targets.every((each) => /^https?:/.test(each ?? '')))
    })
  })

  test('shows the numbers of the API soon after a change, and counts the queue of a pool once', async () => {
    await within(async (page) => {
      await page.goto(`${receiver().url}/sandbox?channel=pool`)
      await page.locator('.live.on').waitFor()
      await page.getByLabel('Channel').selectOption('pool')
      await page.getByRole('button', { name: 'A storm of 500' }).click()
      await page.getByText('500 alerts are queued').waitFor()
      await until(
        'all of it is delivered',
        async () => (await status()).channels['pool']?.waiting === 0,
        60_000,
      )
      const last = Date.now()
      const chips = () => page.locator('.robot-line .chip').allTextContents()
      await until(
        'the page says so',
        async () => {
          const { robots } = await status()
          const wanted = Object.entries(robots).map(
            ([name, { calls_left: left }]) => `${name} ${left} of 20 calls left per 1 min`,
          )
          return (await chips()).join('|') === wanted.join('|')
        },
        10_000,
      )
      assert.ok(Date.now() - last < 10_000)
    })
  })

  test('throttles for a minute, as the button announces', async () => {
    await within(async (page) => {
      await page.goto(`${receiver().url}/sandbox?channel=cards`)
      await page.locator('.live.on').waitFor()
      const button = page.getByRole('button', { name: 'A throttle' })
      assert.match((await button.textContent()) ?? '', /pauses for 1 min, then sends everything/)
      await button.click()
      await page.locator('.robot-line .paused').waitFor()
      const icon = page.locator('link[rel=icon]')
      await until('the icon of the tab says so', async () =>
        ((await icon.getAttribute('href')) ?? '').includes('icon-paused'),
      )
      const { robots } = await status()
      const left = Date.parse(robots['lab']?.paused_until ?? '') - Date.now()
      assert.ok(left > 40_000 && left < 65_000, `${left} ms`)
    })
  })
})
