import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { MessageAlert } from '../../../src/model/alert.ts'
import { lineCount } from '../../../src/rendering/forms/alert-text.ts'
import { prometheusAlert } from '../../../src/rendering/templates/sample-alerts.ts'
import { temporaryFolder } from '../../support/receiver.ts'
import { NOW, renderWith } from '../support.ts'

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

describe('a line for each alert', () => {
  test('is what alerts of lower levels get; Down and Critical are whole above them, as far as can be read', () => {
    const alerts = [...pods(20, 2), ...pods(30)]
    const { text, told, title } = renderWith(alerts, { form: 'lines' })
    assert.equal(told, 50)
    assert.match(title, /^🔴 20 of 50 critical: CrashLoop/)
    const heads = text.split(/\n\*\*/)[0] as string
    const whole = heads.match(/^#### 🔴 Critical · CrashLoop · .*pay-\d+/gm)?.length ?? 0
    assert.ok(whole >= 8 && whole < 20, `${whole} whole`)
    assert.ok(lineCount(heads) <= 62)
    assert.equal(text.match(/^- .*pay-\d+/gm)?.length, 50 - whole)
    for (const index of Array.from({ length: whole }, (_, each) => each))
      assert.match(heads, new RegExp(`Pod pay-${index}: look at its log`))
  })

  test('stops where nobody reads on; the rest is for the next message', () => {
    const { text, told } = renderWith(pods(200), { form: 'lines' })
    assert.equal(told, 60)
    assert.equal(text.match(/^- /gm)?.length, 60)
  })

  test('is one line with its count for alerts that read the same', () => {
    const same = Array.from({ length: 260 }, () => alertOf({ alertname: 'Same', job: 'x' }))
    const { text, told } = renderWith(same, { form: 'lines' })
    assert.equal(told, 260)
    assert.deepEqual(text.match(/^- .*/gm), ['- job=x ×260 · 11:58'])
  })

  test('stands in the order of name and target, numbers by their size', () => {
    const alerts = ['pod-10', 'pod-9', 'pod-1'].map((pod) => alertOf({ alertname: 'A', pod }))
    const { text } = renderWith(alerts, { form: 'lines' })
    assert.deepEqual(text.match(/pod-\d+/g), ['pod-1', 'pod-9', 'pod-10'])
  })

  test('keeps what still fires under a heading of its own', () => {
    const over = Array.from({ length: 9 }, (_, index) =>
      alertOf({ alertname: 'A', instance: `db-${index}` }, { since: 30, lasted: 20 }),
    )
    const still = [alertOf({ alertname: 'A', instance: 'db-20' }, { since: 65 })]
    for (const form of ['lines', 'whole'] as const) {
      const { text, title } = renderWith(over.slice(0, form === 'whole' ? 3 : 9), {
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

  test('says what Alertmanager left out of its notification, once for each group', () => {
    const cut = (group: string, count: string) => {
      const told = alertOf({ alertname: 'A', instance: group })
      const variables = { ...told.alert.variables, group_key: group, truncated_alerts: count }
      return { ...told, alert: { ...told.alert, variables } }
    }
    for (const form of ['lines', 'whole', 'counts'] as const) {
      const alerts = [cut('one', '7'), cut('one', '7'), cut('two', '5'), cut('three', 'many')]
      const groups = [
        { level: 3 as const, name: 'A', cluster: '', firing: 4, resolved: 0, examples: alerts },
      ]
      const { text } = renderWith(alerts, { form, groups, total: 4 })
      assert.match(text, /Alertmanager left 12 more alerts of this group out/)
    }
  })

  test("loses no whole alert where the operator's own template does not print them", () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(
      join(folder.path, 'mine.lines.eta'),
      '<% for (const { lines } of it.sections) { %><%= lines.length %> lines<% } %>',
    )
    const channel = { template: { kind: 'named', name: 'mine' } as const }
    const { text } = renderWith([...pods(2, 1), ...pods(9)], {
      form: 'lines',
      channel,
      templates: folder.path,
    })
    assert.match(text, /^#### ⛔ Down · .*pay-0[\s\S]*#### ⛔ Down · .*pay-1[\s\S]*\n9 lines$/)
  })
})

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

  test('stand under whole Down and Critical alerts', () => {
    const { text, title } = renderWith(pods(3, 1), { form: 'counts', groups, total: 523 })
    assert.match(title, /^⛔ 3 of 523 down: HostDown ×3, Lag ×520$/)
    assert.equal(text.match(/^#### ⛔ Down · CrashLoop · /gm)?.length, 3)
    assert.match(text, /look at its log[\s\S]*\*\*⛔ Down · 3\*\*/)
  })
})

describe('a group', () => {
  test('is whole up to eight alerts and as far as it can be read', () => {
    assert.equal(renderWith(pods(8)).told, 8)
    assert.equal(renderWith(pods(12)).told, 8)
    const long = pods(8).map((each, index) => {
      const alarm_description = Array.from({ length: 25 }, (_, line) => `${index} ${line}`).join(
        '\n',
      )
      return {
        ...each,
        alert: { ...each.alert, variables: { ...each.alert.variables, alarm_description } },
      }
    })
    // A line each is better then, under as many whole ones as can be read.
    assert.equal(renderWith(long).isReadable, false)
    assert.equal(renderWith(long.slice(0, 1)).isReadable, true)
    assert.equal(renderWith(pods(8)).isReadable, true)
  })

  test('has one link to a silence of all of it', () => {
    const group_key = '{}/{team="a"}:{alertname="CrashLoop", namespace="shop"}'
    const alerts = pods(2).map((each) => ({
      ...each,
      alert: { ...each.alert, variables: { ...each.alert.variables, group_key } },
    }))
    const { text } = renderWith(alerts)
    assert.equal(text.match(/\[Silence\]/g)?.length, 2)
    assert.equal(text.match(/\[Silence group\]/g)?.length, 1)
    assert.match(
      decodeURIComponent(decodeURIComponent(text)),
      /filter=\{alertname="CrashLoop",namespace="shop"\}/,
    )
  })
})
