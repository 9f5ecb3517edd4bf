import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { freePort, until } from '../support/receiver.ts'
import { needsChromium, openBrowser, openPage } from './browser.ts'

const ASSETS: Readonly<Record<string, string>> = {
  'console.js': fileURLToPath(new URL('../../templates/console/console.js', import.meta.url)),
  'console.css': fileURLToPath(new URL('../../templates/console/console.css', import.meta.url)),
  'idiomorph.js': fileURLToPath(import.meta.resolve('idiomorph/dist/idiomorph.min.js')),
  'icon.svg': fileURLToPath(new URL('../../templates/console/icon.svg', import.meta.url)),
  'icon-bad.svg': fileURLToPath(new URL('../../templates/console/icon-bad.svg', import.meta.url)),
}

/** The content of the served page, and counts of its requests. */
interface Shown {
  rows: string[]
  headline: string
  bad: boolean
  status: number
  streams: Set<ServerResponse>
  asked: number
  fetched: number
  madeAt: number
  scriptAt: number
}

function html({ rows, headline, bad }: Shown): string {
  const row = (name: string) =>
    `<li class="row"><a href="/rows/${name}">${name}</a> <input type="checkbox" name="id" value="${name}" aria-label="${name}">
<details><summary>More of ${name}</summary><p>Details of ${name}</p></details>
<form method="post" action="/rows/${name}/act"><select name="for"><option>a</option><option>b</option></select><button>Act on ${name}</button></form></li>`
  return `<!doctype html><html lang="en-US" data-theme="auto" data-now="${new Date().toISOString()}" data-as-of="10:00:00" data-ago="{time} ago"><head><title>${bad ? '(!) ' : ''}Rows</title>
<link rel="icon" href="/assets/${bad ? 'icon-bad' : 'icon'}.svg"><link rel="stylesheet" href="/assets/console.css"><script src="/assets/idiomorph.js" defer></script><script src="/assets/console.js" defer></script></head>
<body><header class="top"><span class="live" aria-live="polite" hidden data-live-state data-on="live" data-off="offline, as of {time}"></span></header>
<main id="main" tabindex="-1"><div id="rows" data-live><h1>${headline}</h1><div class="chat" data-keep-scroll="x" tabindex="0"><p>${'long '.repeat(4000)}</p></div><ul class="rows">${rows.map(row).join('\n')}</ul></div></main></body></html>`
}

const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'"

function serve(shown: Shown): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/events') {
      if (shown.status !== 200) return void response.writeHead(shown.status).end()
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('retry: 200\n\n')
      shown.streams.add(response)
      response.on('close', () => shown.streams.delete(response))
      return
    }
    const asset = ASSETS[pathname.replace('/assets/', '')]
    if (asset !== undefined) {
      const type = pathname.endsWith('.css')
        ? 'text/css'
        : pathname.endsWith('.js')
          ? 'text/javascript'
          : 'image/svg+xml'
      response.writeHead(200, { 'Content-Type': type })
      if (pathname === '/assets/console.js') shown.scriptAt = Date.now()
      return void setTimeout(() => response.end(readFileSync(asset)), 20)
    }
    if (pathname === '/') {
      shown.fetched += 1
      shown.madeAt = Date.now()
    }
    response.writeHead(shown.status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': POLICY,
    })
    response.end(
      shown.status === 401 ? '<!doctype html><title>Sign in</title><h1>Sign in</h1>' : html(shown),
    )
  })
}

