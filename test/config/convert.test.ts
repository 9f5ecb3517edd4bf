import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { convertWebhookDingtalk } from '../../src/config/convert.ts'
import { readGoTemplate } from '../../src/config/go-template.ts'
import { loadSettings } from '../../src/config/load.ts'
import { readWebhookDingtalk } from '../../src/config/webhook-dingtalk.ts'
import { immediate } from '../../src/give-way.ts'
import type { Settings } from '../../src/model/settings.ts'
import { createDingtalk } from '../../src/notifiers/dingtalk/index.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import { type Previewed, preview } from '../../src/reporting/preview.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { sources } from '../../src/sources/index.ts'
import { temporaryFolder } from '../support/receiver.ts'

const URL = 'https://oapi.dingtalk.com/robot/send?access_token='
const NOW = new Date('2026-11-24T04:30:00Z')

const PAYLOAD = JSON.stringify({
  receiver: 'ops',
  groupKey: '{}:{alertname="HighLoad"}',
  externalURL: 'http://alertmanager.example.com',
  alerts: ['db-1', 'db-2'].map((instance) => ({
    status: 'firing',
    labels: { alertname: 'HighLoad', severity: 'critical', instance },
    annotations: { summary: `The load of ${instance} is 42` },
    startsAt: '2026-11-24T04:00:00Z',
  })),
})

interface Converted {
  yaml: string
  settings: Settings
  messages: (channel: string) => Promise<Previewed[]>
}

/** Converts a configuration, then loads, checks and renders the result. */
async function converted(config: string): Promise<Converted> {
  using folder = temporaryFolder()
  const read = readWebhookDingtalk(config, 'config.yml')
  assert.ok(read.config, read.faults.join('\n'))
  const yaml = convertWebhookDingtalk(read.config)
  const file = join(folder.path, 'dingtalk-receiver.yml')
  writeFileSync(file, yaml)
  const { settings } = loadSettings({ file, env: {}, cwd: folder.path })
  const { faults } = await createRenderer(settings, settings.channels.values()).check()
  assert.deepEqual(faults, [])
  const notifier = createDingtalk({
    clock: new VirtualClock(NOW),
    sandbox: () => ({ status: 200, body: '' }),
  })
  const rendererFor = (
    channel: (typeof settings)['channels'] extends ReadonlyMap<string, infer C> ? C : never,
  ) => createRenderer(settings, [channel])
  const messages = (channel: string) =>
    preview(
      { channel, payload: PAYLOAD, now: NOW },
      { settings, sources, notifier, rendererFor, giveWay: immediate },
    )
  return { yaml, settings, messages }
}

function faultsOf(config: string): string[] {
  return readWebhookDingtalk(config, 'config.yml').faults
}

