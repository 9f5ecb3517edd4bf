import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createConsole } from '../../src/console/console.ts'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import type { Alert } from '../../src/model/alert.ts'
import type { Settings } from '../../src/model/settings.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { openSqlite } from '../../src/stores/sqlite/client.ts'
import type { Store } from '../../src/stores/store.ts'
import { channelNamed, settingsOf } from '../support/settings.ts'
import { silencingOn } from '../support/silencing.ts'
import { serve } from './serving.ts'

const AM = 'http://am.example.com'
const SETTINGS: Partial<Settings> = {
  externalUrl: 'https://alerts.example.com',
  alertmanagers: [{ url: 'http://am:9093', externalUrl: AM, authorization: undefined }],
}
const LABELS = {
  alertname: 'HighLoad',
  namespace: 'prod',
  pod: 'web-7d9f8c5b6d-x2x9z',
  severity: 'critical',
}

function payload(labels: Record<string, string> = LABELS, status = 'firing', externalURL = AM) {
  return {
    externalURL,
    groupLabels: { alertname: labels['alertname'] },
    alerts: [{ status, labels, annotations: { summary: 'The load is <b>42</b>' } }],
  }
}

const OCP = { alarm_type: 'rule', alarm_name: 'Rule', alarm_target: 'host=1', alarm_level: '3' }

