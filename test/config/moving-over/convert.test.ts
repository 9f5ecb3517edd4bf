import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inOneText } from '../../../src/config/moving-over/convert.ts'
import { readWebhookDingtalk } from '../../../src/config/moving-over/webhook-dingtalk.ts'
import type { Channel } from '../../../src/model/settings.ts'
import { createRenderer } from '../../../src/rendering/renderer.ts'
import { scenarios } from '../../../src/rendering/templates/scenarios.ts'
import { templateNamed } from '../../support/settings.ts'
import { converted } from './conversion.ts'
import { payloadOf, payloadOfTwo } from './payloads.ts'

const URL = 'https://oapi.dingtalk.com/robot/send?access_token='

function faultsOf(config: string): string[] {
  return readWebhookDingtalk(config, 'config.yml').faults
}

describe('a configuration of prometheus-webhook-dingtalk', () => {
  test('with plain targets becomes one robot and one channel of the same name for each target', async () => {
    const { settings, messages } = await converted(
      `targets:\n  webhook1: { url: "${URL}one" }\n  webhook2: { url: "${URL}two" }\n`,
    )
    assert.deepEqual([...settings.robots.keys()], ['webhook1', 'webhook2'])
    assert.deepEqual(settings.channels.get('webhook2')?.robots, ['webhook2'])
    assert.equal(settings.listen.host, '0.0.0.0')
    const [message, ...more] = await messages('webhook1', payloadOfTwo('firing'))
    assert.equal(more.length, 0)
    assert.match(message?.text ?? '', /Load of .*db-1.* is 42/)
    assert.match(message?.text ?? '', /Load of .*db-2.* is 37/)
  })

  test('keeps secrets and timeouts, and puts secrets only into the lines for them', async () => {
    const { yaml, settings } = await converted(
      `timeout: 3s\ntargets:\n  ops:\n    url: ${URL}tok-1\n    secret: SEC0123456789abcdef\n`,
    )
    const ops = settings.robots.get('ops')
    assert.equal(ops?.secret?.reveal(), 'SEC0123456789abcdef')
    assert.equal(ops?.timeoutMs, 3_000)
    for (const secret of ['tok-1', 'SEC0123456789abcdef'])
      assert.equal(yaml.split(secret).length, 2)
  })

  test('keeps mentions of everyone and of mobiles, given as strings or as numbers', async () => {
    const { settings } = await converted(
      `targets:
  everyone: { url: "${URL}a", mention: { all: true } }
  some: { url: "${URL}b", mention: { mobiles: ["13800000000", 13900000000] } }
`,
    )
    assert.equal(settings.channels.get('everyone')?.mention.all, true)
    assert.deepEqual(settings.channels.get('some')?.mention.mobiles, ['13800000000', '13900000000'])
  })

  test('with default templates gets the built-in look, with its heading, its counts and both lists', async () => {
    const { yaml, settings, templates, messages } = await converted(`default_message:
  title: '{{ template "default.title" . }}'
  text: '{{ template "ding.link.content" . }}'
targets: { ops: { url: "${URL}a" } }
`)
    assert.equal(templateNamed(settings.channels.get('ops')?.template), 'webhook-dingtalk')
    assert.deepEqual([...templates.keys()], ['webhook-dingtalk.message.eta'])
    assert.match(yaml, /# As before, Markdown in labels and annotations is rendered/)
    const [fired] = await messages('ops', payloadOfTwo('firing'))
    assert.equal(fired?.title, '[FIRING:2] HighLoad (prod node critical)')
    for (const line of [
      '#### [FIRING:2] **[HighLoad](http://am.example.com/#/alerts?receiver=ops)**',
      '**Alerts Firing**',
      '#### [CRITICAL] Load of **db-1** is 42',
      '**Description:** above 30 for [5m](http://wiki.example.com/load)',
      '> - instance: db-1:9100',
    ])
      assert.ok(fired?.text.includes(line), `${line} in\n${fired?.text}`)
    assert.doesNotMatch(fired?.text ?? '', /severity:|Resolved/)
    const [resolved] = await messages('ops', payloadOfTwo('resolved'))
    assert.equal(resolved?.title, '[RESOLVED] HighLoad (prod node critical)')
    assert.match(resolved?.text ?? '', /#### \[RESOLVED\] .*\n\n\*\*Alerts Resolved\*\*/)
  })

  test('the built-in look shows summaries literally if the file sets this, or is deleted', async () => {
    const config = `targets: { ops: { url: "${URL}a" } }`
    const { templates } = await converted(config)
    const [name, text = ''] = [...templates][0] ?? []
    const escaping = text.replace('asMarkdown = true', 'asMarkdown = false')
    assert.notEqual(escaping, text)
    for (const changed of [new Map([[name as string, escaping]]), new Map<string, string>()]) {
      const { messages } = await converted(config, [], [], changed)
      const [message] = await messages('ops', payloadOfTwo('firing'))
      assert.match(message?.text ?? '', /\[CRITICAL\] Load of \\\*\\\*db-1\\\*\\\* is 42/)
    }
  })

  test('the built-in look keeps its words in digests, because the robot may require one as keyword', async () => {
    const { settings } = await converted(`targets: { ops: { url: "${URL}a" } }`)
    const channel = settings.channels.get('ops') as Channel
    const renderer = createRenderer(settings, [channel])
    const textIn = (situation: string): string => {
      const found = scenarios('en-US', new Date()).find(({ name }) => name === situation)
      assert.ok(found?.ask.kind === 'message')
      const { text, faults } = renderer.render({ ...found.ask.request, channel, fits: () => true })
      assert.deepEqual(faults, [])
      return text
    }
    const lines = textIn('forty at once')
    for (const word of ['[FIRING:36]', '[RESOLVED:4]', 'Alerts Firing', 'Alerts Resolved'])
      assert.ok(lines.includes(word), `${word} in\n${lines}`)
    assert.match(textIn('ten thousand at once'), /\[FIRING:\d+\] .*\n\n\*\*Alerts Firing/)
    assert.match(textIn('a recovery'), /RESOLVED/)
    assert.match(textIn('flapping'), /FIRING/)
  })

  test('the digest of a template states only what is true, and ends with the other words that may be keywords', async () => {
    const { messages } = await converted(
      `targets: { ops: { url: "${URL}a", message: { text: '{{ .Status | toUpper }} 告警恢复 {{ if false }}告警{{ end }} RESOLVED' } } }`,
    )
    for (const [status, state, rest] of [
      ['firing', 'FIRING', 'RESOLVED 告警恢复'],
      ['resolved', 'RESOLVED', 'FIRING 告警恢复'],
    ] as const) {
      const [message] = await messages('ops', payloadOf(status, 12))
      const lines = (message?.text ?? '').split('\n')
      assert.equal(lines[0], `**[${state}:12]**`)
      assert.equal(lines.at(-1), `> 关键词：${rest}`)
    }
  })

  test('a template that prints nothing for recoveries is noted, with how to send none', async () => {
    const targets = [
      ['firing', '{{ range .Alerts.Firing }}x{{ end }}'],
      ['each', '{{ range .Alerts }}{{ if eq .Status "firing" }}x{{ end }}{{ end }}'],
      ['both', '{{ range .Alerts }}x{{ end }}'],
      ['never', '{{ range .Alerts }}{{ if eq .Labels.a "b" }}x{{ end }}{{ end }}'],
      ['fails', '{{ (index .Alerts.Firing 0).Labels.a }}'],
    ].map(
      ([name, text], index) => `  ${name}: { url: "${URL}${index}", message: { text: '${text}' } }`,
    )
    const { notes, yaml, settings } = await converted(`targets:\n${targets.join('\n')}\n`)
    const said =
      'its template prints nothing when all alerts are resolved. Such messages get the built-in text; to send none, set send_resolved: false'
    assert.deepEqual(notes, [
      `config.yml: targets.firing: ${said}`,
      `config.yml: targets.each: ${said}`,
    ])
    assert.equal(settings.channels.get('firing')?.sendResolved, true)
    const changed = yaml.replace('    # send_resolved: false', '    send_resolved: false')
    assert.match(
      changed,
      /^ {2}firing:\n {4}robots: \[firing\]\n {4}# Note: .*\n {4}send_resolved: false\n/m,
    )
  })

  test('custom templates become files; an action without an equivalent is reported in the channel and in the list', async () => {
    const template = {
      path: 'contrib/own.tmpl',
      text: '{{ define "mine" }}告警\n{{ getenv "X" }}{{ len .Alerts }}{{ end }}',
    }
    const conversion = await converted(
      `templates: [ contrib/*.tmpl, other/*.tmpl ]
targets:
  ops: { url: "${URL}a", message: { text: '{{ template "mine" . }}' } }
  same: { url: "${URL}b", message: { text: '{{ template "mine" . }}' } }
`,
      [template],
      ['other/*.tmpl'],
    )
    const { yaml, leftOut, templates, settings } = conversion
    assert.deepEqual(leftOut, [
      'templates: other/*.tmpl matches no file; name the files with --templates',
      'contrib/own.tmpl:2: {{ getenv "X" }}: unknown function "getenv"',
    ])
    for (const each of leftOut) assert.ok(yaml.includes(`# Left out: ${each}`), each)
    assert.deepEqual([...templates.keys()], ['ops.title.eta', 'ops.message.eta', 'ops.digest.eta'])
    assert.equal(templateNamed(settings.channels.get('same')?.template), 'ops')
    assert.match(yaml, /language: zh-CN/)
    assert.match(yaml, /# keywords: \[FIRING, 告警\]/)
    const printed = inOneText(conversion)
    assert.match(printed, /templates\/ops\.message\.eta/)
    assert.doesNotMatch(printed.slice(yaml.length), /^[^#\n]/m)
  })

  test('a mobile loses its @; one that is not a number is not mentioned, and is reported', async () => {
    const { leftOut, settings } = await converted(
      `targets: { ops: { url: "${URL}a", mention: { mobiles: ['156xxxx8827', '+86 13800000000', '@13900139000'] } } }`,
    )
    assert.deepEqual(leftOut, [
      'config.yml: targets.ops.mention.mobiles: 156xxxx8827 is not a mobile number',
    ])
    assert.deepEqual(settings.channels.get('ops')?.mention.mobiles, ['13800000000', '13900139000'])
  })

  test('an address of Feishu or WeCom is reported with its place', async () => {
    const { leftOut, yaml } = await converted(`targets:
  a: { url: "https://open.feishu.cn/open-apis/bot/v2/hook/secret-1" }
  b: { url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=secret-2" }
  c: { url: "https://gateway.example.com/robot/send?access_token=secret-3" }
`)
    const only = 'this receiver posts only to DingTalk'
    assert.deepEqual(leftOut, [
      `config.yml: targets.a.url: leads to open.feishu.cn; ${only}`,
      `config.yml: targets.b.url: leads to qyapi.weixin.qq.com; ${only}`,
    ])
    for (const each of leftOut) assert.ok(yaml.includes(`# Left out: ${each}`), each)
  })

  test('targets with the same token become one robot', async () => {
    const { settings } = await converted(
      `targets:
  one: { url: "${URL}a" }
  two: { url: "${URL}a", mention: { all: true } }
  three: { url: "${URL}a", secret: SECother }
`,
    )
    assert.deepEqual([...settings.robots.keys()], ['one', 'three'])
    assert.deepEqual(settings.channels.get('two')?.robots, ['one'])
    assert.deepEqual(settings.channels.get('two')?.mention.all, true)
  })

  test('a faulty template file is reported with its line, and the built-in look replaces it', async () => {
    const { leftOut, settings } = await converted(
      `templates: [ a.tmpl ]\ntargets: { ops: { url: "${URL}a" } }`,
      [{ path: 'a.tmpl', text: 'x\n{{ define "ding.link.content" }}{{ if }}' }],
    )
    assert.deepEqual(leftOut, [
      'a.tmpl:2: is not a Go template: expected a value, but the action ends',
    ])
    assert.equal(templateNamed(settings.channels.get('ops')?.template), 'webhook-dingtalk')
  })

  test('an empty redefinition does not replace a template', async () => {
    const { messages, settings } = await converted(
      `targets:
  ops: { url: "${URL}a", message: { text: '{{ define "mine" }} {{/* nothing */}}{{ end }}{{ template "mine" . }}' } }
  look: { url: "${URL}b" }
`,
      [
        { path: 'a.tmpl', text: '{{ define "mine" }}first{{ end }}{{ define "mine" }} {{ end }}' },
        {
          path: 'b.tmpl',
          text: '{{ define "mine" }}\n{{ end }}{{ define "ding.link.title" }}{{ end }}',
        },
      ],
    )
    assert.match((await messages('ops', payloadOfTwo('firing')))[0]?.text ?? '', /^first/)
    assert.equal(templateNamed(settings.channels.get('look')?.template), 'webhook-dingtalk')
  })

  test('only the names of prometheus-webhook-dingtalk are built in', async () => {
    const { messages, leftOut } = await converted(
      `targets:
  ops: { url: "${URL}a", message: { text: '{{ template "legacy.content" . }}' } }
  head: { url: "${URL}b", message: { text: '{{ template "__head" . }}' } }
`,
      [{ path: 'a.tmpl', text: '{{ define "__head" }}own{{ end }}' }],
    )
    assert.deepEqual(leftOut, [])
    assert.match((await messages('ops', payloadOfTwo('firing')))[0]?.text ?? '', /^#### /)
    assert.match((await messages('head', payloadOfTwo('firing')))[0]?.text ?? '', /^own/)
  })

  test('a template file is called by its base name', async () => {
    const { messages, leftOut } = await converted(
      `targets: { ops: { url: "${URL}a", message: { title: t, text: '{{ template "t.tmpl" . }}{{ template "own" . }}' } } }`,
      [
        { path: '/etc/old/own', text: '{{ define "own" }}!{{ end }}' },
        {
          path: '/etc/old/t.tmpl',
          text: '{{ define "x" }}x{{ end }}{{ len .Alerts }} {{ template "x" }}',
        },
      ],
    )
    assert.deepEqual(leftOut, [])
    assert.match((await messages('ops', payloadOfTwo('firing')))[0]?.text ?? '', /^2 x!/)
  })

  test('literal texts are unchanged', async () => {
    const { yaml, settings, messages } = await converted(
      `targets:
  ops: { url: "${URL}a", message: { title: "告警: something is wrong", text: "Look: at the 'dashboard'" } }
`,
    )
    assert.equal(settings.channels.get('ops')?.title, '告警: something is wrong')
    assert.match(yaml, /# keywords: \[告警\]\n/)
    assert.match(
      (await messages('ops', payloadOfTwo('firing')))[0]?.text ?? '',
      /Look: at the 'dashboard'/,
    )
  })

  test('a literal text with a mark of our templates is escaped', async () => {
    const { messages, check } = await converted(
      `targets: { ops: { url: "${URL}a", message: { title: "cost \${alarm_name}", text: "100 \${a b} <% x %>" } } }`,
    )
    assert.deepEqual(check.failures, [])
    const [message] = await messages('ops', payloadOfTwo('firing'))
    assert.match(message?.title ?? '', /cost \$\{alarm_name\}/)
    assert.match(message?.text ?? '', /100 \$\{a b\} <% x %>/)
  })

  test('older keys and a target called auto are converted and explained', async () => {
    const { yaml, settings } = await converted(
      `template: old/template.tmpl\nno_builtin_template: true\ntargets: { auto: { url: "${URL}a", message: { title: t, text: x } } }\n`,
    )
    assert.match(yaml, /\/dingtalk\/auto-1\/send/)
    assert.deepEqual([...settings.channels.keys()], ['auto-1'])
  })

  test('within a Kubernetes manifest or a compose file is named, with what to do', () => {
    const config = `config.yml: |\n    targets: {}\n  a.tmpl: x\n  more.yaml: y`
    const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  ${config}\n`
    const steps =
      'config.yml: is a Kubernetes ConfigMap; save the value of each key of its data as a file of that name (config.yml, a.tmpl, more.yaml), then: dingtalk-receiver convert config.yml --templates a.tmpl'
    const args = `["-ding.profile=a=${URL}tok", "--template.file", "x"]`
    const flags = 'nothing needs a conversion: start dingtalk-receiver with its'
    for (const [text, said] of [
      [map, steps],
      [`apiVersion: v1\nkind: Service\n---\n${map}`, steps],
      [
        `services: { ding: { command: ${args} } }`,
        `config.yml: is a docker-compose file; ${flags} --ding.profile, --template.file`,
      ],
      [
        `apiVersion: apps/v1\nkind: Deployment\nspec: { args: ${args} }`,
        `config.yml: is a Kubernetes Deployment; ${flags} --ding.profile, --template.file`,
      ],
      [
        'services: { ding: { image: x } }',
        'config.yml: is a docker-compose file; convert the config.yml that its container reads',
      ],
    ] as const)
      assert.deepEqual(faultsOf(text), [said])
  })

  test('with errors is rejected with the place of every error', () => {
    assert.deepEqual(faultsOf('targets:\n  a: {ulr: x}\n  9b: 3\ntimeout: soon\nmention: {}\n'), [
      'config.yml:5:1: mention: unknown key',
      'config.yml:4:10: timeout: must be a duration such as 30s, 10m, 1h or 1d',
      'config.yml:3:3: targets.9b: must begin with a letter and contain only letters, digits, _ and -',
      'config.yml:2:6: targets.a: url is missing',
      'config.yml:2:7: targets.a.ulr: unknown key (did you mean "url"?)',
      'config.yml:3:7: targets.9b: must be a mapping',
    ])
    assert.match(
      faultsOf("targets: { a: { url: '' } }\n")[0] ?? '',
      /targets\.a\.url: must be an http or https URL$/,
    )
    assert.deepEqual(faultsOf('targets: {}\n'), ['config.yml:1:10: targets: is empty'])
    assert.deepEqual(
      faultsOf(
        'targets: { a: { url: "http://a", message: 3, mention: { mobiles: [true], all: 3 } } }',
      ),
      [
        'config.yml:1:79: targets.a.mention.all: must be true or false',
        'config.yml:1:67: targets.a.mention.mobiles.0: must be a string or a number',
        'config.yml:1:43: targets.a.message: must be a mapping',
      ],
    )
    assert.match(faultsOf('targets: [\n')[0] ?? '', /^config\.yml:\d+:\d+: /)
  })
})
