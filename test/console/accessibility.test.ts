import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { type Look, needsChromium, openBrowser, openPage } from './browser.ts'

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

const CONFIG = `
store: sqlite:console.db
language: en-US
external_url: https://alerts.example.com
quota: { monthly: 20 }
alertmanagers: [{ url: "http://127.0.0.1:DEAD_PORT" }]
robots:
  lab: { webhook: sandbox, monthly: 30 }
  calm: { webhook: sandbox }
  gone: { webhook: "http://127.0.0.1:DEAD_PORT/robot/send?access_token=x", timeout: 500ms }
channels:
  ops: { robots: [lab] }
  cards: { robots: [calm], format: actionCard, push_limits: { hour: 3 } }
  broken: { robots: [gone] }
`

interface Violation {
  id: string
  nodes: { target: string[]; failureSummary: string }[]
}

/** All violations that axe finds on a page, one line each. */
async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )) as Violation[]
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}

/** Controls that are lower than 44 pixels; links within a text may be. */
const SMALL_TARGETS = `[...document.querySelectorAll('button, select, summary, textarea, nav a, .choices a, .pager a, .quiet, input:not([type=hidden], [type=checkbox], [type=radio])')]
  .map((each) => ({ each, box: each.getBoundingClientRect() }))
  .filter(({ each, box }) => box.width > 1 && box.height < 43.5 && !each.closest('.hidden, [hidden]'))
  .map(({ each, box }) => each.outerHTML.slice(0, 120) + ' is ' + Math.round(box.height) + ' high')`

const looks: readonly Look[] = ([1440, 360] as const).flatMap((width) =>
  (['light', 'dark'] as const).map((theme) => ({ width, theme })),
)

describe('the accessibility of each page', needsChromium, () => {
  const folder = temporaryFolder()
  const running: { browser?: Browser; receiver?: Receiver } = {}
  const receiver = (): Receiver => running.receiver as Receiver
  const paths: string[] = []

  before(async () => {
    const config = CONFIG.replaceAll('DEAD_PORT', String(await freePort()))
    const port = await freePort()
    running.browser = await openBrowser()
    running.receiver = await new Receiver({ folder: folder.path, port, config }).start()
    const post = (channel: string, alertname: string, severity: string, status = 'firing') =>
      receiver().post(`/alertmanager/${channel}`, {
        externalURL: config.match(/http:[\d.:/]+/)?.[0],
        alerts: [
          {
            ...{ status, startsAt: '2026-11-24T03:00:00Z' },
            labels: { alertname, severity, instance: 'db-1:9100' },
            annotations: { summary: `**${alertname}** [link](https://a.b) \n> quoted` },
          },
        ],
      })
    const levels = ['down', 'critical', 'warning', 'caution', 'info']
    for (const level of levels) await post('ops', `Level${level}`, level)
    for (const level of levels) await post('cards', `Card${level}`, level)
    await post('broken', 'Unreachable', 'critical')
    await post('ops', 'Leveldown', 'down', 'resolved')
    await receiver().post('/api/v1/robots/calm/pause', '')
    type Shown = { text: string }[]
    const silence = await until('a message has a silence link', async () => {
      const shown = await receiver().json<Shown | { messages: Shown }>('/api/v1/sandbox')
      return /\/silence\/[\w.-]+/.exec(JSON.stringify(shown).replaceAll('%2F', '/'))?.[0]
    })
    const { messages } = await receiver().json<{ messages: { id: string }[] }>('/api/v1/messages')
    paths.push('/robots/lab', '/channels/ops', '/alerts/1', '/alerts?q=a%3D~%22(%22')
    paths.push('/', '/messages', '/alerts', '/playground', '/sandbox', '/setup', '/sign-in')
    paths.push(`/messages/${messages[0]?.id}`, '/messages?state=dead', '/messages/999999', silence)
  })
  after(async () => {
    await running.browser?.close()
    await running.receiver?.end('SIGKILL')
    folder[Symbol.dispose]()
  })

  for (const look of looks)
    test(`has no violation that axe finds: ${look.theme}, ${look.width} pixels`, async () => {
      const { page, complaints } = await openPage(running.browser as Browser, look)
      const found: string[] = []
      for (const path of paths) {
        await page.goto(`${receiver().url}${path}`)
        if (path === '/playground') await page.locator('.previewed').first().waitFor()
        // Folded parts, and parts that a press opens, are checked as well.
        await page.evaluate(
          "for (const each of document.querySelectorAll('details')) each.open = true",
        )
        found.push(...(await violationsOn(page)).map((each) => `${path}: ${each}`))
        // The browser itself reports the status of a page that does not exist.
        const reported = complaints.splice(0).filter((each) => !/status of 404/.test(each))
        found.push(...reported.map((each) => `${path}: ${each}`))
      }
      await page.context().close()
      assert.deepEqual(found, [])
    })

  test('has controls at least 44 pixels high, in three languages', async () => {
    const { page } = await openPage(running.browser as Browser, { theme: 'light', width: 360 })
    const found: string[] = []
    for (const language of ['en-US', 'zh-CN', 'zh-TW']) {
      await page.context().addCookies([{ name: 'language', value: language, url: receiver().url }])
      for (const path of paths) {
        await page.goto(`${receiver().url}${path}`)
        assert.equal(await page.evaluate('document.documentElement.lang'), language, path)
        const small = (await page.evaluate(SMALL_TARGETS)) as string[]
        found.push(...small.map((each) => `${path}: ${each}`))
        const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
        if (Number(wider) > 0) found.push(`${path} is ${wider} pixels too wide`)
      }
    }
    await page.context().close()
    assert.deepEqual([...new Set(found)], [])
  })

  test('has its navigation in a bar at the bottom, which hides no content', async () => {
    const { page } = await openPage(running.browser as Browser, { theme: 'light', width: 360 })
    await page.goto(`${receiver().url}/alerts`)
    const links = page.locator('.top nav a')
    const boxes = await Promise.all((await links.all()).map((each) => each.boundingBox()))
    const height = page.viewportSize()?.height ?? 0
    for (const box of boxes) assert.ok(box && box.y > height - 70 && box.y + box.height <= height)
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    const end = Number(
      await page.evaluate(`(() => {
        const text = document.createRange()
        text.selectNodeContents(document.querySelector('body > footer'))
        return text.getBoundingClientRect().bottom
      })()`),
    )
    const bar = await page.locator('.top nav').boundingBox()
    assert.ok(bar && end > 0 && end <= bar.y + 1, 'nothing is under the bar')
    await links.nth(1).click()
    await page.waitForURL(/\/messages$/)
    await page.context().close()
  })

  test('changes the language by a button on each page, also before signing in', async () => {
    const { page } = await openPage(running.browser as Browser)
    for (const path of ['/alerts?state=dead', '/sign-in', paths.at(-1) as string]) {
      await page.context().clearCookies()
      await page.goto(`${receiver().url}${path}`)
      assert.equal(await page.evaluate('document.documentElement.lang'), 'en-US')
      await page.locator('#languages summary').click()
      assert.ok(
        await page
          .getByText(/Times in Asia\/Shanghai \(UTC\+08:00\)/)
          .first()
          .isVisible(),
      )
      await page.getByRole('button', { name: '简体中文' }).click()
      await page.waitForFunction("document.documentElement.lang === 'zh-CN'")
      if (path.includes('?')) assert.ok(page.url().endsWith(path))
    }
    // Other browsers keep the configured language.
    const other = await (await receiver().get('/')).text()
    assert.match(other, /<html lang="en-US"/)
    await page.context().close()
  })
})