describe('the page behind a silence link', () => {
  let store: Store
  let clock: VirtualClock
  let parts: Awaited<ReturnType<typeof silencingOn>>
  let server: Awaited<ReturnType<typeof serve>>
  let link: string

  async function start(changes: Partial<Settings> = {}, channel = channelNamed('ops')) {
    const settings = settingsOf({ channels: [channel] }, { ...SETTINGS, ...changes })
    store = await openSqlite({ path: ':memory:', reasonToSuppress, thread: false })
    clock = new VirtualClock(new Date('2026-11-28T20:00:00Z'))
    parts = await silencingOn(store, { settings, clock })
    const pages = createConsole({
      folder: fileURLToPath(new URL('../../templates/console/', import.meta.url)),
      facts: { settings: () => settings, now: () => clock.now() } as never,
    })
    server = await serve({
      settings: changes,
      clock,
      deps: { ...parts.routes, silencePage: pages.silence },
    })
  }
  beforeEach(async () => {
    await start()
    await parts.post('alertmanager', payload())
    link = await parts.link()
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
    await store.close()
  })

  const press = (fields: Record<string, string>, headers: Record<string, string> = {}, to = link) =>
    server.ask(to, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    })
  const inForce = () => store.silences({ inForceAt: clock.now(), limit: 10 })

  test('shows what would be silenced, and opening it changes nothing', async () => {
    for (const method of ['GET', 'HEAD']) {
      const { status } = await server.ask(link, { method })
      assert.equal(status, 200)
    }
    const { text, headers } = await server.ask(link)
    assert.match(text, /HighLoad/)
    assert.match(text, /The load is &lt;b&gt;42/)
    assert.match(text, /pod=~&quot;web-\[0-9a-z\]\+-\[0-9a-z\]\+&quot;/)
    for (const scope of ['alert', 'restarts', 'group']) assert.ok(text.includes(`value="${scope}"`))
    assert.match(String(headers.get('content-security-policy')), /default-src 'none'/)
    assert.doesNotMatch(text, /<script/)
    assert.deepEqual([parts.api.made.length, (await inForce()).length], [0, 0])
  })

  test('has the language and the time zone of the channel, unless a person chose a language', async () => {
    await server[Symbol.asyncDispose]()
    await store.close()
    const channel = channelNamed('ops', { language: 'zh-CN', timezone: 'Europe/London' })
    await start({ language: 'en-US', timezone: 'Asia/Shanghai' }, channel)
    await parts.post('alertmanager', payload())
    link = await parts.link()
    const { text } = await server.ask(link)
    assert.match(text, /<html lang="zh-CN"/)
    assert.match(text, /min="2026-11-28T20:00"/)
    const chosen = await server.ask(link, { headers: { Cookie: 'language=en-US' } })
    assert.match(chosen.text, /<html lang="en-US"/)
    await press({ by: 'li', scope: 'alert', for: 'until', until: '2026-11-28T22:30' })
    assert.equal((await inForce())[0]?.until.toISOString(), '2026-11-28T22:30:00.000Z')
  })

  test('a press makes a silence, and shows it with a button that ends it', async () => {
    const pressed = await press({ by: '张三', scope: 'restarts', for: '2h' })
    assert.equal(pressed.status, 303)
    assert.equal(pressed.headers.get('location'), `${link}?done=made`)
    const [made] = parts.api.made
    assert.equal(made?.createdBy, '张三')
    assert.equal(made?.endsAt.toISOString(), '2026-11-28T22:00:00.000Z')
    assert.deepEqual(
      made?.matchers.map(({ name }) => name),
      ['alertname', 'namespace', 'pod', 'severity'],
    )
    const [kept] = await inForce()
    assert.deepEqual([kept?.by, kept?.remote], ['张三', { alertmanager: AM, id: 'am-1' }])

    const cookie = String(pressed.headers.get('set-cookie'))
    assert.match(cookie, /; HttpOnly; SameSite=Lax/)
    const shown = await server.ask(link, { headers: { Cookie: cookie.split(';')[0] ?? '' } })
    assert.match(shown.text, /value="张三"/)
    assert.match(shown.text, new RegExp(`name="end" value="${kept?.id}"`))
    const ended = await press({ by: '李四', end: kept?.id ?? '' })
    assert.equal(ended.headers.get('location'), `${link}?done=ended`)
    assert.deepEqual([parts.api.expired, await inForce()], [['am-1'], []])
    assert.match((await server.ask(link)).text, /ended by 李四/)
  })

  test('the same press twice makes one silence', async () => {
    const fields = { by: 'a', scope: 'alert', for: '30m' }
    assert.deepEqual([(await press(fields)).status, (await press(fields)).status], [303, 303])
    assert.equal(parts.api.made.length, 1)
  })

  test('two presses at once make one silence', async () => {
    const fields = { by: 'a', scope: 'alert', for: '30m' }
    const { api } = parts
    const create = api.create.bind(api)
    api.create = async (...values) => {
      await setTimeout(100)
      return create(...values)
    }
    await Promise.all([press(fields), press(fields)])
    assert.equal(parts.api.made.length, 1)
    assert.equal((await inForce()).length, 1)
  })

  test('each Alertmanager has its own silence, which is ended where it was made', async () => {
    const other = 'http://am-2.example.com'
    await server[Symbol.asyncDispose]()
    await store.close()
    const listed = (url: string) => ({ url, externalUrl: url, authorization: undefined })
    await start({ alertmanagers: [listed(AM), listed(other)] })
    const links: string[] = []
    for (const url of [AM, other]) {
      await parts.post('alertmanager', payload(LABELS, 'firing', url))
      links.push(await parts.link(url))
      await clock.pass(20 * 60_000)
    }
    const fields = { by: 'a', scope: 'alert', for: '2h' }
    for (const to of links) assert.equal((await press(fields, {}, to)).status, 303)
    assert.deepEqual(parts.api.askedAt, [AM, other])
    const [first] = links
    for (const { id } of await inForce()) await press({ by: 'a', end: id }, {}, first)
    assert.deepEqual(parts.api.askedAt.slice(2).sort(), [other, AM].sort())
    assert.deepEqual(await inForce(), [])
  })

  test('stays under the path of external_url, and so does the cookie with the name', async () => {
    await server[Symbol.asyncDispose]()
    await store.close()
    await start({ externalUrl: 'https://alerts.example.com/dingtalk' })
    await parts.post('alertmanager', payload())
    const shown = await parts.link()
    link = shown.replace(/^\/dingtalk/, '')
    const pressed = await press({ by: 'a', scope: 'alert', for: '30m' })
    assert.equal(pressed.headers.get('location'), `${shown}?done=made`)
    assert.match(String(pressed.headers.get('set-cookie')), /; Path=\/dingtalk\/silence;/)
  })

  test('missing and impossible values are named, and the input stays', async () => {
    for (const [fields, words] of [
      [{ by: '', for: '30m' }, 'Write your name'],
      [{ by: ' \u0000\u202e ', for: '30m' }, 'Write your name'],
      [{ by: 'a', for: '' }, 'Choose how long'],
      [{ by: 'a', for: 'until', until: '2026-11-28T03:00' }, 'in the past'],
      [{ by: 'a', for: 'until', until: '2027-11-28T03:00' }, 'At most 30 days'],
      [{ by: 'a', for: 'until', until: 'x' }, 'Choose a date'],
      [{ by: 'a', for: 'recovery' }, 'Choose a date'],
    ] as const) {
      const { status, text } = await press({ scope: 'alert', ...fields })
      assert.equal(status, 400, words)
      assert.ok(text.includes(words), words)
    }
    assert.equal(parts.api.made.length, 0)
  })

  test('an Alertmanager that refuses or does not answer is named, and no silence is stored', async () => {
    parts.api.fails = { kind: 'unreachable', explanation: 'am:9093: ECONNREFUSED' }
    const { status, text } = await press({ by: 'a', scope: 'alert', for: '30m' })
    assert.equal(status, 503)
    assert.match(
      text,
      /Nothing was silenced: Alertmanager does not answer \(am:9093: ECONNREFUSED\)/,
    )
    assert.deepEqual(await inForce(), [])
    parts.api.fails = undefined
    await press({ by: 'a', scope: 'alert', for: '30m' })
    parts.api.fails = { kind: 'refused', explanation: 'HTTP 401' }
    const id = (await inForce())[0]?.id ?? ''
    assert.match((await press({ by: 'a', end: id })).text, /Alertmanager refused: HTTP 401/)
    assert.equal((await inForce()).length, 1)
  })

  test('a silence that cannot be stored here is removed from Alertmanager', async () => {
    const { addSilence } = store
    store.addSilence = () => Promise.reject(new Error('disk full'))
    assert.equal((await press({ by: 'a', scope: 'alert', for: '30m' })).status, 500)
    store.addSilence = addSilence
    assert.deepEqual(parts.api.expired, ['am-1'])
  })

  test('a changed link is not found, an old one has expired, and neither changes anything', async () => {
    const changed = link.replace(/.(?=.$)/, (sign) => (sign === 'A' ? 'B' : 'A'))
    assert.equal((await server.ask(changed)).status, 404)
    assert.equal((await press({ by: 'a', for: '30m' }, {}, changed)).status, 404)
    await clock.pass(86_400_000 + 60_000)
    const old = await server.ask(link)
    assert.equal(old.status, 410)
    assert.match(old.text, /This link has expired/)
    assert.equal((await press({ by: 'a', scope: 'alert', for: '30m' })).status, 410)
    assert.equal(parts.api.made.length, 0)
  })

  test('a link works after a restart and in another process with the same store', async () => {
    const settings = settingsOf({}, SETTINGS)
    const other = await silencingOn(store, { settings, clock })
    const view = await other.routes.silencing.view(link.replace('/silence/', ''))
    assert.equal(view.kind, 'silence')
    assert.equal(await other.link(), link)
  })

  test('a page of another site cannot press', async () => {
    for (const headers of [
      { Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'null' },
    ] as Record<string, string>[])
      assert.equal((await press({ by: 'a', scope: 'alert', for: '30m' }, headers)).status, 403)
    assert.equal(parts.api.made.length, 0)
    const own = { Origin: 'https://alerts.example.com', 'Sec-Fetch-Site': 'same-origin' }
    assert.equal((await press({ by: 'a', scope: 'alert', for: '30m' }, own)).status, 303)
  })

  test('pressing and opening are limited by the minute', async () => {
    const codes = new Set<number>()
    for (let i = 0; i < 13; i += 1) codes.add((await press({ by: '', for: '30m' })).status)
    assert.deepEqual([...codes], [400, 429])
    for (let i = 0; i < 60; i += 1) await server.ask(link)
    assert.equal((await server.ask(link)).status, 429)
    await clock.pass(60_000)
    assert.equal((await server.ask(link)).status, 200)
  })

  test('a hostile name is text everywhere', async () => {
    const by = '<script>x</script>@all\n**b**\u202e'
    await press({ by, scope: 'alert', for: '30m' })
    assert.equal(parts.api.made[0]?.createdBy, '<script>x</script>@all **b**')
    assert.doesNotMatch((await server.ask(link)).text, /<script>x/)
  })

  test('the group gets a line of text without mentions if the channel is configured so', async () => {
    await server[Symbol.asyncDispose]()
    await store.close()
    await start({}, channelNamed('ops', { announceSilences: true, mention: EVERYBODY }))
    await parts.post('alertmanager', payload())
    link = await parts.link()
    await press({ by: '@all 张三', scope: 'alert', for: '30m' })
    const { items } = await store.messages({ limit: 10 })
    assert.equal(items.length, 1)
    const [notice] = items
    assert.match(notice?.text ?? '', /^🔕 &#64;all 张三 silenced HighLoad · \S+ until 04:30/)
    const body = JSON.parse(notice?.body ?? '') as { at: object }
    assert.deepEqual(body.at, { atMobiles: [], atUserIds: [], isAtAll: false })
  })

  test('an alert whose Alertmanager is not listed has no link', async () => {
    const linkOf = await parts.links.linksAt(clock.now())
    const alert: Alert = {
      ...{ source: 'alertmanager', status: 'firing', fingerprint: 'f', name: '', cluster: '' },
      variables: { external_url: 'http://other' },
      ...{ levelWord: undefined, startsAt: undefined, endsAt: undefined },
    }
    assert.equal(linkOf(alert, 1), undefined)
    assert.match(String(linkOf({ ...alert, variables: { external_url: `${AM}/` } }, 1)), /silence/)
    assert.equal(linkOf({ ...alert, source: 'ocp', status: 'resolved' }, 1), undefined)
  })

  describe('of an alert that came from no Alertmanager', () => {
    beforeEach(async () => {
      await parts.post('ocp', OCP)
      link = await parts.link()
    })
    const MINUTE = 60_000

    test('mutes its repeats until it recovers; the recovery passes and ends it', async () => {
      assert.match((await server.ask(link)).text, /Mute this alert[\s\S]*Until it recovers/)
      assert.equal((await press({ by: 'a', for: 'recovery' })).status, 303)
      assert.equal(parts.api.made.length, 0)
      await clock.pass(20 * MINUTE)
      assert.deepEqual(await parts.post('ocp', OCP), ['muted'])
      assert.deepEqual(await parts.post('ocp', { ...OCP, alarm_target: 'host=2' }), [])
      await clock.pass(20 * MINUTE)
      assert.deepEqual(await parts.post('ocp', { ...OCP, alarm_status: 'Inactive' }), [])
      assert.deepEqual(await inForce(), [])
      await clock.pass(20 * MINUTE)
      assert.deepEqual(await parts.post('ocp', OCP), [])
      assert.match((await server.ask(link)).text, /ended by its recovery/)
    })

    test('a more severe level passes and ends it', async () => {
      await press({ by: 'a', for: '2h' })
      await clock.pass(20 * MINUTE)
      assert.deepEqual(await parts.post('ocp', { ...OCP, alarm_level: '2' }), [])
      assert.deepEqual(await inForce(), [])
    })

    test('a button ends it', async () => {
      await press({ by: 'a', for: '2h' })
      const id = (await inForce())[0]?.id ?? ''
      await clock.pass(20 * MINUTE)
      assert.equal((await press({ by: 'b', end: id })).status, 303)
      assert.deepEqual(await parts.post('ocp', OCP), [])
    })

    test('an end that cannot be stored is not answered with 200, so that the sender retries', async () => {
      await press({ by: 'a', for: 'recovery' })
      await clock.pass(20 * MINUTE)
      const { endSilence } = store
      store.endSilence = () => Promise.reject(new Error('disk full'))
      await assert.rejects(parts.post('ocp', { ...OCP, alarm_status: 'Inactive' }))
      store.endSilence = endSilence
      await parts.post('ocp', { ...OCP, alarm_status: 'Inactive' })
      assert.deepEqual(await inForce(), [])
    })
  })
})

const EVERYBODY = { mobiles: ['13800000000'], users: [], all: true, rules: [] }
