import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { MessageAlert } from '../../../src/model/alert.ts'
import { FIELDS } from '../../../src/rendering/templates/fields.ts'
import { PART_NAMES } from '../../../src/rendering/templates/loader.ts'
import { prometheusAlert } from '../../../src/rendering/templates/sample-alerts.ts'
import { scenarios } from '../../../src/rendering/templates/scenarios.ts'
import type { RenderRequest } from '../../../src/rendering/types.ts'
import { documentAt } from '../../docs/markdown.ts'
import { temporaryFolder } from '../../support/receiver.ts'
import { NOW, renderWith } from '../support.ts'

const alertOf = (labels: Record<string, string>): MessageAlert =>
  prometheusAlert({ alertname: 'DiskFull', severity: 'critical', ...labels }, NOW, {
    annotations: { summary: 'Disk is full', value: '0.9312' },
  })

/** Renders alerts with the template files of a channel. */
function renderFiles(
  files: Record<string, string>,
  alerts: readonly MessageAlert[],
  request: Partial<RenderRequest> = {},
) {
  using folder = temporaryFolder()
  mkdirSync(folder.path, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text)
  const { channel, ...rest } = request
  return renderWith(alerts, {
    channel: { ...channel, template: { kind: 'named', name: 'mine' } },
    templates: folder.path,
    ...rest,
  })
}

const ONE = alertOf({
  namespace: 'data',
  instance: 'db-1',
  'app.kubernetes.io/name': 'mysql',
  slice: 'a',
})

describe('the fields of a template', () => {
  const printed = (text: string): string => renderFiles({ 'mine.eta': text }, [ONE]).text

  test('labels by name, as a list, and as a list without some', () => {
    assert.equal(
      printed("<%= it.labels.namespace %> <%= it.labels['app.kubernetes.io/name'] %>"),
      'data mysql',
    )
    assert.equal(
      printed('<% for (const { name, value } of it.labels) { %><%= name %>=<%= value %>;<% } %>'),
      'namespace=data;instance=db-1;app.kubernetes.io/name=mysql;slice=a;',
    )
    assert.equal(
      printed("<%= it.labelsExcept('slice', 'instance').map(({ name }) => name).join() %>"),
      'namespace,app.kubernetes.io/name',
    )
    // A label name never replaces a method of the list.
    assert.equal(printed('<%= it.labels.slice(0, 1)[0].name %> ${slice}'), 'namespace a')
  })

  test('numbers, shares, sizes and addresses', () => {
    assert.equal(
      printed(
        "<%= it.percent(it.get('value')) %> <%= it.number(12345.678) %> <%= it.bytes(1048576) %>",
      ),
      '93.1% 12,345.68 1 MiB',
    )
    assert.equal(
      printed(
        "<%= it.link('Disk', it.url('https://grafana.example/d/1', { 'var-host': it.labels.instance, from: 'now-1h' })) %>",
      ),
      '[Disk](https://grafana.example/d/1?var-host=db-1&from=now-1h)',
    )
  })

  test('times in any zone', () => {
    assert.equal(
      printed("<%= it.time(it.startsAt, 'HH:mm', 'UTC') %> <%= it.time(it.startsAt, 'HH:mm') %>"),
      '03:58 11:58',
    )
    assert.equal(printed('<%= it.ago(it.startsAt) %>'), '2 min as of 11-24 12:00')
  })

  test('what the alerts of a group have in common, labels and annotations', () => {
    const text =
      '<%= it.common.namespace %>|<%= it.common.summary %>|<%= it.common.instance %>|<%= it.common.value %>'
    const alerts = ['db-1', 'db-2'].map((instance) => alertOf({ namespace: 'data', instance }))
    assert.equal(renderFiles({ 'mine.group.eta': text }, alerts).text, 'data|Disk is full||0.9312')
  })

  test('are exactly those that the check accepts', () => {
    const seen = new Set<string>(['text', 'title'])
    const spy =
      '<% for (const name in it) it.now.seen(name); for (const each of it.alerts ?? []) for (const name in each) it.now.seen(name) %>x'
    const now = Object.assign(new Date(NOW), { seen: (name: string) => seen.add(name) })
    const files = Object.fromEntries(
      PART_NAMES.map((part) => [part === 'alert' ? 'mine.eta' : `mine.${part}.eta`, spy]),
    )
    for (const { ask } of scenarios('en-US', NOW))
      if (ask.kind === 'message') renderFiles(files, ask.request.alerts, { ...ask.request, now })
    const ofQuota = ['meaning', 'advice', 'used', 'limit', 'robot', 'endsAt']
    assert.deepEqual(
      [...seen].filter((name) => !FIELDS.has(name)),
      [],
    )
    assert.deepEqual(
      [...FIELDS].filter((name) => !seen.has(name) && !ofQuota.includes(name)),
      [],
    )
  })
})

