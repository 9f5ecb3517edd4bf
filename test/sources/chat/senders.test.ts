import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { levelIn } from '../../../src/pipeline/destinations.ts'
import { sources } from '../../../src/sources/index.ts'
import type { Source } from '../../../src/sources/source.ts'

const FOLDER = new URL('./fixtures/', import.meta.url)
const chat = sources.get('chat') as Source
const CONTEXT = {
  receivedAt: new Date('2026-11-28T01:00:00Z'),
  timezone: 'Asia/Shanghai',
}

interface Expected {
  title: string | undefined
  /** The whole text, or a part of it. */
  text: string | RegExp
  format: 'text' | 'markdown'
  status?: 'firing' | 'resolved'
  level?: number
  mobiles?: string[]
  users?: string[]
  all?: boolean
  variables?: Record<string, string>
  /** Whether the same text later is the same alert. */
  identified?: boolean
}

/** Made-up bodies of senders that can post to a DingTalk robot, based on their source code or documents. */
const SENDERS: Record<string, Expected> = {
  'ocp-text': {
    title: undefined,
    text: /告警对象：alarm_template_id=0/,
    format: 'text',
    level: 1,
    mobiles: ['13800000001'],
    identified: true,
    variables: {
      alarm_name: 'OceanBase服务器无法连接',
      alarm_level: '停服',
      ob_cluster: 'ob4253_A',
      host_ip: '192.0.2.11',
      alarm_url: 'http://192.0.2.20:8080/alarm/event/187',
      alarm_active_at: '2025-06-06T15:01:55.884+08:00',
    },
  },
  'ocp-markdown': {
    title: 'OCP alert notification',
    text: /^### OCP alert notification OBServer process stopped/,
    format: 'markdown',
    level: 2,
    identified: true,
    variables: {
      alarm_name: 'OBServer process stopped',
      alarm_target: 'alarm_template_id=0:ob_cluster=ob3245_ps-1731295860:host=192.0.2.12',
      alarm_description: 'OBServer process 192.0.2.12 is gone.',
    },
  },
  'ocp-recovery': {
    title: 'OCP 告警恢复通知',
    text: /恢复时间/,
    format: 'markdown',
    status: 'resolved',
    identified: true,
    variables: { alarm_name: 'OBServer process stopped' },
  },
  'ocp-own-template': {
    title: undefined,
    text: '[DBA] sys tenant is slow, see the runbook',
    format: 'text',
    all: true,
  },
  'ocp-broken': {
    title: 'OCP',
    text: /call "web service" failed\(ret=-4216\)/,
    format: 'markdown',
    level: 2,
    identified: true,
    variables: { alarm_name: 'OBServer program log', ob_cluster: 'C1' },
  },
  'grafana-link': {
    title: '[FIRING:1] DiskFull (node-exporter)',
    text: /mountpoint = \/data\nhttps:\/\/grafana\.example\.com\/alerting\/list$/,
    format: 'text',
    variables: { alarm_url: 'https://grafana.example.com/alerting/list' },
  },
  'grafana-action-card': {
    title: '[RESOLVED] DiskFull (node-exporter)',
    text: /\[More\]\(dingtalk:\/\/dingtalkclient\/page\/link/,
    format: 'markdown',
    status: 'resolved',
    variables: { alarm_url: 'https://grafana.example.com/alerting/list' },
  },
  'alertmanager-payload': {
    title: '[FIRING:2] HighLatency',
    text: '#### [FIRING:2] HighLatency\n> - severity: critical\n> - service: checkout',
    format: 'markdown',
    users: ['user123'],
  },
  'jenkins-action-card': {
    title: 'Jenkins build',
    text: /@13800000002<\/font>\n\n\[Changes\]\(https:\/\/ci\.example\.com\/job\/shop\/42\/changes\)/,
    format: 'markdown',
    mobiles: ['13800000002'],
  },
  'uptime-kuma': {
    title: '[DOWN] shop front',
    text: /ECONNREFUSED/,
    format: 'markdown',
    all: true,
  },
  'uptime-kuma-test': {
    title: undefined,
    text: 'shop front: a test of the notification',
    format: 'text',
  },
  'nightingale-robot': {
    title: 'CPU is busy',
    text: /value: 93\.1\n@13800000003$/,
    format: 'markdown',
    mobiles: ['13800000003'],
  },
  prometheusalert: {
    title: 'Prometheus alert',
    text: /host: 192\.0\.2\.31/,
    format: 'markdown',
    mobiles: ['13800000004'],
  },
  apprise: { title: 'backup', text: '**backup** of /srv took 3 h', format: 'markdown' },
  skywalking: { title: undefined, text: /more than 1000ms/, format: 'text' },
  'feed-card': {
    title: undefined,
    text: '- [Release 1.4 is out](https://ci.example.com/releases/1.4)\n- [Release notes](https://ci.example.com/notes/1.4)',
    format: 'markdown',
  },
  elastalert: {
    title: 'errors in nginx',
    text: /\[Visit Kibana\]\(https:\/\/kibana\.example\.com\/app\/discover\)$/,
    format: 'markdown',
    variables: { alarm_url: 'https://kibana.example.com/app/discover' },
  },
  'wecom-markdown-v2': {
    title: undefined,
    text: '# nightly job\nfinished with **3** errors',
    format: 'markdown',
  },
}

const bodyOf = (name: string): string => readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')

describe('a body of a sender that can only post to a DingTalk robot', () => {
  for (const [name, expected] of Object.entries(SENDERS))
    test(`${name}: text, mentions, status and variables are the sender's`, async () => {
      const { source, alerts, prerendered } = await chat.read(bodyOf(name), CONTEXT)
      assert.equal(source, 'chat')
      const [alert] = alerts
      assert.ok(alert !== undefined && alerts.length === 1)
      assert.equal(alert.source, 'chat')
      assert.equal(prerendered?.title, expected.title)
      if (typeof expected.text === 'string') assert.equal(prerendered?.text, expected.text)
      else assert.match(prerendered?.text ?? '', expected.text)
      assert.equal(prerendered?.format, expected.format)
      const { mobiles = [], users = [], all = false } = expected
      assert.deepEqual(prerendered?.mention, { mobiles, users, all })
      assert.equal(alert.status, expected.status ?? 'firing')
      assert.equal(levelIn(alert), expected.level ?? 3)
      assert.equal(alert.retryWindowMs, expected.identified ? undefined : 60_000)
      for (const [variable, value] of Object.entries(expected.variables ?? {}))
        assert.equal(alert.variables[variable], value, variable)
    })

  test('each fixture has its expected result', () => {
    const files = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''))
    const known = [...Object.keys(SENDERS), 'nightingale-event']
    assert.deepEqual(files.sort(), known.sort())
  })

  test("OCP's firing and its recovery are the same alert", async () => {
    const [fired, recovered] = await Promise.all(
      ['ocp-markdown', 'ocp-recovery'].map((name) => chat.read(bodyOf(name), CONTEXT)),
    )
    assert.ok(fired !== undefined && recovered !== undefined)
    assert.equal(fired.alerts[0]?.fingerprint, recovered.alerts[0]?.fingerprint)
  })

  test('an Alertmanager payload on this route is read as one', async () => {
    const body = JSON.stringify({ alerts: [{ status: 'firing', labels: { alertname: 'A' } }] })
    const { source, alerts } = await chat.read(body, CONTEXT)
    assert.equal(source, 'alertmanager')
    assert.equal(alerts[0]?.name, 'A')
  })
})

