import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compilePattern, parseMatchers } from '../../src/config/matchers.ts'
import { Harness } from '../../src/simulation/harness.ts'
import { sources } from '../../src/sources/index.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'

const CODE = '<% process.exit(9) %><%= it %>${alarm_id}${process.exit(9)}'
const HTML = '<script>alert(1)</script><img src=x onerror=alert(1)>"><iframe src=//evil.example>'
const LINKS =
  '[pay](http://evil.example/pay) ![p](http://evil.example/p.png) [x](javascript:alert(1))'
const MENTIONS = '@all @everyone @13800000000 @{"isAtAll":true}'

const firing = (labels: Record<string, string>) => ({ alerts: [{ status: 'firing', labels }] })

describe('text of an alert', () => {
  test('is never code, markup, a link or a mention, in a message and on the page', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
    }).start()
    const values = { code: CODE, html: HTML, links: LINKS, mentions: MENTIONS }
    for (const [name, value] of Object.entries(values)) {
      const labels = { alertname: `${name} ${value}`, instance: value, summary: value }
      await receiver.post('/alertmanager/default', firing(labels))
      await receiver.post('/ocp/ops', { alarm_name: `ocp ${name}`, alarm_summary: value })
    }
    const messages = await until('all are shown', async () => {
      const shown = (await receiver.json<{ messages: Shown[] }>('/api/v1/sandbox')).messages
      const text = shown.map((each) => each.text).join('\n')
      return Object.keys(values).every((name) => text.includes(`ocp ${name}`)) && shown
    })
    const text = messages.map((each) => each.text).join('\n')
    assert.match(text, /process\.exit\(9\)/, 'code is told as it was written')
    assert.match(text, /\$\{alarm/)
    assert.doesNotMatch(text, /<(?:script|img|iframe)/i)
    for (const link of ['](http://evil', '](javascript:']) assert.ok(!unescaped(text, link), link)
    for (const { mention } of messages)
      assert.deepEqual(mention, { mobiles: [], users: [], all: false })

    const paths = [
      '/',
      '/messages',
      '/alerts',
      '/sandbox',
      ...(await idsOf(receiver)).map((id) => `/messages/${id}`),
    ]
    for (const path of paths) {
      const page = await (await receiver.get(path)).text()
      const main = page.slice(page.indexOf('<main'))
      if (path === '/alerts') assert.ok(main.includes('evil.example'))
      assert.doesNotMatch(
        main,
        /<(?:script|img|iframe)|onerror=(?!alert\(1\)&gt;)|href="javascript:/i,
        path,
      )
      assert.doesNotMatch(page, /(?:src|href)="(?:https?:)?\/\/evil/i, path)
    }
    assert.equal(await receiver.end(), 0)
  })

  test('cannot forge a line of the log, nor can the path', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      args: ['--log-level', 'debug'],
    }).start()
    const forged = '{"level":"error","message":"forged"}'
    await receiver.post(`/ocp/${encodeURIComponent(`x\n${forged}\n`)}`, 'text')
    await receiver.post('/alertmanager/default', `{"alerts":\n${forged}\n`)
    await receiver.post('/ocp/ops', `x\n${forged}\n\u001b[2J`)
    await receiver.get(`/nothing%0A${encodeURIComponent(forged)}%0A`)
    await receiver.end()
    const lines = receiver.output.split('\n').filter((line) => line.startsWith('{'))
    const names = lines.map((line) => JSON.parse(line).message)
    assert.ok(names.includes('request.refused'))
    assert.ok(!names.includes('forged'))
    assert.ok(!receiver.output.includes('\u001b'))
  })

  test('is in no metric name or label', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
    }).start()
    await receiver.post('/alertmanager/default', firing({ alertname: 'CANARY', CANARY: 'CANARY' }))
    await receiver.post('/ocp/CANARY', 'x')
    await receiver.post('/CANARY/default', 'x')
    const text = await (await receiver.get('/metrics')).text()
    assert.match(
      text,
      /alerts_received_total\{source="alertmanager",channel="ops",status="firing"\} 1/,
    )
    assert.doesNotMatch(text, /CANARY/)
  })
})

