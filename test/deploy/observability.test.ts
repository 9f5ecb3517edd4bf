import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { createMetrics, primeMetrics } from '../../src/metrics.ts'
import { needs } from '../support/program.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { DEPLOY, type Manifest, textOf } from './manifests.ts'

const PREFIX = 'dingtalk_receiver_'

/** Every series that a receiver exports from its start, with its labels. */
const metrics = createMetrics({ version: '1', node: 'v24' })
primeMetrics(metrics, { robots: ['ops-1'], channels: ['ops'] })
const SERIES = new Map<string, Set<string>>()
for (const line of (await metrics.registry.metrics()).split('\n')) {
  const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? []
  if (name === undefined) continue
  const known = SERIES.get(name) ?? new Set()
  for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label as string)
  SERIES.set(name, known)
}
const GIVEN_BY_PROMETHEUS = ['job', 'instance']

interface Dashboard {
  panels: Panel[]
  templating: { list: { name: string; definition?: string }[] }
}
interface Panel {
  id: number
  type: string
  title: string
  description?: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string; legendFormat: string; datasource: { uid: string } }[]
}

const dashboard = JSON.parse(textOf('grafana/dashboard.json')) as Dashboard
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ where: title, expr })),
)
const rules = ['prometheus/alerts.yml', 'compose/prometheus/rules.yml'].flatMap((path) =>
  (parse(textOf(path)) as Manifest).groups.flatMap((group: Manifest) =>
    group.rules.map((rule: Manifest) => ({ where: rule.alert as string, rule })),
  ),
) as { where: string; rule: Manifest }[]

/** Metrics and labels of a query that the receiver does not have. */
function unknownIn(expr: string): string[] {
  const unknown: string[] = []
  for (const [, name = '', matchers = ''] of expr.matchAll(
    /\b((?:dingtalk_receiver|process|nodejs)_\w+)(?:\{([^}]*)\})?/g,
  )) {
    const labels = SERIES.get(name)
    if (labels === undefined) unknown.push(name)
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (!labels?.has(label) && !GIVEN_BY_PROMETHEUS.includes(label))
        unknown.push(`${name}{${label}}`)
  }
  const all = new Set([...SERIES.values()].flatMap((labels) => [...labels]))
  for (const [, list = ''] of expr.matchAll(/\b(?:by|on|without)\s*\(([^)]*)\)/g))
    for (const label of list.split(',').map((each) => each.trim()))
      if (label !== '' && !all.has(label) && !GIVEN_BY_PROMETHEUS.includes(label))
        unknown.push(label)
  return unknown
}

describe('the dashboard', () => {
  test('queries only existing metrics and labels', () => {
    assert.ok(queries.length > 15)
    for (const { where, expr } of queries) assert.deepEqual(unknownIn(expr), [], where)
    for (const { name, definition } of dashboard.templating.list)
      if (definition !== undefined) assert.deepEqual(unknownIn(definition), [], name)
  })

  test('shows every metric of the receiver', () => {
    const asked = queries.map(({ expr }) => expr).join('\n')
    const unseen = [...SERIES.keys()]
      .filter((name) => name.startsWith(PREFIX) && !/_(sum|count)$/.test(name))
      .filter((name) => !asked.includes(name))
    assert.deepEqual(unseen, [`${PREFIX}config_last_reload_success_timestamp_seconds`])
  })

  test('has valid queries', needs('promtool', 'prometheus'), () => {
    const asRules = queries.map(({ expr }, index) => ({
      record: `query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replace(/\$(job|channel|robot)/g, '.*'),
    }))
    using folder = temporaryFolder()
    const file = join(folder.path, 'queries.yml')
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: asRules }] }))
    const { status, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })

  test('uses only declared variables, and legend labels that its query returns', () => {
    const names = new Set([
      ...dashboard.templating.list.map(({ name }) => name),
      '__rate_interval',
      'datasource',
    ])
    const text = JSON.stringify(dashboard.panels)
    for (const [, name = ''] of text.matchAll(/\$\{?(\w+)/g)) assert.ok(names.has(name), name)
    for (const { title, targets = [] } of dashboard.panels)
      for (const { expr, legendFormat } of targets)
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          const kept = /\bby \(/.test(expr)
            ? [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '))
            : GIVEN_BY_PROMETHEUS
          assert.ok(kept.includes(label), `${title}: ${label}`)
        }
  })

  test('has titled panels that do not overlap', () => {
    const { panels } = dashboard
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    for (const each of panels) {
      if (each.type !== 'row') assert.match(each.description ?? '', /\.$/, each.title)
      assert.ok(each.gridPos.x + each.gridPos.w <= 24, each.title)
    }
    for (const [index, { gridPos: a, title }] of panels.entries())
      for (const { gridPos: b, title: other } of panels.slice(index + 1)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
        assert.ok(apart, `${title} and ${other}`)
      }
  })
})

describe('the alert rules', () => {
  test('query only existing metrics and labels', () => {
    for (const { where, rule } of rules) assert.deepEqual(unknownIn(rule.expr), [], where)
  })

  test('describe the problem, its severity and the action', () => {
    for (const { where, rule } of rules) {
      assert.match(rule.labels.severity, /^(warning|critical)$/, where)
      assert.ok(rule.annotations.summary && rule.annotations.description, where)
      for (const [, label = ''] of JSON.stringify(rule.annotations).matchAll(/\$labels\.(\w+)/g))
        assert.ok(rule.expr.includes(label) || label === 'instance', `${where}: ${label}`)
    }
  })

  test('have a runbook each, in both languages', () => {
    for (const path of ['RUNBOOKS.md', 'RUNBOOKS.zh-CN.md']) {
      const sections = [...textOf(path).matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
      const { groups } = parse(textOf('prometheus/alerts.yml')) as Manifest
      const names = groups.flatMap((group: Manifest) =>
        group.rules.map((rule: Manifest) => rule.alert),
      )
      assert.deepEqual(sections.sort(), names.sort(), path)
    }
  })

  test('have a test each', () => {
    const tested = textOf('prometheus/alerts.test.yml')
    for (const { where } of rules.filter(({ where }) => where !== 'AlwaysFiring'))
      assert.match(tested, new RegExp(`alertname: ${where}\\n\\s+exp_alerts:\\n`), where)
  })

  test('are valid and pass their tests', needs('promtool', 'prometheus'), () => {
    for (const args of [
      ['check', 'rules', 'prometheus/alerts.yml', 'compose/prometheus/rules.yml'],
      ['test', 'rules', 'prometheus/alerts.test.yml'],
    ]) {
      const ran = spawnSync('promtool', args, { cwd: DEPLOY, encoding: 'utf8' })
      assert.equal(ran.status, 0, ran.stdout + ran.stderr)
    }
  })

  test('are the same in the chart', () => {
    assert.equal(textOf('helm/dingtalk-receiver/files/alerts.yml'), textOf('prometheus/alerts.yml'))
  })
})