describe('a Nightingale event', () => {
  for (const route of ['ocp', 'alertmanager', 'chat'] as const)
    test(`on the route of ${route} has level, target, times and tags`, async () => {
      const reader = sources.get(route) as Source
      const { source, alerts } = await reader.read(bodyOf('nightingale-event'), CONTEXT)
      const [alert] = alerts
      assert.equal(source, route === 'chat' ? 'chat' : 'ocp')
      assert.equal(alert?.status, 'firing')
      assert.equal(alert && levelIn(alert), 3)
      assert.equal(alert?.variables['alarm_name'], 'CPU is busy')
      assert.equal(alert?.variables['alarm_target'], 'ident=db-07:busigroup=dba')
      assert.equal(alert?.variables['alarm_summary'], 'CPU 93.1 %')
      assert.equal(alert?.variables['value'], '93.1')
      assert.equal(alert?.variables['busigroup'], 'dba')
      assert.equal(alert?.variables['runbook_url'], 'https://wiki.example.com/cpu')
      assert.equal(alert?.startsAt?.toISOString(), '2025-11-28T00:55:00.000Z')
      assert.ok(!JSON.stringify(alert?.variables).includes('13800000009'))
    })

  test('that recovered resolves the same alert', async () => {
    const ocp = sources.get('ocp') as Source
    const event = JSON.parse(bodyOf('nightingale-event'))
    const [fired] = (await ocp.read(JSON.stringify(event), CONTEXT)).alerts
    const over = { ...event, is_recovered: true, severity: 1, last_eval_time: 1764292200 }
    const [recovered] = (await ocp.read(JSON.stringify(over), CONTEXT)).alerts
    assert.equal(recovered?.fingerprint, fired?.fingerprint)
    assert.equal(recovered?.status, 'resolved')
    assert.equal(recovered?.endsAt?.toISOString(), '2025-11-28T01:10:00.000Z')
    assert.equal(recovered && levelIn(recovered), 2)
  })
})
