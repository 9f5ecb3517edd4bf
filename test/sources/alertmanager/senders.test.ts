import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, describe, test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import type { Channel } from '../../../src/model/settings.ts'
import { sources, storedSources } from '../../../src/sources/index.ts'
import type { Source } from '../../../src/sources/source.ts'
import { Path } from '../../support/path.ts'
import { channelNamed, settingsOf } from '../../support/settings.ts'

const SECOND = 1_000
const MINUTE = 60_000
const alertmanager = sources.get('alertmanager') as Source
const CONTEXT = {
  receivedAt: new Date('2026-11-28T01:00:00Z'),
  timezone: 'Asia/Shanghai',
}

const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')

async function faultOf(body: unknown): Promise<string> {
  const error = await alertmanager.read(JSON.stringify(body), CONTEXT).catch((each) => each)
  assert.ok(error instanceof AppError)
  assert.equal(error.code, 'bad_payload')
  return error.message
}

describe('a payload of Alertmanager 0.34', () => {
  let path: Path
  afterEach(() => path?.stop())

  const started = async (channel: Partial<Channel> = {}): Promise<Path> => {
    path = await new Path(settingsOf({ channels: [channelNamed('ops', channel)] })).start()
    return path
  }
  const shown = async (): Promise<string[]> => {
    await path.clock.pass(30 * SECOND)
    return path.group
      .shown()
      .reverse()
      .map(({ text }) => text)
  }

  test('with every new field reaches the group', async () => {
    await started()
    await path.post('alertmanager', fixture('alertmanager-0.34'))
    const text = (await shown()).join('\n')
    assert.match(text, /QueueGrows/)
    assert.match(text, /paid/)
    assert.match(text, /mail/)
  })

  test('the copy of a second peer, with another reason, is the same notification', async () => {
    await started()
    const body = fixture('alertmanager-0.34')
    await path.post('alertmanager', body)
    const before = (await shown()).length
    for (const reason of ['unknown', 'repeat interval elapsed', 'new alerts added', 7, null]) {
      const other = { ...JSON.parse(body), notification_reason: reason, routeLabels: { a: 'b' } }
      await path.clock.pass(10 * SECOND)
      await path.post('alertmanager', other)
    }
    assert.equal((await shown()).length, before)
  })

  const group = (queues: string[], reason: string, changes: object = {}) => ({
    version: '4',
    status: 'firing',
    notification_reason: reason,
    alerts: queues.map((queue) => ({
      status: 'firing',
      labels: { alertname: 'QueueGrows', queue },
      startsAt: '2026-11-24T03:00:00Z',
      ...changes,
    })),
  })
  const CHANGES = { aggregate: { everyMs: MINUTE, by: undefined, changes: true } }

  test('"new alerts added" delivers only alerts that are new to the group, if the channel asks for this', async () => {
    for (const [channel, delivered] of [
      [CHANGES, ['gamma']],
      [{ aggregate: { everyMs: MINUTE, by: undefined } }, ['alpha', 'beta', 'gamma']],
    ] as const) {
      await started(channel)
      await path.post('alertmanager', group(['alpha', 'beta'], 'first notification'))
      const before = (await shown()).length
      await path.clock.pass(5 * MINUTE)
      await path.post('alertmanager', group(['alpha', 'beta', 'gamma'], 'new alerts added'))
      const text = (await shown()).slice(before).join('\n')
      for (const queue of ['alpha', 'beta', 'gamma'])
        assert.equal(
          text.includes(queue),
          (delivered as readonly string[]).includes(queue),
          `${queue} in ${text}`,
        )
      await path.stop()
    }
  })

  test('any other reason is delivered once per period, with or without changes', async () => {
    await started(CHANGES)
    await path.post('alertmanager', group(['alpha', 'beta'], 'first notification'))
    const before = (await shown()).length
    await path.clock.pass(5 * MINUTE)
    await path.post('alertmanager', group(['alpha', 'beta'], 'repeat interval elapsed'))
    assert.ok((await shown()).length > before)
  })

  test('"new alerts added" does not hold back a change of status or a rise in level', async () => {
    await started(CHANGES)
    await path.post('alertmanager', group(['alpha', 'beta'], 'first notification'))
    const before = (await shown()).length
    await path.clock.pass(5 * MINUTE)
    const { alerts } = group(['alpha'], 'x', { status: 'resolved', endsAt: '2026-11-24T04:04:00Z' })
    const mixed = group(['beta', 'gamma'], 'new alerts added')
    await path.post('alertmanager', { ...mixed, alerts: [...mixed.alerts, ...alerts] })
    const text = (await shown()).slice(before).join('\n')
    assert.match(text, /alpha/)
    assert.match(text, /gamma/)
    assert.doesNotMatch(text, /beta/)
    const after = (await shown()).length
    const risen = group(['beta'], 'new alerts added', {
      labels: { alertname: 'QueueGrows', queue: 'beta', severity: 'critical' },
      fingerprint: 'beta',
    })
    // The level is a label, so it is part of the identity unless the sender gives a fingerprint.
    await path.post('alertmanager', {
      ...risen,
      alerts: risen.alerts.map((each) => ({
        ...each,
        labels: { ...each.labels, severity: 'warning' },
      })),
    })
    await path.clock.pass(5 * MINUTE)
    await path.post('alertmanager', risen)
    assert.equal((await shown()).length, after + 2)
  })
})