describe("names of JavaScript's prototypes", () => {
  const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
  const context = {
    receivedAt: new Date('2026-11-24T04:00:00Z'),
    timezone: 'UTC',
  }

  test('are ordinary names in both payloads', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    const pairs = NAMES.map((name) => `${JSON.stringify(name)}:"value of ${name}"`).join(',')
    const bodies = [
      [
        'alertmanager',
        `{"alerts":[{"labels":{"alertname":"x",${pairs}},"annotations":{${pairs}}}]}`,
      ],
      ['ocp', `{"alarm_name":"x",${pairs}}`],
      [
        'ocp',
        NAMES.map((name) => `${name}=value of ${name}`)
          .join('\n')
          .concat('\nalarm_name=x'),
      ],
      ['ocp', `{"message":{"alarm_name":"x",${pairs}}}`],
    ] as const
    for (const [source, body] of bodies) {
      const { alerts } = (await sources.get(source)?.read(body, context)) ?? { alerts: [] }
      const [alert] = alerts
      const variables = alert?.variables ?? {}
      assert.equal(Object.getPrototypeOf(variables), null, body)
      assert.equal(variables['alarm_name'], 'x')
    }
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before)
    assert.equal(({} as Record<string, unknown>)['alarm_name'], undefined)
  })

  test('are unknown channels, messages and assets', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: 'robots: { lab: { webhook: sandbox } }\nchannels: { ops: { robots: [lab] } }\n',
    }).start()
    for (const name of NAMES) {
      for (const path of [`/alertmanager/${name}`, `/api/v1/channels/${name}/test`])
        assert.equal((await receiver.post(path, '{"alerts":[]}')).status, 404, path)
      for (const path of [`/assets/${name}`, `/messages/${name}`, `/api/v1/messages/${name}`])
        assert.equal((await receiver.get(path)).status, 404, path)
      const preview = JSON.stringify({ channel: name, payload: 'x' })
      assert.equal((await receiver.post('/api/v1/preview', preview)).status, 404)
      const encoded = await receiver.post('/ocp/ops', 'x', { 'Content-Encoding': name })
      assert.equal(encoded.status, 400, name)
    }
  })
})

describe('the work that a sender can cause', () => {
  test('a pattern that is exponential in a backtracking engine matches at once', () => {
    const text = 'a'.repeat(5_000)
    assert.equal(compilePattern('(a+)+b').matches(text), false)
    assert.equal(compilePattern('(a|a)*c').matches(text), false)
    assert.equal(compilePattern('(.*a){20}x').matches(text), false)
    assert.equal(parseMatchers('x=~"([a-z]+)*[0-9]"')[0]?.kind, 'matches')
    assert.throws(() => compilePattern('(?=a)b'), 'what only a backtracking engine can do')
  })

  test('a huge value costs no more than its share of a message', async () => {
    const world = await new Harness(settingsOf()).start()
    const hostile = ['_ ', '[](', 'x\n', '<a', '`', '*', '👩‍👩‍👧‍👦']
    for (const each of hostile)
      await world.post('alertmanager', firing({ alertname: each.repeat(300_000), instance: each }))
    await world.clock.pass(600_000)
    const { items } = await world.store.alerts({ limit: 100 })
    await world.stop()
    assert.deepEqual(
      items.map(({ state }) => state),
      hostile.map(() => 'sent'),
    )
  })

  test('a flood on one channel does not delay others', async () => {
    const robots = [robotNamed('ops-1'), robotNamed('ops-2')]
    const channels = [
      channelNamed('noisy', { robots: ['ops-1'] }),
      channelNamed('ops', { robots: ['ops-2'] }),
    ]
    const world = await new Harness(settingsOf({ robots, channels })).start()
    for (let i = 0; i < 2_000; i += 1)
      await world.post('ocp', { alarm_name: 'Noise', alarm_target: `host=${i}` }, 'noisy')
    await world.post('ocp', { alarm_name: 'Quiet', alarm_target: 'host=1' }, 'ops')
    await world.clock.pass(0)
    assert.ok(world.group.shown().some((each) => each.title.includes('Quiet')))
    await world.clock.pass(2_000)
    await world.stop()
  })
})

interface Shown {
  text: string
  mention: unknown
}

/** True if the text contains an unescaped Markdown character. */
function unescaped(text: string, sign: string): boolean {
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1))
    if (text[at - 1] !== '\\') return true
  return false
}

async function idsOf(receiver: Receiver): Promise<string[]> {
  const { messages } = await receiver.json<{ messages: { id: string }[] }>('/api/v1/messages')
  return messages.map(({ id }) => id)
}
