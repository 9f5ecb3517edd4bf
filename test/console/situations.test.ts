import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { calendarOf } from '../../src/decisions/calendar.ts'
import { inThisThread } from '../../src/stores/sqlite/client.ts'
import { openSqliteStore } from '../../src/stores/sqlite/store.ts'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { acceptRequest, incomingAlert } from '../support/requests.ts'
import { needsChromium, openBrowser, openPage } from './browser.ts'

/** The folder for screenshots of each situation; undefined: none are taken. */
const PICTURES = process.env['PICTURES']

const WIDTHS = [1440, 360] as const
const MINUTE = 60_000

interface Setting {
  folder: string
  receiver: Receiver
  standIn: StandIn
}

/** A situation of a receiver, with the headline and the action that its overview must show. */
interface Situation {
  config: (standIn: StandIn) => string | undefined
  /** Before the receiver starts. */
  before?: (folder: string) => Promise<void>
  happens?: (setting: Setting) => Promise<unknown>
  /** A receiver that waits for its store is not ready. */
  ready?: false
  says: RegExp
  mood: 'calm' | 'busy' | 'paused' | 'bad'
  offers?: { label: RegExp; leads: RegExp }
}

const config = (standIn: StandIn, more: { robots: string; channels: string; top?: string }) => `
store: sqlite:situation.db
language: en-US
${more.top ?? ''}
robots:
${more.robots.replace(/TOKEN=(\w+)/g, (_, token) => `"${standIn.url(token)}"`)}
channels:
${more.channels}
`

const ONE = { robots: '  ops-1: { webhook: TOKEN=good }', channels: '  ops: { robots: [ops-1] }' }

function post({ receiver }: Setting, name: string, severity = 'critical'): Promise<Response> {
  return receiver.post('/alertmanager/ops', {
    alerts: [{ status: 'firing', labels: { alertname: name, severity, instance: `db-${name}` } }],
  })
}

async function ended({ receiver }: Setting, count: number): Promise<void> {
  await until(`${count} messages have ended`, async () => {
    const { messages } = await receiver.json<{ messages: { state: string }[] }>('/api/v1/messages')
    return messages.filter(({ state }) => state === 'sent' || state === 'dead').length >= count
  })
}

async function posted(setting: Setting, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await post(setting, `Rule${index}`)
    await ended(setting, index + 1)
  }
}

/** Calls of this month that other robots of the organization have made. */
async function usedCalls(folder: string): Promise<void> {
  const opened = await openSqliteStore({ path: join(folder, 'situation.db'), reasonToSuppress })
  const { month } = calendarOf(new Date(), 'Asia/Shanghai')
  await opened.database.write((tx) =>
    tx.run('INSERT INTO monthly_usage (month, key, calls) VALUES ($1, $2, $3)', [month, 'a', 2800]),
  )
  opened.close()
}

/** A day of a heartbeat every five minutes, the last half an hour ago. */
async function heartbeats(folder: string): Promise<void> {
  const opened = await openSqliteStore({ path: join(folder, 'situation.db'), reasonToSuppress })
  const store = inThisThread(opened)
  for (let index = 0; index < 288; index += 1) {
    const now = new Date(Date.now() - 30 * MINUTE - (287 - index) * 5 * MINUTE)
    const alert = incomingAlert('w', { name: 'Watchdog', level: 5, suppressed: 'aggregated' })
    const body = '{"alerts":[]}'
    await store.accept(
      acceptRequest([alert], { now, source: 'alertmanager', key: `w${index}`, body }),
    )
  }
  await store.close()
}