describe('a configuration of prometheus-webhook-dingtalk', () => {
  test('with plain targets becomes a robot and a channel of the same name each', async () => {
    const { settings, messages } = await converted(
      `targets:\n  webhook1: { url: "${URL}one" }\n  webhook2: { url: "${URL}two" }\n`,
    )
    assert.deepEqual([...settings.robots.keys()], ['webhook1', 'webhook2'])
    assert.deepEqual(settings.channels.get('webhook2')?.robots, ['webhook2'])
    assert.equal(settings.listen.host, '0.0.0.0')
    const [message, ...more] = await messages('webhook1')
    assert.equal(more.length, 0)
    assert.match(message?.text ?? '', /The load of db-1 is 42/)
    assert.match(message?.text ?? '', /The load of db-2 is 42/)
  })

  test('keeps secrets and timeouts, each in one line only', async () => {
    const { yaml, settings } = await converted(
      `timeout: 3s\ntargets:\n  ops:\n    url: ${URL}tok-1\n    secret: SEC0123456789abcdef\n`,
    )
    const ops = settings.robots.get('ops')
    assert.equal(ops?.secret?.reveal(), 'SEC0123456789abcdef')
    assert.equal(ops?.timeoutMs, 3_000)
    for (const secret of ['tok-1', 'SEC0123456789abcdef'])
      assert.equal(yaml.split(secret).length, 2)
  })

  test('keeps mentions of all and of numbers, written as text or as numbers', async () => {
    const { settings } = await converted(
      `targets:
  everyone: { url: "${URL}a", mention: { all: true } }
  some: { url: "${URL}b", mention: { mobiles: ["13800000000", 13900000000] } }
`,
    )
    assert.equal(settings.channels.get('everyone')?.mention.all, true)
    assert.deepEqual(settings.channels.get('some')?.mention.mobiles, ['13800000000', '13900000000'])
  })

  test('a default message of built-in templates becomes the built-in look', async () => {
    const { yaml, settings } = await converted(
      `default_message:
  title: '{{ template "legacy.title" . }}'
  text: '{{ template "legacy.content" . }}'
targets: { ops: { url: "${URL}a" } }
`,
    )
    assert.doesNotMatch(yaml, /not translated/)
    const { template } = settings.channels.get('ops') ?? {}
    assert.deepEqual(template, { kind: 'named', name: 'webhook-dingtalk' })
  })

  test('a custom template becomes a comment with its fields and their equivalents', async () => {
    const { yaml, settings } = await converted(
      `templates: [ contrib/*.tmpl ]
targets:
  ops:
    url: ${URL}a
    message:
      title: 'Alert {{ .CommonLabels.alertname }} at {{ .GroupLabels.cluster }}'
      text: |
        {{ range .Alerts.Firing }}{{ .Annotations.summary }} {{ (index .Alerts 0).GeneratorURL }}
        {{ .StartsAt.Format "15:04" }}{{ end }}{{ template "mine.footer" . }}
`,
    )
    const comments = yaml.split('\n').filter((line) => line.trimStart().startsWith('#'))
    const said = comments.join('\n')
    for (const line of [
      'Alert {{ .CommonLabels.alertname }} at {{ .GroupLabels.cluster }}',
      '.CommonLabels.alertname — ${alarm_name} (or ${alertname})',
      '.GroupLabels.cluster — ${cluster}',
      '.Annotations.summary — ${alarm_summary} (or ${summary})',
      '.StartsAt.Format — ${alarm_active_at}',
      'template "mine.footer" — defined in your template files',
      'contrib/*.tmpl',
    ])
      assert.ok(said.includes(line), `${line} in\n${said}`)
    const { template, title } = settings.channels.get('ops') ?? {}
    assert.deepEqual(template, { kind: 'named', name: 'webhook-dingtalk' })
    assert.equal(title, undefined)
  })

  test('literal texts stay as they are', async () => {
    const { settings, messages } = await converted(
      `targets:
  ops: { url: "${URL}a", message: { title: "Something is wrong", text: "Look: at the 'dashboard'" } }
`,
    )
    assert.equal(settings.channels.get('ops')?.title, 'Something is wrong')
    assert.match((await messages('ops'))[0]?.text ?? '', /Look: at the 'dashboard'/)
  })

  test('older keys and a target that is called auto are converted and explained', async () => {
    const { yaml, settings } = await converted(
      `template: old/template.tmpl\nno_builtin_template: true\ntargets: { auto: { url: "${URL}a" } }\n`,
    )
    assert.match(yaml, /# {3}old\/template\.tmpl/)
    assert.match(yaml, /no_builtin_template/)
    assert.match(yaml, /\/dingtalk\/auto-1\/send/)
    assert.deepEqual([...settings.channels.keys()], ['auto-1'])
  })

  test('with errors is refused, with the place of each', () => {
    assert.deepEqual(faultsOf('targets:\n  a: {ulr: x}\n  9b: 3\ntimeout: soon\nmention: {}\n'), [
      'config.yml:5:1: mention: unknown key',
      'config.yml:4:10: timeout: must be a duration such as 5s',
      'config.yml:2:7: targets.a.ulr: unknown key (did you mean "url"?)',
      'config.yml:2:6: targets.a: url is missing',
      'config.yml:3:7: targets.9b: must begin with a letter and hold only letters, digits, _ and -',
      'config.yml:3:7: targets.9b: must be a mapping',
    ])
    assert.deepEqual(faultsOf('targets: {}\n'), [
      'config.yml:1:10: targets: has no target; there is nothing to convert',
    ])
    assert.match(faultsOf('targets: [\n')[0] ?? '', /^config\.yml:\d+:\d+: /)
  })
})

describe('a Go template', () => {
  test("of the built-in definitions is distinguished from a user's own", () => {
    assert.equal(readGoTemplate('{{ template "ding.link.content" . }}').kind, 'built_in')
    assert.equal(readGoTemplate('{{- template "default.title" . -}}').kind, 'built_in')
    assert.equal(readGoTemplate('{{ template "mine" . }}').kind, 'own')
    assert.equal(readGoTemplate('no braces').kind, 'literal')
  })
})