describe("Grafana's payload", () => {
  test('is stored without enrichments and embedded images, and reads the same from storage', async () => {
    const body = fixture('grafana')
    const read = await alertmanager.read(body, CONTEXT)
    const stored = String(read.stored)
    assert.ok(stored.length < body.length / 3, `${stored.length} of ${body.length}`)
    assert.ok(!stored.includes('enrichments') && !stored.includes('data:image'))
    const again = await alertmanager.read(stored, CONTEXT)
    assert.equal(again.stored, undefined)
    assert.deepEqual([again.alerts.length, again.key], [read.alerts.length, read.key])
    const { variables } = again.alerts[0] ?? {}
    assert.equal(
      variables?.['imageURL'] ?? variables?.['image_url'],
      'https://grafana.example.com/render/x1.png',
    )
    assert.equal(variables?.['mountpoint'], '/data')
  })

  test('is treated alike as bytes and as text', async () => {
    const bytes = Buffer.concat([Buffer.from('xx'), Buffer.from(fixture('grafana'))]).subarray(2)
    const read = await alertmanager.read(bytes, CONTEXT)
    assert.equal(read.stored, (await alertmanager.read(fixture('grafana'), CONTEXT)).stored)
  })

  test('keeps a label that is called enrichments', async () => {
    const body = { alerts: [{ labels: { alertname: 'A', enrichments: 'mine' } }] }
    const { stored } = await alertmanager.read(JSON.stringify(body), CONTEXT)
    assert.equal(stored, undefined)
  })

  for (const [where, extra] of [
    ['an alert has enrichments', { alert: { enrichments: ['x'] } }],
    ['the envelope has enrichments', { envelope: { enrichments: { all: 'x' } } }],
    ['an alert has an image', { alert: { imageURL: 'data:image/png;base64,AAAA' } }],
    ['an alert has an SVG', { alert: { imageURL: 'data:image/svg+xml;utf8,<svg/>' } }],
  ] as const)
    test(`of many kilobytes in which ${where} is stored without it`, async () => {
      const alerts = Array.from({ length: 100 }, (_, index) => ({
        labels: { alertname: 'A', pod: `pod-${index}`, note: '备注'.repeat(100) },
      }))
      const last = { ...alerts[99], ...('alert' in extra ? extra.alert : {}) }
      const body = {
        alerts: [...alerts.slice(0, 99), last],
        ...('envelope' in extra ? extra.envelope : {}),
      }
      const bytes = Buffer.from(JSON.stringify(body))
      const { stored = '' } = await alertmanager.read(bytes, CONTEXT)
      const kept = 'alert' in extra && 'imageURL' in extra.alert ? { imageURL: '' } : {}
      assert.deepEqual(JSON.parse(stored), {
        alerts: [...alerts.slice(0, 99), { ...alerts[99], ...kept }],
      })
    })

  test('without enrichments is stored unchanged', async () => {
    const { stored } = await alertmanager.read(fixture('alertmanager-0.34'), CONTEXT)
    assert.equal(stored, undefined)
  })
})

describe('a body of another sender at the address of Alertmanager', () => {
  test("Grafana's legacy webhook is refused with the route that takes it", async () => {
    assert.match(
      await faultOf(JSON.parse(fixture('grafana-legacy'))),
      /no "alerts"\. \/ocp\/:channel/,
    )
    const ocp = sources.get('ocp') as Source
    const [alert] = (await ocp.read(fixture('grafana-legacy'), CONTEXT)).alerts
    assert.equal(alert?.name, '[Alerting] Disk')
    assert.equal(alert?.variables['alarm_description'], 'The disk of db-07 is full')
  })

  test('a bare list of alerts is refused with a hint where to send it', async () => {
    assert.match(await faultOf([{ labels: { alertname: 'A' } }]), /\/api\/v2\/alerts/)
    assert.match(await faultOf([{ message: 'x' }]), /\/ocp\/:channel/)
  })

  test('any other object is refused with the existing routes', async () => {
    for (const body of [{}, { a: 1 }, { alarm_name: 'x' }])
      assert.match(await faultOf(body), /\/ocp\/:channel.*\/robot\/send/)
  })
})

describe('a payload of Alertmanager at the address of another sender', () => {
  test('has its alerts, levels and recoveries there too', async () => {
    const expected = await alertmanager.read(fixture('alertmanager-0.34'), CONTEXT)
    for (const route of ['ocp', 'chat'] as const) {
      const { source, alerts } = await (sources.get(route) as Source).read(
        fixture('alertmanager-0.34'),
        CONTEXT,
      )
      assert.equal(source, 'alertmanager')
      assert.deepEqual(
        alerts.map(({ fingerprint, status, levelWord }) => [fingerprint, status, levelWord]),
        expected.alerts.map(({ fingerprint, status, levelWord }) => [
          fingerprint,
          status,
          levelWord,
        ]),
      )
    }
  })

  test('is read again by the source that accepted it', async () => {
    const ocp = storedSources.get('ocp') as Source
    const { source, alerts } = await ocp.read(fixture('alertmanager-0.34'), CONTEXT)
    assert.deepEqual([source, alerts.length], ['ocp', 1])
  })

  test('is a text of OCP if its alerts have no labels', async () => {
    const ocp = sources.get('ocp') as Source
    const { source } = await ocp.read('{"alerts":[{"a":1}],"alarm_name":"x"}', CONTEXT)
    assert.equal(source, 'ocp')
  })
})