describe('the live update of a page', needsChromium, () => {
  const shown: Shown = {
    rows: [],
    headline: '',
    bad: false,
    status: 200,
    streams: new Set(),
    asked: 0,
    fetched: 0,
    madeAt: 0,
    scriptAt: 0,
  }
  const running: { browser?: Browser; server?: Server; url: string } = { url: '' }
  const names = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `r${from + index}`)

  before(async () => {
    running.browser = await openBrowser()
    running.server = serve(shown)
    const port = await freePort()
    await new Promise<void>((resolve) => running.server?.listen(port, '127.0.0.1', resolve))
    running.url = `http://127.0.0.1:${port}/`
  })
  beforeEach(() =>
    Object.assign(shown, { rows: names(100, 130), headline: 'All clear', bad: false, status: 200 }),
  )
  after(async () => {
    await running.browser?.close()
    running.server?.closeAllConnections()
    running.server?.close()
  })

  async function within(work: (page: Page, complaints: string[]) => Promise<void>): Promise<void> {
    const { page, complaints } = await openPage(running.browser as Browser)
    try {
      await page.goto(running.url)
      await page.locator('.live.on').waitFor()
      await work(page, complaints)
    } finally {
      await page.context().close()
    }
  }

  /** Makes the page refresh as often as possible; records each press instead of posting it. */
  const storm = (page: Page) =>
    page.evaluate(`
      const { setTimeout: later } = globalThis
      globalThis.setTimeout = (work, ms) => later(work, ms / 100)
      globalThis.pressed = []
      document.addEventListener('submit', (event) => {
        event.preventDefault()
        pressed.push(new URL(event.target.action).pathname)
      })
      setInterval(look, 10)`)

  /** Waits until the page was fetched and shown again. */
  async function refreshed(page: Page): Promise<void> {
    shown.headline = `All clear ${Math.random()}`
    for (const stream of shown.streams) stream.write('event: change\ndata:\n\n')
    await page.getByRole('heading', { name: shown.headline }).waitFor()
  }

  test('a press by mouse that spans refreshes always takes effect, although rows appear above it', async () => {
    await within(async (page, complaints) => {
      await storm(page)
      for (let round = 0; round < 12; round += 1) {
        const button = page.getByRole('button', { name: 'Act on r110', exact: true })
        await button.scrollIntoViewIfNeeded()
        await button.hover()
        await page.mouse.down()
        const before = shown.fetched
        shown.rows = [`n${round}`, ...shown.rows]
        await until('it was fetched meanwhile', () => shown.fetched > before + 3)
        await page.mouse.up()
        await until('the press counted', async () => {
          const pressed = (await page.evaluate('pressed')) as string[]
          return pressed.length === round + 1
        })
      }
      const pressed = (await page.evaluate('pressed')) as string[]
      assert.deepEqual([...new Set(pressed)], ['/rows/r110/act'])
      await page.getByText('n11', { exact: true }).waitFor()
      assert.deepEqual(complaints, [])
    })
  })

  test('a press by key that spans refreshes takes effect, and one without an end does not block updates', async () => {
    await within(async (page) => {
      await storm(page)
      await page.getByRole('button', { name: 'Act on r110', exact: true }).focus()
      for (let round = 0; round < 8; round += 1) {
        await page.keyboard.down(round % 2 === 0 ? 'Space' : 'Enter')
        const before = shown.fetched
        shown.rows = [`k${round}`, ...shown.rows]
        await until('it was fetched meanwhile', () => shown.fetched > before + 3)
        await page.keyboard.up(round % 2 === 0 ? 'Space' : 'Enter')
        await until('the press counted', async () => {
          const pressed = (await page.evaluate('pressed')) as string[]
          return pressed.length === round + 1 && pressed.every((each) => each === '/rows/r110/act')
        })
      }
      const active = await page.evaluate('document.activeElement.textContent')
      assert.equal(active, 'Act on r110', 'the focus stays')
      // A press whose end the window never receives must not stop the updates for ever.
      await page.evaluate("document.dispatchEvent(new PointerEvent('pointerdown'))")
      await page.mouse.move(5, 5)
      await refreshed(page)
    })
  })

  test('open parts, ticks, choices, selections and the scroll position stay, also when their row moves', async () => {
    await within(async (page) => {
      const row = page.locator('li', { hasText: 'More of r105' })
      await row.locator('summary').click()
      await row.getByRole('checkbox').check()
      await row.getByRole('combobox').selectOption('b')
      await page.evaluate("document.querySelector('[data-keep-scroll]').scrollTop = -40")
      await page.evaluate(
        "getSelection().selectAllChildren(document.querySelector('#rows li:nth-child(20) p'))",
      )
      const selected = await page.evaluate('String(getSelection())')
      shown.rows = ['new1', 'new2', ...names(105, 130), 'r100']
      await refreshed(page)
      assert.ok(await row.locator('details p').isVisible())
      assert.ok(await row.getByRole('checkbox').isChecked())
      assert.equal(await row.getByRole('combobox').inputValue(), 'b')
      assert.equal(await page.locator('input:checked').count(), 1, 'no other row took its tick')
      assert.equal(await page.locator('details[open]').count(), 1)
      assert.equal(
        await page.evaluate("document.querySelector('[data-keep-scroll]').scrollTop"),
        -40,
      )
      assert.equal(await page.evaluate('String(getSelection())'), selected)
      // The choices of a removed row are removed with it.
      shown.rows = names(110, 130)
      await refreshed(page)
      assert.equal(await page.locator('input:checked').count(), 0)
      assert.equal(await page.locator('details[open]').count(), 0)
    })
  })

  test('the row that a person reads keeps its position when rows above it change', async () => {
    await within(async (page) => {
      const row = page.locator('li', { hasText: 'More of r115' })
      await row.evaluate((each) => each.scrollIntoView({ block: 'center' }))
      const before = await row.boundingBox()
      shown.rows = [...names(0, 9), ...shown.rows]
      await refreshed(page)
      assert.ok(Math.abs(((await row.boundingBox())?.y ?? 0) - (before?.y ?? 0)) < 2)
      shown.rows = names(104, 130)
      await refreshed(page)
      assert.ok(Math.abs(((await row.boundingBox())?.y ?? 0) - (before?.y ?? 0)) < 2)
    })
  })

  test('the title and the icon of a tab show that something is wrong, also in the background', async () => {
    await within(async (page) => {
      assert.equal(await page.title(), 'Rows')
      shown.bad = true
      await refreshed(page)
      const icon = () => page.locator('link[rel=icon]').getAttribute('href')
      assert.deepEqual([await page.title(), await icon()], ['(!) Rows', '/assets/icon-bad.svg'])
      shown.bad = false
      await page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: true, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
        now.last = performance.now() - 60000`)
      await until('it asks without a stream', async () => (await page.title()) === 'Rows')
      assert.equal(shown.streams.size, 0)
    })
  })

  test('a page without live parts updates its title, and is never marked as offline', async () => {
    await within(async (page) => {
      await page.evaluate(`
        document.querySelector('[data-live]').removeAttribute('data-live')
        document.querySelector('.live').hidden = true
        now.stream.close()
        now.stream = undefined`)
      shown.bad = true
      const before = shown.fetched
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
      await until('it is asked', () => shown.fetched > before)
      await until('the title is taken', async () => (await page.title()) === '(!) Rows')
      assert.ok(await page.locator('.live').isHidden())
      assert.ok(!(await page.evaluate("document.documentElement.classList.contains('stale')")))
      shown.status = 401
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
      await page.waitForTimeout(2_000)
      assert.ok(await page.locator('.rows').isVisible(), 'what was typed is not lost')
    })
  })

  test('a lost session leads to the sign-in page', async () => {
    await within(async (page) => {
      shown.status = 401
      for (const stream of shown.streams) stream.end()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    })
  })

  test('a page that is not up to date shows the time of its numbers, and does not look calm', async () => {
    await within(async (page) => {
      shown.status = 502
      for (const stream of shown.streams) stream.destroy()
      await page.locator('.live:not(.on)').waitFor()
      assert.equal(await page.locator('.live').textContent(), 'offline, as of 10:00:00')
      assert.equal(await page.title(), '(?) Rows')
      assert.ok(await page.evaluate("document.documentElement.classList.contains('stale')"))
      assert.ok(
        await page.getByRole('heading', { name: 'All clear' }).isVisible(),
        'the page is kept',
      )
      shown.status = 200
      await page.locator('.live.on').waitFor()
      assert.equal(await page.title(), 'Rows')
      assert.ok(!(await page.evaluate("document.documentElement.classList.contains('stale')")))
    })
  })

  test('relative times are right although the script of the page arrives late', async () => {
    await within(async (page) => {
      const skew = await page.evaluate<number>('skew')
      assert.ok(skew > shown.madeAt - shown.scriptAt, `skew ${skew} ms`)
    })
  })

  test('a relative time shows its instant on focus', async () => {
    await within(async (page) => {
      await page.evaluate(`
        const time = document.createElement('time')
        time.tabIndex = 0
        time.title = '2026-11-24 11:00:00 +08:00'
        time.dataset.ago = new Date(Date.now() + skew - 61000).toISOString()
        document.querySelector('main').append(time)
        tick()
        time.focus()`)
      assert.match((await page.locator('main time').textContent()) ?? '', /^1 min \d+ s ago$/)
      assert.equal(await page.locator('.tip').textContent(), '2026-11-24 11:00:00 +08:00')
      assert.ok(await page.locator('.tip').isVisible())
      await page.keyboard.press('Escape')
      assert.ok(!(await page.locator('.tip').isVisible()))
    })
  })
})
