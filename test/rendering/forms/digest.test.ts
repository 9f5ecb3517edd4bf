import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { MessageAlert } from '../../../src/model/alert.ts'
import { lineCount } from '../../../src/rendering/forms/alert-text.ts'
import { carriesEnough, leastCarried } from '../../../src/rendering/forms/limits.ts'
import { prometheusAlert } from '../../../src/rendering/templates/sample-alerts.ts'
import { temporaryFolder } from '../../support/receiver.ts'
import { yieldsOf } from '../../support/slices.ts'
import { NOW, rendering, renderWith } from '../support.ts'

const SEVERITY = { 1: 'down', 2: 'critical', 3: 'warning' } as const

type Options = NonNullable<Parameters<typeof prometheusAlert>[2]>

function alertOf(
  labels: Record<string, string>,
  { level = 3, ...rest }: Omit<Options, 'level'> & { level?: 1 | 2 | 3 } = {},
): MessageAlert {
  return prometheusAlert({ severity: SEVERITY[level], ...labels }, NOW, { level, ...rest })
}

const pods = (count: number, level: 1 | 2 | 3 = 3): MessageAlert[] =>
  Array.from({ length: count }, (_, index) =>
    alertOf(
      { alertname: 'CrashLoop', namespace: 'shop', pod: `pay-${index}` },
      {
        level,
        annotations: {
          summary: 'It restarts again and again.',
          description: `Pod pay-${index}: look at its log.`,
        },
      },
    ),
  )

/** Critical alerts with short names, then warnings, each with another location. */
function mixed(
  critical: number,
  warnings: number,
  { name, ...annotations }: { name: string; summary: string; description: string },
): MessageAlert[] {
  return Array.from({ length: critical + warnings }, (_, index) =>
    alertOf(
      {
        alertname: `${index < critical ? name.slice(0, 20) : name}-${index % 9}`,
        namespace: 'shop',
        pod: `pay-${index}`,
      },
      { level: index < critical ? 2 : 3, annotations },
    ),
  )
}

