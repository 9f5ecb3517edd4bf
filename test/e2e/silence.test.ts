import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { needsChromium, openBrowser, openPage } from '../console/browser.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { needs } from '../support/program.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

interface AlertmanagerSilence {
  id: string
  createdBy: string
  comment: string
  endsAt: string
  status: { state: string }
  matchers: { name: string; value: string; isRegex: boolean; isEqual: boolean }[]
}

/** A real Alertmanager that sends to a receiver that listens on a port. */
async function alertmanagerFor(folder: string, port: number, receiverPort: number) {
  const url = `http://127.0.0.1:${receiverPort}/alertmanager/ops`
  const alertmanager = await startAlertmanager(folder, { url, port })
  return {
    fire: (labels: Record<string, string>) =>
      alertmanager.post([{ labels, startsAt: new Date(Date.now() - 60_000).toISOString() }]),
    silences: () => alertmanager.read<AlertmanagerSilence[]>('silences'),
    /** What Alertmanager holds back, by its name. */
    suppressed: async () =>
      (
        await alertmanager.read<{ labels: { alertname: string }; status: { state: string } }[]>(
          'alerts',
        )
      )
        .filter(({ status }) => status.state === 'suppressed')
        .map(({ labels }) => labels.alertname),
    [Symbol.asyncDispose]: () => alertmanager[Symbol.asyncDispose](),
  }
}

describe('one tap to silence, with a real Alertmanager and a real phone-sized browser', {
  ...needs('prometheus-alertmanager', 'prometheus-alertmanager'),
  ...needsChromium,
}, () => {
  const folder = temporaryFolder()
  const running: {
    browser?: Browser
    receiver?: Receiver
    alertmanager?: Awaited<ReturnType<typeof alertmanagerFor>>
  } = {}
  const alertmanager = () => running.alertmanager ?? assert.fail()
  const receiver = () => running.receiver ?? assert.fail()

  before(async () => {
    const [port, alertmanagerPort] = [await freePort(), await freePort()]
    const config = `external_url: http://127.0.0.1:${port}
alertmanagers:
  - { url: "http://127.0.0.1:${await freePort()}", external_url: "http://127.0.0.1:${alertmanagerPort}" }
  - { url: "http://127.0.0.1:${alertmanagerPort}" }
robots: { lab: { webhook: sandbox } }
channels: { ops: { robots: [lab], announce_silences: true } }
`
    running.browser = await openBrowser()
    running.receiver = await new Receiver({ folder: folder.path, port, config }).start()
    running.alertmanager = await alertmanagerFor(folder.path, alertmanagerPort, port)
  })
  after(async () => {
    await running.browser?.close()
    await running.alertmanager?.[Symbol.asyncDispose]()
    await running.receiver?.end('SIGKILL')
    folder[Symbol.dispose]()
  })

  /** The link of the newest message that has one, as DingTalk opens it. */
  async function newestLink(name: string): Promise<string> {
    return until(`${name} is shown`, async () => {
      const { messages } = await receiver().json<{ messages: { title: string; text: string }[] }>(
        '/api/v1/sandbox',
      )
      const text = messages.find(({ title }) => title.includes(name))?.text ?? ''
      const [, url] = /url=(http[^&)]*silence[^&)]*)/.exec(text) ?? []
      return url === undefined ? undefined : decodeURIComponent(url)
    })
  }

  async function onPhone(work: (page: Page) => Promise<void>): Promise<void> {
    const { page, complaints } = await openPage(running.browser ?? assert.fail(), {
      theme: 'light',
      width: 360,
    })
    try {
      await work(page)
      const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.ok(Number(wider) <= 0, `the page is ${wider} pixels too wide`)
      assert.deepEqual(complaints, [])
    } finally {
      await page.context().close()
    }
  }

  test('the press silences in Alertmanager, the group reads who did it, and the button ends it', async () => {
    await alertmanager().fire({
      alertname: 'CrashLoop',
      namespace: 'prod',
      pod: 'web-7d9f8c5b6d-x2x9z',
      severity: 'critical',
    })
    const link = await newestLink('CrashLoop')
    await onPhone(async (page) => {
      await page.goto(link)
      assert.deepEqual(await alertmanager().silences(), [], 'opening the page changes nothing')
      await page.fill('input[name=by]', '张三')
      await page.locator('button', { hasText: '2 hours' }).click()
      await page.locator('text=Silenced until').waitFor()
      const [silence] = await alertmanager().silences()
      assert.equal(silence?.createdBy, '张三')
      assert.equal(silence?.status.state, 'active')
      const left = Date.parse(silence?.endsAt ?? '') - Date.now()
      assert.ok(left > 7_100_000 && left <= 7_200_000, `${left} ms`)
      assert.deepEqual(
        silence?.matchers.map(({ name, isRegex }) => `${name}${isRegex ? '=~' : '='}`).sort(),
        ['alertname=', 'namespace=', 'pod=~', 'severity='],
      )
      assert.deepEqual(await alertmanager().suppressed(), ['CrashLoop'])

      await page.locator('button', { hasText: 'End it' }).click()
      await page.locator('text=ended by 张三').waitFor()
    })
    const [ended] = await alertmanager().silences()
    assert.equal(ended?.status.state, 'expired')
    assert.deepEqual(await alertmanager().suppressed(), [])
    const { messages } = await receiver().json<{ messages: { text: string }[] }>('/api/v1/sandbox')
    assert.ok(messages.some(({ text }) => /^🔕 张三 silenced CrashLoop .* until /.test(text)))
    const alerts = await (await receiver().get('/alerts')).text()
    assert.match(alerts, /Silenced until [\s\S]*by 张三[\s\S]*ended by 张三/)
  })

  test('the next pod is silenced as well, another alert is not; the name is remembered', async () => {
    await alertmanager().fire({ alertname: 'Restarts', pod: 'api-7d9f8c5b6d-x2x9z' })
    const link = await newestLink('Restarts')
    await onPhone(async (page) => {
      await page.goto(link)
      await page.fill('input[name=by]', 'li')
      await page.locator('button', { hasText: '30 minutes' }).click()
      await page.locator('text=Silenced until').waitFor()
      await alertmanager().fire({ alertname: 'Restarts', pod: 'api-7d9f8c5b6d-b4c5d' })
      await alertmanager().fire({ alertname: 'Restarts', pod: 'web-7d9f8c5b6d-b4c5d' })
      await until('the next pod is silenced', async () => {
        const names = await alertmanager().suppressed()
        return names.length === 2 && names
      })
      await page.goto(await newestLink('Restarts'))
      assert.equal(await page.inputValue('input[name=by]'), 'li')
    })
  })

  test('a link holds after a restart of the receiver', async () => {
    await alertmanager().fire({ alertname: 'DiskFull', instance: 'db-1' })
    const link = await newestLink('DiskFull')
    assert.equal(await receiver().end('SIGTERM'), 0)
    await receiver().start()
    await onPhone(async (page) => {
      await page.goto(link)
      await page.fill('input[name=by]', 'wang')
      await page.locator('button', { hasText: 'Until tomorrow 9:00' }).click()
      await page.locator('text=Silenced until').waitFor()
    })
    assert.ok((await alertmanager().suppressed()).includes('DiskFull'))
  })
})