const SITUATIONS: Record<string, Situation> = {
  'all well': {
    config: (standIn) => config(standIn, ONE),
    happens: (setting) => posted(setting, 2),
    says: /All clear/,
    mood: 'calm',
  },
  'token wrong': {
    config: (standIn) => config(standIn, { ...ONE, robots: '  ops-1: { webhook: TOKEN=unknown }' }),
    happens: (setting) => posted(setting, 2),
    says: /DingTalk refuses the messages of ops-1.*copy the webhook from the robot again/s,
    mood: 'bad',
    offers: { label: /Go to the robot/, leads: /#robot-ops-1$/ },
  },
  throttled: {
    config: (standIn) => config(standIn, ONE),
    async happens(setting) {
      await posted(setting, 1)
      setting.standIn.group.throttle('good', new Date(Date.now() + 10 * MINUTE))
      await post(setting, 'First')
      await setting.standIn.arrived(2)
      await post(setting, 'Second')
    },
    says: /DingTalk throttles ops-1.*alerts? waits? for it.*left/s,
    mood: 'paused',
    offers: { label: /Go to the robot/, leads: /#robot-ops-1$/ },
  },
  'quota nearly used': {
    config: (standIn) => config(standIn, { ...ONE, top: 'quota: { monthly: 3000 }' }),
    before: usedCalls,
    happens: (setting) => posted(setting, 1),
    says: /2,80\d of 3,000 calls of this month are used: Whole organization.*kept for Down and Critical/s,
    mood: 'paused',
    offers: { label: /Go to the robots/, leads: /#robots$/ },
  },
  'store unavailable': {
    config: () =>
      'store: postgres://nobody@127.0.0.1:1/none\nlanguage: en-US\nrobots: { lab: { webhook: sandbox } }\nchannels: { ops: { robots: [lab] } }\n',
    ready: false,
    says: /The store is unavailable: no alert is accepted or sent.*nothing is lost/s,
    mood: 'bad',
    offers: { label: /Try again/, leads: /\/$/ },
  },
  'push limit holds': {
    config: (standIn) =>
      config(standIn, { ...ONE, channels: '  ops: { robots: [ops-1], push_limits: { hour: 1 } }' }),
    async happens(setting) {
      await posted(setting, 1)
      for (const name of ['A', 'B', 'C']) await post(setting, name, 'warning')
    },
    says: /The push limit of ops holds 3 alerts.*until/s,
    mood: 'paused',
    offers: { label: /Go to the channel/, leads: /#channel-ops$/ },
  },
  'Alertmanager silent': {
    config: (standIn) => config(standIn, ONE),
    before: heartbeats,
    says: /Alertmanager is silent: its heartbeat is missing.*Watchdog came every 5 min.*for 30 min/s,
    mood: 'paused',
    offers: { label: /Check the sender/, leads: /\/setup$/ },
  },
  'one of a pool down': {
    config: (standIn) =>
      config(standIn, {
        robots: '  ops-1: { webhook: TOKEN=unknown }\n  ops-2: { webhook: TOKEN=good }',
        channels: '  ops: { robots: [ops-1, ops-2], mode: pool }',
      }),
    async happens(setting) {
      for (let index = 0; index < 8; index += 1) {
        await post(setting, `Rule${index}`)
        await ended(setting, index + 1)
        const { robots } = await setting.receiver.json<{
          robots: Record<string, { last_result: string | null }>
        }>('/api/v1/status')
        if (robots['ops-1']?.last_result === 'token' && index > 0) return
      }
    },
    says: /DingTalk refuses ops-1; the other robots of its pool continue/,
    mood: 'paused',
    offers: { label: /Go to the robot/, leads: /#robot-ops-1$/ },
  },
  'configuration refused': {
    config: (standIn) => config(standIn, ONE),
    async happens(setting) {
      await posted(setting, 1)
      setting.receiver.configure('robots: { ops-1: { webhok: x } }\n')
      assert.equal((await setting.receiver.post('/-/reload', '')).ok, false)
    },
    says: /The new configuration was refused; the old one stays in force.*webhok/s,
    mood: 'bad',
    offers: { label: /See the faults/, leads: /#faults$/ },
  },
  'nothing configured': {
    config: () => undefined,
    says: /No DingTalk robot is configured: alerts go to the sandbox/,
    mood: 'busy',
    offers: { label: /Setup/, leads: /\/setup$/ },
  },
}

describe('the headline of the overview', needsChromium, () => {
  const running: { browser?: Browser } = {}
  before(async () => {
    running.browser = await openBrowser()
  })
  after(() => running.browser?.close())

  for (const [name, situation] of Object.entries(SITUATIONS))
    test(`names what is wrong and what to do: ${name}`, async () => {
      using folder = temporaryFolder()
      await using standIn = await startStandIn({ unknown: ['unknown'] })
      const yaml = situation.config(standIn)
      await situation.before?.(folder.path)
      await using receiver = new Receiver({
        folder: folder.path,
        port: await freePort(),
        ...(yaml !== undefined && { config: yaml }),
      })
      await started(receiver, situation)
      await situation.happens?.({ folder: folder.path, receiver, standIn })
      await headlineMatches(receiver, situation.says)
      for (const width of WIDTHS) await look(receiver, { name, width, situation })
    })

  async function started(receiver: Receiver, { ready }: Situation): Promise<void> {
    if (ready !== false) return void (await receiver.start())
    receiver.launch()
    await until('it answers', async () => {
      const healthy = await receiver.get('/-/healthy').catch(() => undefined)
      return healthy?.ok === true
    })
  }

  /** Waits until the headline matches. */
  async function headlineMatches(receiver: Receiver, says: RegExp): Promise<void> {
    const seen = { text: '' }
    try {
      await until('the headline says it', async () => {
        const html = await (await receiver.get('/')).text()
        seen.text = html.slice(html.indexOf('id="headline"')).replace(/<[^>]*>/g, '')
        return says.test(seen.text)
      })
    } catch (error) {
      throw new Error(`it says: ${seen.text.slice(0, 500)}`, { cause: error })
    }
  }

  async function look(
    receiver: Receiver,
    { name, width, situation }: { name: string; width: number; situation: Situation },
  ): Promise<void> {
    const { page, complaints } = await openPage(running.browser as Browser)
    try {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 })
      await page.goto(`${receiver.url}/`)
      const headline = page.locator('#headline')
      assert.match((await headline.getAttribute('class')) ?? '', new RegExp(situation.mood))
      await assertInView(page)
      const { offers } = situation
      const action = headline.locator('.do').locator('a, button')
      assert.equal(await action.count(), offers === undefined ? 0 : 1)
      if (offers !== undefined) {
        assert.match((await action.textContent()) ?? '', offers.label)
        const leads = (await action.getAttribute('href')) ?? ''
        assert.match(leads, offers.leads)
        // The target within the page exists.
        if (leads.startsWith('#'))
          assert.equal(await page.locator(`[id="${leads.slice(1)}"]`).count(), 1, leads)
      }
      const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.ok(Number(wider) <= 0, `${width}: ${wider} pixels too wide`)
      if (situation.ready !== false) assert.deepEqual(complaints, [])
      if (PICTURES === undefined) return
      mkdirSync(PICTURES, { recursive: true })
      const path = join(PICTURES, `${name.replaceAll(' ', '-')}-${width}.png`)
      await page.screenshot({ path, fullPage: true })
    } finally {
      await page.context().close()
    }
  }

  /** The headline and its action are visible without scrolling. */
  async function assertInView(page: Page): Promise<void> {
    const box = await page.locator('#headline').boundingBox()
    const height = page.viewportSize()?.height ?? 0
    assert.ok(box !== null && box.y + box.height <= height, 'the headline is below the fold')
  }
})
