import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { type Look, needsChromium, openBrowser, openPage } from './browser.ts'

const CONFIG = `
store: sqlite:lists.db
language: en-US
robots:
  lab: { webhook: sandbox }
  calm: { webhook: sandbox, keywords: [OCP] }
people: { zhangsan: { mobile: "13800000000" } }
oncall: { dba: { people: [zhangsan], every: 1w, from: "2026-11-23 09:00" } }
channels:
  ops: { robots: [lab], mention: { mobiles: ["13812345678"], oncall: [dba] } }
  db: { robots: [calm], push_limits: { hour: 50 } }
`

const HOSTILE = '"><script>document.title="owned"</script>'

describe('lists and pages in a browser', needsChromium, () => {
  const folder = temporaryFolder()
  const running: { browser?: Browser; receiver?: Receiver } = {}
  const receiver = (): Receiver => running.receiver as Receiver
  const url = (path: string): string => `${receiver().url}${path}`

  const post = (
    channel: string,
    ...alerts: { instance: string; status?: string; severity?: string }[]
  ) =>
    receiver().post(`/alertmanager/${channel}`, {
      alerts: alerts.map(({ instance, status = 'firing', severity = 'warning' }) => ({
        status,
        labels: { alertname: `Disk ${HOSTILE}`, instance, severity },
        annotations: {
          summary: HOSTILE,
          runbook_url: 'https://wiki.example.com/disk',
          dashboard_url: 'javascript:alert(1)',
        },
        startsAt: '2026-11-24T03:00:00Z',
      })),
    })
  const idOf = async (query: string): Promise<string> => {
    const { alerts } = await receiver().json<{ alerts: { id: string }[] }>(
      `/api/v1/alerts?${query}`,
    )
    return alerts[0]?.id ?? ''
  }
  const settled = (channel: string) =>
    until(`${channel} is delivered`, async () => {
      const { alerts } = await receiver().json<{ alerts: unknown[] }>(
        `/api/v1/alerts?channel=${channel}&state=pending`,
      )
      const sending = await receiver().json<{ alerts: unknown[] }>(
        `/api/v1/alerts?channel=${channel}&state=sending`,
      )
      return alerts.length + sending.alerts.length === 0
    })

  before(async () => {
    running.browser = await openBrowser()
    running.receiver = await new Receiver({
      ...{ folder: folder.path, port: await freePort(), config: CONFIG },
    }).start()
    await post('ops', { instance: '10.0.0.1', severity: 'critical' }, { instance: '10.0.0.2' })
    await post('ops', { instance: '10.1.0.3', severity: 'info' })
    await settled('ops')
    await post('ops', { instance: '10.0.0.2', status: 'resolved' })
    await settled('ops')
  })
  after(async () => {
    await running.browser?.close()
    await running.receiver?.end('SIGKILL')
    folder[Symbol.dispose]()
  })

  /** Runs a step in a new page; the browser must report no errors. */
  async function within(work: (page: Page) => Promise<void>, look?: Look): Promise<void> {
    const { page, complaints } = await openPage(running.browser as Browser, look)
    try {
      await work(page)
      assert.deepEqual(complaints, [])
    } finally {
      await page.context().close()
    }
  }

  for (const look of [
    { theme: 'light', width: 1440 },
    { theme: 'dark', width: 1280 },
    { theme: 'dark', width: 360 },
  ] as const)
    test(`each page fits ${look.width} pixels, ${look.theme}, and shows hostile text as text`, async () => {
      const fired = await idOf('fingerprint=&status=resolved')
      await within(async (page) => {
        for (const path of [
          ...['/messages', '/messages?state=dead', '/alerts', '/alerts?level=1,2&sort=level'],
          ...['/robots/lab', '/robots/calm', '/channels/ops', '/channels/db', `/alerts/${fired}`],
        ]) {
          const response = await page.goto(url(path))
          assert.equal(response?.status(), 200, path)
          assert.equal(await page.locator('h1').count(), 1, path)
          const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          assert.ok(Number(wider) <= 0, `${path} is ${wider} pixels too wide`)
          assert.notEqual(await page.title(), 'owned')
          assert.equal(await page.locator('main script:not([src])').count(), 0, path)
        }
      }, look)
    })

  test('a search accepts matchers and words, and names the character of a fault', async () => {
    await within(async (page) => {
      await page.goto(url('/alerts'))
      const search = async (text: string) => {
        await page.locator('input[name=q]').fill(text)
        await page.getByRole('button', { name: 'Search' }).click()
        await page.waitForURL(/q=/)
        return page.locator('.alert').count()
      }
      assert.equal(await search('disk instance=~"10\\.0.*", severity!="critical"'), 2)
      assert.match((await page.locator('[data-total]').textContent()) ?? '', /^2 in all$/)
      assert.equal(await search('{alarm_level="Critical"}'), 1)
      assert.equal(await search('disk severity=~"("'), 0)
      const fault = (await page.getByRole('alert').textContent()) ?? ''
      assert.match(fault, /from character 16 on: is not a pattern/)
      await page.getByRole('link', { name: 'Clear' }).click()
      assert.equal(await page.locator('.alert').count(), 4)
    })
  })

  test('a list is filtered by time, level and status, and its form shows the filters', async () => {
    await within(async (page) => {
      await page.goto(url('/alerts'))
      await page.getByRole('link', { name: '15 min' }).click()
      assert.equal(await page.locator('.times [aria-current]').textContent(), '15 min')
      assert.equal(await page.locator('.alert').count(), 4)
      await page.getByLabel('Level').selectOption('Down and Critical')
      await page.getByRole('button', { name: 'Search' }).click()
      await page.waitForURL(/level=1%2C2/)
      assert.match(page.url(), /last=15m/)
      assert.equal(await page.locator('.alert').count(), 1)
      await page.goto(url('/alerts?status=resolved&from=2020-01-01T00:00:00Z'))
      assert.equal(await page.locator('.alert').count(), 1)
      assert.equal(await page.getByLabel('From').inputValue(), '2020-01-01T08:00')
      await page.getByLabel('From').fill('2020-02-01T00:00')
      await page.getByLabel('To (excluded)').fill('2020-03-01T00:00')
      await page.getByRole('button', { name: 'Search' }).click()
      await page.waitForURL(/2020-03/)
      assert.match((await page.locator('#alerts').textContent()) ?? '', /Nothing matches/)
      await page.goto(url('/alerts?from=yesterday'))
      assert.match((await page.getByRole('alert').textContent()) ?? '', /left out: from must be/)
    })
  })

  test('new rows are announced, and inserted by a press', async () => {
    await within(async (page) => {
      await page.goto(url('/alerts?channel=db'))
      await page.locator('.live.on').waitFor()
      await post('db', { instance: 'first' })
      await page.locator('.alert').first().waitFor()
      await post('db', { instance: 'second' }, { instance: 'third' })
      const button = page.locator('#new-rows button')
      await button.getByText('2 new').waitFor()
      assert.equal(await page.locator('.alert').count(), 1)
      await until('the rows that are shown are up to date', async () =>
        ((await page.locator('.alert').first().textContent()) ?? '').includes('delivered'),
      )
      await button.click()
      assert.equal(await page.locator('.alert').count(), 3)
      assert.ok(await page.locator('#new-rows').isHidden())
      assert.match((await page.locator('.alert').first().textContent()) ?? '', /second|third/)
    })
  })

  test('new rows are inserted also if the list is no longer refreshed', async () => {
    await within(async (page) => {
      await page.goto(url('/alerts?channel=db'))
      await page.locator('.live.on').waitFor()
      const count = await page.locator('.alert').count()
      // A page that takes long to make has no marks of a live list.
      await page.route('**/alerts?channel=db', async (route) => {
        const response = await route.fetch()
        const body = (await response.text()).replace(/ data-live data-live-list="[^"]*"/, '')
        await route.fulfill({ response, body })
      })
      await post('db', { instance: 'late' })
      await page.locator('#new-rows button').getByText('1 new').waitFor()
      await page.locator('[data-live-list]').waitFor({ state: 'detached' })
      await page.locator('#new-rows button').click()
      assert.equal(await page.locator('.alert').count(), count + 1)
    })
  })

  test('details open beside the list on a wide screen, by mouse and by key', async () => {
    await within(
      async (page) => {
        await page.goto(url('/alerts'))
        await page.locator('.alert summary').first().click()
        await page.locator('#pane h2').first().waitFor()
        assert.match((await page.locator('#pane').textContent()) ?? '', /Timeline/)
        assert.equal(await page.locator('.alert[aria-current]').count(), 1)
        assert.equal(await page.locator('.alert[open]').count(), 0)
        assert.match(page.url(), /#open-\d+$/)
        await page.reload()
        await page.locator('#pane h2').first().waitFor()
        await page.keyboard.press('Escape')
        assert.ok(await page.locator('#pane').isHidden())
        await page.keyboard.press('Enter')
        await page.locator('#pane h2').first().waitFor()
        await page.goto(url('/messages'))
        await page
          .getByRole('link', { name: /^Open:/ })
          .first()
          .click()
        await page.locator('#pane .chat-paper').waitFor()
        assert.equal(new URL(page.url()).pathname, '/messages')
        await page.locator('#pane-link').click()
        await page.waitForURL(/\/messages\/\d+$/)
      },
      { theme: 'light', width: 1440 },
    )
    await within(async (page) => {
      await page.goto(url('/alerts'))
      await page.locator('.alert summary').first().click()
      assert.equal(await page.locator('.alert[open]').count(), 1)
      await page.getByRole('link', { name: 'Details' }).first().click()
      await page.waitForURL(/\/alerts\/\d+$/)
    })
  })

  test('one alert shows its other notifications, safe links, and labels that search', async () => {
    const id = await idOf('status=resolved')
    await within(async (page) => {
      await page.goto(url(`/alerts/${id}`))
      const life = await page.locator('.life > li').allTextContents()
      assert.equal(life.length, 2)
      assert.match(life[0] ?? '', /fired.*delivered.*In messages: #\d+/s)
      assert.match(life[1] ?? '', /recovered.*this one/s)
      assert.equal(await page.getByRole('link', { name: 'Runbook' }).count(), 1)
      assert.equal(await page.locator('a[href^="javascript"]').count(), 0)
      await page
        .locator('.label-filter', { hasText: /^10\.0\.0\.2$/ })
        .first()
        .click()
      await page.waitForURL(/q=instance/)
      assert.equal(await page.locator('.alert').count(), 2)
      await page.goBack()
      await page.getByRole('link', { name: 'All of them as a list' }).click()
      await page.waitForURL(/fingerprint=/)
      assert.equal(await page.locator('.alert').count(), 2)
      assert.match((await page.locator('main').textContent()) ?? '', /Fingerprint: [\da-f]{16}/)
      await page.getByRole('button', { name: 'Search' }).click()
      await page.waitForURL(/fingerprint=.*q=|q=.*fingerprint=/)
      await page.getByRole('link', { name: 'Clear' }).click()
    })
    for (const path of [
      '/alerts/999999',
      '/alerts/x',
      '/robots/none',
      '/channels/none',
      '/robots/%ff',
    ])
      assert.ok([400, 404].includes((await receiver().get(path)).status), path)
  })

  test('one alert from OCP is muted from its page, without external_url', async () => {
    await receiver().post('/ocp/ops', { alarm_name: 'Slow', alarm_target: 't', alarm_level: '3' })
    await settled('ops')
    await within(async (page) => {
      await page.goto(url(`/alerts/${await idOf('q=Slow')}`))
      await page.getByRole('link', { name: 'Mute' }).click()
      await page.getByLabel('Your name').fill('Li')
      await page.getByRole('button', { name: '30 minutes' }).click()
      await page.locator('.silence.open').first().waitFor()
      await page.goto(url('/channels/ops'))
      assert.match((await page.locator('#mutes').textContent()) ?? '', /Muted until .*by Li/s)
    })
  })

  test('one robot is tested, paused and resumed on its page', async () => {
    await within(async (page) => {
      await page.goto(url('/robots/calm'))
      await page.getByRole('button', { name: 'Send a test' }).click()
      await page.locator('.outcomes .tag.sent').waitFor()
      assert.match(page.url(), /\/robots\/calm\?/)
      await page.getByRole('combobox').selectOption('2 hours')
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText('The robot is paused.').waitFor()
      const card = (await page.locator('#robot .card').textContent()) ?? ''
      assert.match(
        card,
        /No calls while it is paused.*paused by hand.*Paused by: 127\.0\.0\.1.*until/s,
      )
      await post('db', { instance: 'waits' })
      await page.goto(url('/alerts?state=pending'))
      assert.match(
        (await page.locator('.alert').first().textContent()) ?? '',
        /calm is paused by 127\.0\.0\.1, until/,
      )
      await page.goto(url('/robots/calm'))
      await page.getByRole('button', { name: 'Resume' }).click()
      await page.getByText('The robot works again.').waitFor()
    })
  })

  test('one channel shows whom it mentions, and a person mutes it until a time', async () => {
    await within(async (page) => {
      await page.goto(url('/channels/ops'))
      const card = (await page.locator('#channel .card').first().textContent()) ?? ''
      assert.match(card, /138\*\*\*\*5678/)
      assert.doesNotMatch(card, /13812345678/)
      assert.match(card, /On call now: dba\s*zhangsan/)
      assert.ok(card.includes(url('/alertmanager/ops')))
      await page.getByLabel('Only matching alerts').fill('severity="info"')
      await page.getByLabel('Your name').fill('Wang')
      await page.getByRole('button', { name: 'Mute', exact: true }).click()
      await page.getByText('The channel is muted.').waitFor()
      const mute = page.locator('#mutes .row', { hasText: 'severity="info"' })
      assert.match((await mute.textContent()) ?? '', /by Wang/)
      await post('ops', { instance: 'muted-1', severity: 'info' })
      await until('it is suppressed', async () => (await idOf('state=suppressed&q=muted-1')) !== '')
      await mute.getByRole('button', { name: 'End it' }).click()
      await page.getByText('The mute has ended.').waitFor()
      assert.equal(await mute.count(), 0)
    })
    const wrong = await receiver().post('/channels/ops/mute', '')
    assert.equal(wrong.status, 400)
  })

  test('pages and their actions work without a script, on a phone', async () => {
    const context = await (running.browser as Browser).newContext({
      ...{ javaScriptEnabled: false, viewport: { width: 360, height: 740 } },
    })
    const page = await context.newPage()
    await page.goto(url('/alerts'))
    await page.locator('.alert summary').first().click()
    await page.getByRole('link', { name: 'Details' }).first().click()
    await page.waitForURL(/\/alerts\/\d+$/)
    await page.locator('dd a[href^="/channels/"]').first().click()
    await page.waitForURL(/\/channels\//)
    await page.locator('dd a[href^="/robots/"]').first().click()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('The robot is paused.').waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('The robot works again.').waitFor()
    await context.close()
  })
})
