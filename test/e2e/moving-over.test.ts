import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, runCommand, temporaryFolder, until } from '../support/receiver.ts'

/** Words that only these robots' security settings know; the configuration has none. */
const ROBOTS = {
  firing: { keywords: ['FIRING'] },
  legacy: { keywords: ['FIRING'] },
  chinese: { keywords: ['告警'] },
} as const

const TEMPLATE = `{{ define "ours" }}{{ range .Alerts }}
### 告警 {{ .Labels.alertname }}
{{ .Labels.instance }}: {{ .Annotations.summary }}
{{ end }}{{ .CommonAnnotations.summary }} {{ .GroupLabels.alertname }}{{ end }}`

const ALERTS = 260
const REQUESTS = 52

function payload(request: number): object {
  const each = ALERTS / REQUESTS
  return {
    groupKey: `g${request}`,
    status: 'firing',
    groupLabels: { alertname: `Rule${request}` },
    alerts: Array.from({ length: each }, (_, index) => ({
      status: 'firing',
      labels: {
        alertname: `Rule${request}`,
        severity: index === 0 ? 'critical' : 'warning',
        instance: `db-${request}-${index}`,
      },
      annotations: { summary: 'Load is high' },
    })),
  }
}

describe('a configuration that convert made', () => {
  test('delivers what the old template wrote, with annotations and group labels', async () => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'ours.tmpl'), TEMPLATE)
    writeFileSync(
      join(folder.path, 'config.yml'),
      `templates: [ ours.tmpl ]
targets: { ops: { url: "sandbox", message: { text: '{{ template "ours" . }}' } } }
`,
    )
    const made = await runCommand(['convert', 'config.yml', '-o', 'dingtalk-receiver.yml'], {
      cwd: folder.path,
    })
    assert.equal(made.code, 0, made.stderr)
    await using receiver = new Receiver({ folder: folder.path, port: await freePort() })
    await receiver.start()
    const alert = {
      labels: { alertname: 'HighLoad', instance: 'db-1' },
      annotations: { summary: 'The load is 42' },
    }
    await receiver.post('/dingtalk/ops/send', {
      groupLabels: { alertname: 'HighLoad' },
      alerts: [{ status: 'firing', ...alert }],
    })
    const text = await until('it is delivered', async () => {
      const { messages } = await receiver.json<{ messages: { state: string; text: string }[] }>(
        '/api/v1/messages',
      )
      return messages.find(({ state }) => state === 'sent')?.text
    })
    assert.match(text, /### 告警 HighLoad\s+db-1: The load is 42\s+The load is 42 HighLoad/)
  })

  test('without keywords delivers every alert of a storm to robots that look for words of the old texts', async () => {
    await using dingtalk = await startStandIn({ robots: structuredClone(ROBOTS) })
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'ours.tmpl'), TEMPLATE)
    writeFileSync(
      join(folder.path, 'config.yml'),
      `templates: [ '*.tmpl' ]
targets:
  firing: { url: "${dingtalk.url('firing')}" }
  legacy:
    url: "${dingtalk.url('legacy')}"
    message: { title: '{{ template "legacy.title" . }}', text: '{{ template "legacy.content" . }}' }
  chinese:
    url: "${dingtalk.url('chinese')}"
    message: { title: '告警', text: '{{ template "ours" . }}' }
`,
    )
    const made = await runCommand(['convert', 'config.yml', '-o', 'dingtalk-receiver.yml'], {
      cwd: folder.path,
    })
    assert.equal(made.code, 0, made.stderr)
    await using receiver = new Receiver({ folder: folder.path, port: await freePort() })
    await receiver.start()
    const channels = Object.keys(ROBOTS)
    const replies = await Promise.all(
      channels.flatMap((channel) =>
        Array.from({ length: REQUESTS }, (_, index) =>
          receiver.post(`/dingtalk/${channel}/send`, payload(index)),
        ),
      ),
    )
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
    await until('everything is delivered', async () => {
      const { channels } = await receiver.json<{ channels: Record<string, { waiting: number }> }>(
        '/api/v1/status',
      )
      return Object.values(channels).every(({ waiting }) => waiting === 0)
    })
    for (const channel of channels) {
      const { messages } = await receiver.json<{
        messages: { state: string; kind: string; alert_count: number; reason?: string }[]
      }>(`/api/v1/messages?channel=${channel}&limit=1000`)
      assert.deepEqual(
        messages.filter(({ state }) => state !== 'sent'),
        [],
      )
      assert.ok(messages.some(({ kind }) => kind === 'digest'))
      const counted = messages.reduce((sum, each) => sum + each.alert_count, 0)
      assert.equal(counted, ALERTS)
    }
  })
})