function wholeIn(text: string): number {
  return text.match(/^#### 🔴 Critical · /gm)?.length ?? 0
}

describe('a line for each alert', () => {
  test('is for alerts of lower levels; above them Down and Critical alerts are in full, up to the readable lines', () => {
    const alerts = [...pods(20, 2), ...pods(30)]
    const { text, included, title } = renderWith(alerts, { form: 'lines' })
    assert.equal(included, 50)
    assert.match(title, /^🔴 20 of 50 critical: CrashLoop/)
    const heads = text.split(/\n\*\*/)[0] as string
    const whole = heads.match(/^#### 🔴 Critical · CrashLoop · .*pay-\d+/gm)?.length ?? 0
    assert.ok(whole >= 8 && whole < 20, `${whole} whole`)
    assert.ok(lineCount(heads) <= 62)
    assert.equal(text.match(/^- .*pay-\d+/gm)?.length, 50 - whole)
    for (const index of Array.from({ length: whole }, (_, each) => each))
      assert.match(heads, new RegExp(`Pod pay-${index}: look at its log`))
  })

  test('takes precedence over a full Critical alert if the remaining messages could not carry all alerts', () => {
    const summary = 'The pods of the payment service cannot reach the database.'
    const description = 'Every request waits for a connection until it times out.'
    const usual = mixed(15, 45, { name: 'CrashLoop', summary, description })
    const long = mixed(10, 45, {
      name: `支付服务的数据库连接池已经耗尽${'，请求全部在等待空闲连接'.repeat(6)}`,
      summary: '所有请求都在等待空闲连接。'.repeat(6),
      description: '请先检查慢查询，再考虑扩容连接池。'.repeat(6),
    })
    for (const [alerts, critical] of [
      [usual, 15],
      [long, 10],
    ] as const) {
      const { text, included } = renderWith(alerts, { form: 'lines', messages: 3 })
      assert.equal(wholeIn(text), critical)
      assert.ok(carriesEnough(included, alerts, 3), `${included} of ${alerts.length}`)
      // With a single message, every alert has at least a line.
      const only = renderWith(alerts, { form: 'lines' })
      assert.ok(only.included === alerts.length || wholeIn(only.text) === 1)
    }
  })

  test('comes with the maximum number of full alerts for its number of alerts, and always with enough alerts', () => {
    const sizes = fc.record({
      critical: fc.integer({ min: 1, max: 30 }),
      warnings: fc.integer({ min: 1, max: 60 }),
      messages: fc.integer({ min: 1, max: 5 }),
      name: fc.integer({ min: 1, max: 250 }),
      description: fc.integer({ min: 1, max: 600 }),
    })
    fc.assert(
      fc.property(sizes, ({ critical, warnings, messages, name, description }) => {
        const alerts = mixed(critical, warnings, {
          name: 'n'.repeat(name),
          summary: 'Same.',
          description: '长'.repeat(description),
        })
        const made = renderWith(alerts, { form: 'lines', messages })
        const before = renderWith(alerts, { form: 'lines' })
        if (carriesEnough(before.included, alerts, messages)) {
          assert.ok(carriesEnough(made.included, alerts, messages))
          assert.ok(wholeIn(made.text) >= wholeIn(before.text))
        }
        if (made.included === alerts.length || wholeIn(made.text) === critical) return
        // One more full alert would not fit above the minimum number of alerts.
        const share = alerts.slice(0, leastCarried(alerts, messages))
        const over = renderWith(share, { form: 'lines' })
        assert.ok(over.included < share.length || wholeIn(over.text) <= wholeIn(made.text))
      }),
      {
        numRuns: 60,
      },
    )
  })

  test('is not added beyond the readable lines; the rest is for the next message', () => {
    const { text, included } = renderWith(pods(200), { form: 'lines' })
    assert.equal(included, 60)
    assert.equal(text.match(/^- /gm)?.length, 60)
  })

  test('is shared, with a count, by alerts with the same text', () => {
    const same = Array.from({ length: 260 }, () => alertOf({ alertname: 'Same', job: 'x' }))
    const { text, included } = renderWith(same, { form: 'lines' })
    assert.equal(included, 260)
    assert.deepEqual(text.match(/^- .*/gm), ['- job=x ×260 · 11:58'])
  })

  test('is in the order of name and target, with numbers by value', () => {
    const alerts = ['pod-10', 'pod-9', 'pod-1'].map((pod) => alertOf({ alertname: 'A', pod }))
    const { text } = renderWith(alerts, { form: 'lines' })
    assert.deepEqual(text.match(/pod-\d+/g), ['pod-1', 'pod-9', 'pod-10'])
  })

  test('is below a separate heading for alerts that still fire', () => {
    const over = Array.from({ length: 9 }, (_, index) =>
      alertOf({ alertname: 'A', instance: `db-${index}` }, { since: 30, lasted: 20 }),
    )
    const still = [alertOf({ alertname: 'A', instance: 'db-20' }, { since: 65 })]
    for (const form of ['lines', 'full'] as const) {
      const { text, title } = renderWith(over.slice(0, form === 'full' ? 3 : 9), {
        form,
        stillFiring: still,
      })
      assert.match(title, /^✅ \d resolved: A · 1 still firing$/)
      assert.match(
        text,
        /\*\*Still firing\*\*.*\n\n- ⚠️ Warning · .*db-20 · 10:55:00, for 1 h 5 min/,
      )
      assert.match(text, /as of 11-24 12:00/)
    }
  })

  test('is followed by the number of alerts that Alertmanager omitted, once for each group', () => {
    const cut = (group: string, count: string) => {
      const entry = alertOf({ alertname: 'A', instance: group })
      const variables = { ...entry.alert.variables, group_key: group, truncated_alerts: count }
      return { ...entry, alert: { ...entry.alert, variables } }
    }
    const forms = ['lines', 'full', 'counts'] as const
    const names = ['default', 'ocp-text', 'webhook-dingtalk'] as const
    for (const [form, name] of forms.flatMap((each) =>
      names.map((name) => [each, name] as const),
    )) {
      const channel = { template: { kind: 'named', name } } as const
      const alerts = [cut('one', '7'), cut('one', '7'), cut('two', '5'), cut('three', 'many')]
      const groups = [
        { level: 3 as const, name: 'A', cluster: '', firing: 4, resolved: 0, examples: alerts },
      ]
      const { text } = renderWith(alerts, { form, groups, total: 4, channel })
      assert.match(text, /Alertmanager left 12 more alerts of this group out/)
    }
  })

  for (const name of ['ocp-text', 'webhook-dingtalk'] as const) {
    const channel = { template: { kind: 'named', name } } as const
    const over = Array.from({ length: 9 }, (_, index) =>
      alertOf({ alertname: 'A', instance: `db-${index}` }, { since: 30, lasted: 20 }),
    )
    const still = Array.from({ length: 25 }, (_, index) =>
      alertOf({ alertname: 'A', instance: `db-${20 + index}` }, { since: 65 }),
    )

    test(`names alerts that still fire, and how many more there are (${name})`, () => {
      for (const form of ['lines', 'full'] as const) {
        const alerts = over.slice(0, form === 'full' ? 3 : 9)
        const { text, included } = renderWith(alerts, { form, stillFiring: still, channel })
        assert.equal(included, alerts.length)
        assert.match(text, /still firing/i)
        for (const index of Array.from({ length: 20 }, (_, each) => 20 + each))
          assert.match(text, new RegExp(`- ⚠️ Warning · .*db-${index} · 10:55:00, for 1 h 5 min`))
        assert.match(text, /- and 5 more/)
        if (name === 'webhook-dingtalk' && form === 'full')
          assert.match(text, /^#### \[FIRING:25\][\s\S]*\*\*25 still firing\*\*/)
        const few = renderWith(alerts, { form, stillFiring: still.slice(0, 1), channel }).text
        assert.match(few, /db-20/)
        assert.doesNotMatch(renderWith(alerts, { form, channel }).text, /still firing/i)
      }
    })
  }

  test("comes with the full alerts even if the operator's template does not print them", () => {
    const lines = '<% for (const { lines } of it.sections) { %><%= lines.length %> lines<% } %>'
    const reads = '<% const [first] = it.heads; if (it.heads.length > 0 && first) { %>'
    for (const part of [lines, `${reads}${lines}<% } %>`]) {
      const text = linesWith(part)
      assert.match(text, /^#### ⛔ Down · .*pay-0[\s\S]*#### ⛔ Down · .*pay-1[\s\S]*\n9 lines$/)
    }
  })

  test("has the full alerts once if the operator's template prints them", () => {
    for (const part of [
      "<%= it.lines.length %> lines\n<%~ it.heads.join('\\n\\n') %>",
      '<%= it.lines.length %> lines\n<% for (const head of it.heads) { %><%= head %>\n\n<% } %>',
    ]) {
      const text = linesWith(part)
      assert.match(text, /^9 lines\n#### ⛔ Down · .*pay-0[\s\S]*#### ⛔ Down · .*pay-1/)
      assert.equal(text.match(/⛔ Down/g)?.length, 2)
    }
  })
})

/** A digest of two Down alerts and nine warnings, as an operator's part renders it. */
function linesWith(part: string): string {
  using folder = temporaryFolder()
  mkdirSync(folder.path, { recursive: true })
  writeFileSync(join(folder.path, 'mine.lines.eta'), part)
  const channel = { template: { kind: 'named', name: 'mine' } as const }
  const templates = folder.path
  return renderWith([...pods(2, 1), ...pods(9)], { form: 'lines', channel, templates }).text
}

describe('counts', () => {
  const groups = [
    {
      level: 1 as const,
      name: 'HostDown',
      cluster: 'prod',
      firing: 3,
      resolved: 0,
      examples: pods(1, 1),
    },
    {
      level: 3 as const,
      name: 'Lag',
      cluster: 'shop',
      firing: 500,
      resolved: 20,
      examples: [...pods(2), ...pods(2), ...pods(4)],
    },
  ]
  test('name the first different targets, each once', () => {
    const { text } = renderWith([], { form: 'counts', groups, total: 523 })
    assert.match(text, /^- \*\*520\*\* Lag · shop \(20 resolved\): .*pay-0, .*pay-1, .*pay-2 …$/m)
  })

  test('have no word for the level if their alerts name none', () => {
    const examples = pods(3).map(({ alert, ...rest }) => ({
      ...rest,
      alert: { ...alert, levelWord: undefined },
    }))
    const lag = { ...(groups[1] as (typeof groups)[1]), resolved: 0, examples }
    const { title, text } = renderWith([], { form: 'counts', groups: [lag], total: 500 })
    assert.match(title, /^🔔 500 alerts: /)
    assert.match(text, /^\*\*🔔 Alert · 500\*\*$/m)
    assert.doesNotMatch(`${title}${text}`, /Warning/)
  })

  test('are computed in steps before the digest is rendered', async () => {
    const { renderer, request } = rendering([], { form: 'counts', groups, total: 523 })
    const expected = renderer.render({ ...request })
    const { yields } = await yieldsOf(() => renderer.prepare(request))
    assert.equal(yields, groups.length)
    const lag = groups[1]?.examples[0]?.alert
    assert.ok(lag)
    const { variables } = lag
    lag.variables = { ...variables, alarm_target: 'changed', pod: 'changed' }
    assert.deepEqual(renderer.render(request), expected)
    assert.match(renderer.render({ ...request }).text, /changed/)
    lag.variables = variables
  })

  test('of lower levels are omitted before full Critical alerts', () => {
    const many = [
      ...groups.slice(0, 1),
      ...Array.from({ length: 59 }, (_, index) => ({
        ...(groups[1] as (typeof groups)[1]),
        name: `Lag ${index} ${'x'.repeat(250)}`,
      })),
    ]
    const alerts = mixed(10, 0, { name: 'A', summary: 'B', description: '长'.repeat(400) })
    const { text } = renderWith(alerts, { form: 'counts', groups: many, total: 40_000 })
    assert.equal(wholeIn(text), 10)
    assert.match(text, /HostDown[\s\S]*Lag 0[\s\S]*and \d+ more/)
  })

  test('are below full Down and Critical alerts', () => {
    const { text, title } = renderWith(pods(3, 1), { form: 'counts', groups, total: 523 })
    assert.match(title, /^⛔ 3 of 523 down: HostDown ×3, Lag ×520$/)
    assert.equal(text.match(/^#### ⛔ Down · CrashLoop · /gm)?.length, 3)
    assert.match(text, /look at its log[\s\S]*\*\*⛔ Down · 3\*\*/)
  })
})

describe('a group', () => {
  test('is in full up to eight alerts and up to the readable lines', () => {
    assert.equal(renderWith(pods(8)).included, 8)
    assert.equal(renderWith(pods(12)).included, 8)
    const long = pods(8).map((each, index) => {
      const alarm_description = Array.from({ length: 25 }, (_, line) => `${index} ${line}`).join(
        '\n',
      )
      return {
        ...each,
        alert: { ...each.alert, variables: { ...each.alert.variables, alarm_description } },
      }
    })
    // Too long to read: the form `lines` is better.
    assert.equal(renderWith(long).isReadable, false)
    assert.equal(renderWith(long.slice(0, 1)).isReadable, true)
    assert.equal(renderWith(pods(8)).isReadable, true)
  })

  test('has one link to a silence form for the whole group', () => {
    const groupLabels = { alertname: 'CrashLoop', namespace: 'shop' }
    const alerts = pods(2).map((each) => ({ ...each, alert: { ...each.alert, groupLabels } }))
    const { text } = renderWith(alerts)
    assert.equal(text.match(/\[Silence\]/g)?.length, 2)
    assert.equal(text.match(/\[Silence group\]/g)?.length, 1)
    assert.match(
      decodeURIComponent(decodeURIComponent(text)),
      /filter=\{alertname="CrashLoop",namespace="shop"\}/,
    )
  })
})
