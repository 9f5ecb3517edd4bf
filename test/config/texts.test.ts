import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { AppError } from '../../src/errors.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import { runCommand, temporaryFolder } from '../support/receiver.ts'

/** Reads the lines of a channel; returns its settings with the faults or warnings. */
function read(...lines: string[]) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x.yml')
  const text = ['robots: { r: { webhook: sandbox } }', 'channels:', '  c:', '    robots: [r]']
  writeFileSync(file, [...text, ...lines.map((line) => `    ${line}`), ''].join('\n'))
  const short = (line: string): string => line.replaceAll(file, 'x.yml')
  try {
    const { settings, warnings } = loadSettings({ file, env: {}, cwd: folder.path })
    return { settings, faults: [], warnings: warnings.map(short) }
  } catch (error) {
    assert.ok(error instanceof AppError, String(error))
    return { faults: error.faults.map(short), warnings: [] }
  }
}

describe('a name within ${}', () => {
  test('may be any label, in any script, and is never a fault', () => {
    for (const name of ['alert_level', 'alert_type', 'values', 'repeat', 'alarm_nam', 'pod', 'x'])
      assert.deepEqual(read(`title: "\${${name}}"`).faults, [], name)
    for (const name of ['app.kubernetes.io/name', 'pod-name', '服务', 'a.b-c/d', ' pod ', '🙂']) {
      const { faults, warnings } = read(`title: "\${${name}}"`)
      assert.deepEqual([...faults, ...warnings], [], name)
    }
  })

  test('that is nearly a documented variable is a warning for each place, with line and column', () => {
    assert.deepEqual(
      read(
        'title: "${alarm_nam} ${alarm_nam}"',
        'template: |',
        '  one',
        '    ${alarm_levl}',
        'aggregate: { by: [alarm_targt] }',
        'variables: { team_name: "${ownr}", owner_of: "${tem_name}" }',
        'mention: { rules: [{ matchers: ["alarm_naem=x"] }] }',
      ).warnings,
      [
        'x.yml:11:38: channels.c.mention.rules.0.matchers.0: alarm_naem is not a documented variable (did you mean "alarm_name"?)',
        'x.yml:5:13: channels.c.title: alarm_nam is not a documented variable (did you mean "alarm_name"?)',
        'x.yml:5:26: channels.c.title: alarm_nam is not a documented variable (did you mean "alarm_name"?)',
        'x.yml:10:51: channels.c.variables.owner_of: tem_name is not a documented variable (did you mean "team_name"?)',
        'x.yml:8:9: channels.c.template: alarm_levl is not a documented variable (did you mean "alarm_level"?)',
        'x.yml:9:23: channels.c.aggregate.by.0: alarm_targt is not a documented variable (did you mean "alarm_target"?)',
      ],
    )
  })
})

describe('a text that would be sent unchanged', () => {
  test('is a fault with its place and the remedy', () => {
    for (const [line, fault] of [
      [
        'template: oncall.eta',
        '5:15: channels.c.template: looks like a file; .*without .eta: oncall$',
      ],
      ['template: templates/oncall.eta', '5:15: .*without .eta: oncall$'],
      ['template: /etc/receiver/oncall.eta', '5:15: .*looks like a file'],
      ['template: ./oncall', '5:15: .*looks like a file'],
      ['template: oncall.tmpl', '5:15: .*looks like a file'],
      [
        'title: "on {{ .Labels.pod }}"',
        '5:16: channels.c.title: has {{ }} of a Go template.*write \\$\\{pod\\}',
      ],
      ['template: \'{{ template "ding.link.content" . }}\'', '5:16: .*Go template'],
      ['variables: { a: "{{ .X }}" }', '5:22: channels.c.variables.a: .*Go template'],
      [
        'title: "x ${pod | upper}"',
        '5:15: channels.c.title: has \\$\\{pod \\| upper\\}: .*such as \\$\\{pod\\};',
      ],
      ['title: "${pod:-none}"', '5:13: .*such as \\$\\{pod\\};'],
      ['title: "${a b}"', '5:13: .*such as \\$\\{a\\};'],
      ['title: "${}"', '5:13: .*without a name'],
      ['title: "a ${pod"', '5:15: .*has \\$\\{ without \\}'],
      [
        'aggregate: { by: ["${pod}"] }',
        '5:23: channels.c.aggregate.by.0: must be the name of a variable, without',
      ],
      [
        'mention: { mobiles: ["${owner}"] }',
        '5:26: channels.c.mention.mobiles.0: .*mention.labels',
      ],
      [
        'mention: { mobiles: "13800000000,x" }',
        '5:25: channels.c.mention.mobiles: "x" is not a mobile',
      ],
      ['mention: { users: ["${owner}"] }', '5:24: channels.c.mention.users.0: .*mention.labels'],
    ] as const) {
      const { faults } = read(line)
      assert.equal(faults.length, 1, line)
      assert.match(faults[0] as string, new RegExp(`^x\\.yml:${fault}`), line)
    }
  })

  test('is not a fault if it is intentional', () => {
    for (const line of [
      'title: "a { b } $ c"',
      'title: "a.b/c of ${pod}"',
      'template: "fires."',
      'title: "{{ x"',
    ])
      assert.deepEqual(read(line).faults, [], line)
  })
})