describe('the reference', () => {
  for (const path of ['deploy/REFERENCE.md', 'deploy/REFERENCE.zh-CN.md'])
    test(`${path} names every field of a template, and no other`, () => {
      const named = [...documentAt(path).matchAll(/`it\.([A-Za-z]+)/g)].map(
        ([, name]) => name ?? '',
      )
      assert.deepEqual(
        named.filter((name) => !FIELDS.has(name) && name !== 'team'),
        [],
      )
      const inner = [
        ...['told', 'text', 'ownText', 'from', 'to', 'lines', 'notice', 'since', 'reason'],
        ...['meaning', 'advice', 'used', 'limit', 'robot', 'endsAt'],
      ]
      assert.deepEqual(
        [...FIELDS].filter((name) => !named.includes(name) && !inner.includes(name)),
        [],
      )
    })
})

describe('a title', () => {
  test('can be a template part, in plain text, for one alert, for several and for counts', () => {
    const files = {
      'mine.title.eta':
        '<%= it.sign %> [<%= it.total %>] ${alarm_name} *<%= it.labels?.instance ?? "" %>*\n',
    }
    assert.equal(renderFiles(files, [ONE]).title, '🔴 [1] DiskFull *db-1*')
    assert.equal(
      renderFiles(files, [ONE, alertOf({ instance: 'db-2' })]).title,
      '🔴 [2] DiskFull *db-1*',
    )
    const groups = [
      { level: 2 as const, name: 'n', cluster: '', firing: 7, resolved: 0, examples: [] },
    ]
    assert.equal(renderFiles(files, [], { form: 'counts', groups, total: 7 }).title, '🔴 [7] **')
  })

  test('that fails is replaced by the built-in one; the fault names the line', () => {
    const { title, faults } = renderFiles({ 'mine.title.eta': 'x\n<%= it.no.such %>' }, [ONE])
    assert.match(title, /^🔴 Critical DiskFull · /)
    assert.match(faults[0] ?? '', /mine\.title\.eta:2: Cannot read/)
  })

  test('in the configuration takes precedence over the part', () => {
    const { title } = renderFiles({ 'mine.title.eta': 'part' }, [ONE], {
      channel: { title: '${alarm_name}!' } as never,
    })
    assert.equal(title, 'DiskFull!')
  })
})

describe('an included template', () => {
  test('is printed in place with the given values, and is escaped once', () => {
    const files = {
      'mine.eta':
        "${alarm_name} *<%= include('owner', { team: 'db_a*b*' }) %>* <%~ include('owner', { team: 'x' }) %>",
      'owner.eta':
        "<%= it.team %>@<%= it.labels.instance %><% if (it.team === 'x') { %> <%= include('foot') %><% } %>\n",
      'foot.eta': '${alarm_level}',
    }
    assert.equal(renderFiles(files, [ONE]).text, 'DiskFull *db_a\\*b\\*@db-1* x@db-1 Critical')
  })

  test('that is missing, fails, or includes itself is a fault with its place; the alert is sent anyway', () => {
    const faultOf = (files: Record<string, string>): string => {
      const { text, faults } = renderFiles(files, [ONE])
      assert.match(text, /DiskFull/)
      return faults[0] ?? ''
    }
    assert.match(
      faultOf({ 'mine.eta': "a\n<%= include('nowhere') %>" }),
      /mine\.eta:2: unknown template "nowhere" in an include/,
    )
    assert.match(
      faultOf({ 'mine.eta': "<%= include('bad') %>", 'bad.eta': 'x\n\n<%= it.no.such %>' }),
      /mine\.eta:1: bad\.eta:3: Cannot read/,
    )
    assert.match(
      faultOf({ 'mine.eta': "<%= include('loop') %>", 'loop.eta': "<%= include('loop') %>" }),
      /mine\.eta:1: .*/,
    )
    assert.match(faultOf({ 'mine.eta': "<%= include('../mine') %>" }), /unknown template/)
  })

  test('with a syntax error is reported when templates are read', () => {
    assert.throws(
      () => renderFiles({ 'mine.eta': "<%= include('bad') %>", 'bad.eta': 'a\n<% } %>' }, [ONE]),
      /bad\.eta:2: a \} has no matching \{/,
    )
  })
})