test('code in the configuration is text, and a warning says so', async () => {
  const { settings, warnings } = read("template: '${pod}: <%= 6 * 7 %> <% } %>'")
  assert.deepEqual(
    warnings.map((each) => each.replace(/: has .*/, '')),
    ['x.yml:5:24: channels.c.template', 'x.yml:5:37: channels.c.template'],
  )
  const channels = [...(settings?.channels.values() ?? [])]
  const renderer = createRenderer(
    { language: 'en-US', timezone: 'UTC', templates: '/nowhere' },
    channels,
  )
  assert.deepEqual((await renderer.check()).failures, [])
})

test('an unknown template is a fault at its place, with the closest name', () => {
  const { settings } = read('template: defualt')
  const locale = { language: 'en-US', timezone: 'UTC' } as const
  assert.throws(
    () => createRenderer({ ...locale, templates: '/nowhere' }, settings?.channels.values() ?? []),
    ({ message }: Error) =>
      /x\.yml:5:\d+: channels\.c\.template: unknown template "defualt" \(did you mean "default"\?\); /.test(
        message,
      ),
  )
})

test("mobiles are converted to DingTalk's form", () => {
  const mentioned = (mobiles: string) =>
    read(`mention: { mobiles: ${mobiles} }`).settings?.channels.get('c')?.mention.mobiles
  assert.deepEqual(mentioned('["+86-138-0000-0000", 13900000000, "+852 6000 0000"]'), [
    '13800000000',
    '13900000000',
    '+852-60000000',
  ])
  assert.deepEqual(mentioned('"13800000000, 13900000000;+86 137 0000 0000 +852 60000000"'), [
    '13800000000',
    '13900000000',
    '13700000000',
    '+852-60000000',
  ])
  assert.deepEqual(mentioned('"13800000000 13900000000"'), ['13800000000', '13900000000'])
})

test('check prints warnings, notes and faults of texts, a line each', async () => {
  using folder = temporaryFolder()
  mkdirSync(folder.path, { recursive: true })
  const write = (title: string): void =>
    writeFileSync(
      join(folder.path, 'dingtalk-receiver.yml'),
      `robots: { r: { webhook: "https://oapi.dingtalk.com/robot/send?access_token=t" } }\nchannels: { c: { robots: [r], title: "${title}" } }\n`,
    )
  const run = () =>
    runCommand(['check'], { cwd: folder.path, env: { https_proxy: 'http://u:canary@proxy:3128' } })
  write('${alarm_nam}')
  const right = await run()
  assert.equal(right.code, 0, right.stdout + right.stderr)
  const file = join(folder.path, 'dingtalk-receiver.yml')
  assert.deepEqual(right.stdout.trim().split('\n'), [
    `warning: ${file}:2:39: channels.c.title: alarm_nam is not a documented variable (did you mean "alarm_name"?)`,
    'note: r: through the proxy proxy:3128 of https_proxy; "proxy: none" switches it off',
    `${file}: ok (1 robot, 1 channel)`,
  ])
  write('${pod | upper}')
  const wrong = await run()
  assert.equal(wrong.code, 1)
  assert.match(
    wrong.stdout,
    /dingtalk-receiver\.yml:2:39: channels\.c\.title: has \$\{pod \| upper\}/,
  )
})
