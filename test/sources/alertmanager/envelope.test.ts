import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Alert, Notification } from '../../../src/model/alert.ts'
import { alertmanager } from '../../../src/sources/alertmanager/index.ts'

const CONTEXT = {
  receivedAt: new Date('2026-01-02T03:04:05Z'),
  timezone: 'UTC',
}

/** Reads a payload as text and as bytes, which take different code paths. */
async function read(payload: object): Promise<Notification> {
  const body = JSON.stringify(payload)
  const text = await alertmanager.read(body, CONTEXT)
  const bytes = await alertmanager.read(Buffer.from(body), CONTEXT)
  const seen = ({ key, alerts }: Notification) => [
    key,
    alerts.map((each) => ({ ...each.variables })),
  ]
  assert.deepEqual(seen(text), seen(bytes))
  return text
}

async function alertOf(alert: object, envelope: object = {}): Promise<Alert> {
  return (await read({ ...envelope, alerts: [alert] })).alerts[0] as Alert
}

const LABELS = { alertname: 'A', instance: 'db-1:9100' }

describe('the fields beside the alerts', () => {
  test("Alertmanager's receiver, reason and number of left-out alerts become variables", async () => {
    const { variables } = await alertOf(
      { labels: LABELS },
      { receiver: 'dba', notification_reason: 'repeat interval elapsed', truncatedAlerts: 7 },
    )
    assert.deepEqual(
      ['receiver', 'notification_reason', 'truncated_alerts', 'alarm_count'].map(
        (name) => variables[name],
      ),
      ['dba', 'repeat interval elapsed', '7', '8'],
    )
    assert.equal((await alertOf({ labels: LABELS })).variables['truncated_alerts'], undefined)
  })

  test("Grafana's title, message and state become variables; the message is the text of an alert without one", async () => {
    const envelope = {
      title: '[FIRING:1] A',
      message: '内容',
      state: 'alerting',
      version: '1',
      orgId: 1,
    }
    const { variables } = await alertOf({ labels: LABELS }, envelope)
    assert.deepEqual(
      ['notification_title', 'notification_message', 'notification_state', 'alarm_description'].map(
        (name) => variables[name],
      ),
      ['[FIRING:1] A', '内容', 'alerting', '内容'],
    )
    const own = (await alertOf({ labels: LABELS, annotations: { summary: 'mine' } }, envelope))
      .variables
    assert.deepEqual([own['alarm_summary'], own['alarm_description']], ['mine', undefined])
  })

  test('common labels and annotations fill those that an alert lacks, before route labels', async () => {
    const envelope = {
      commonLabels: { cluster: '上海', owner: 'common', alertname: 'Other' },
      routeLabels: { owner: 'route', tier: 'gold' },
      commonAnnotations: { summary: 'in common', runbook_url: 'https://runbooks.example/a' },
    }
    const { variables, name, cluster, labels } = await alertOf({ labels: LABELS }, envelope)
    assert.deepEqual(
      [
        'owner',
        'tier',
        'cluster',
        'ob_cluster',
        'alarm_summary',
        'runbook_url',
        'alertname',
        'alarm_name',
      ].map((each) => variables[each]),
      ['common', 'gold', '上海', '上海', 'in common', 'https://runbooks.example/a', 'A', 'A'],
    )
    assert.deepEqual([name, cluster], ['A', '上海'])
    assert.deepEqual({ ...labels }, LABELS)
    const own = await alertOf(
      { labels: { ...LABELS, owner: 'me' }, annotations: { tier: 'mine' } },
      envelope,
    )
    assert.deepEqual([own.variables['owner'], own.variables['tier']], ['me', 'mine'])
  })

  test('do not affect identity, level, target or what counts as a repeat', async () => {
    const alert = { labels: LABELS, startsAt: '2026-01-02T03:00:00Z' }
    const plain = await read({ alerts: [alert] })
    const envelope = {
      commonLabels: { severity: 'critical', pod: 'p' },
      routeLabels: { cluster: 'c', priority: 'P1' },
      commonAnnotations: { summary: 'db-1:9100 p c' },
      notification_reason: 'new alerts added',
      title: 't',
      message: 'm',
      state: 's',
      receiver: 'r',
      truncatedAlerts: 3,
    }
    const wrapped = await read({ ...envelope, alerts: [alert] })
    const identity = ({ key, alerts: [each] }: Notification) => [
      key,
      each?.fingerprint,
      each?.levelWord,
      each?.variables['alarm_target'],
    ]
    assert.deepEqual(identity(wrapped), identity(plain))
  })

  test('a wrong type loses only that field', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          commonLabels: fc.jsonValue(),
          commonAnnotations: fc.jsonValue(),
          routeLabels: fc.jsonValue(),
          title: fc.jsonValue(),
          message: fc.jsonValue(),
          notification_reason: fc.jsonValue(),
          truncatedAlerts: fc.jsonValue(),
        }),
        async (envelope) => {
          const alert = await alertOf({ labels: LABELS }, envelope)
          assert.equal(alert.variables['alarm_target'], 'instance=db-1:9100')
          assert.equal(alert.name, alert.variables['alarm_name'])
          assert.equal(alert.cluster, alert.variables['ob_cluster'] ?? '')
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('the level', () => {
  test('is decided by severity, serverity, level, alarm_level and priority in this order', async () => {
    const names = ['severity', 'serverity', 'level', 'alarm_level', 'priority']
    for (const [at, name] of names.entries()) {
      const labels = Object.fromEntries(
        names
          .slice(at)
          .map((each) => [each, `by ${each}`])
          .reverse(),
      )
      const alert = await alertOf({ labels: { ...LABELS, ...labels } })
      assert.equal(alert.levelWord, `by ${name}`)
      assert.equal(alert.variables['alarm_level'], `by ${name}`)
    }
    assert.equal(
      (await alertOf({ labels: { ...LABELS, severity: ' ', priority: 'P1' } })).levelWord,
      'P1',
    )
    assert.equal((await alertOf({ labels: LABELS })).levelWord, undefined)
    assert.equal(
      (await alertOf({ labels: { ...LABELS, severity: '严重告警' } })).levelWord,
      '严重告警',
    )
  })
})

describe('the text of an alert', () => {
  const textsOf = async (annotations: object) => ({
    ...(await alertOf({ labels: LABELS, annotations })).texts,
  })

  test('other annotations are used where summary and description are missing', async () => {
    assert.deepEqual(
      await textsOf({
        value: '97',
        current: '97.2%',
        描述: '磁盘将满',
        runbook_url: 'https://r.example',
        __dashboardUid__: 'x',
        title: 'T',
        nothing: '',
      }),
      { 描述: '磁盘将满', current: '97.2%', value: '97' },
    )
    assert.deepEqual(Object.keys(await textsOf({ b: '1', a: '2', detail: '3' })), [
      'detail',
      'a',
      'b',
    ])
  })

  test('other annotations are shown only without summary and description', async () => {
    for (const name of ['summary', 'description', 'message'])
      assert.deepEqual(await textsOf({ [name]: 'said', current: '1' }), {})
    const common = await alertOf(
      { labels: LABELS, annotations: { current: '1' } },
      { commonAnnotations: { summary: 's' } },
    )
    assert.deepEqual({ ...common.texts }, {})
  })

  test('equal summary and description appear once', async () => {
    const said = async (annotations: object) => {
      const { alarm_summary, alarm_description } = (
        await alertOf({
          labels: LABELS,
          annotations,
        })
      ).variables
      return [alarm_summary, alarm_description]
    }
    assert.deepEqual(await said({ summary: 'a', description: ' a\n' }), ['a', undefined])
    assert.deepEqual(await said({ message: 'm' }), ['m', undefined])
    assert.deepEqual(await said({ summary: 'a', message: 'm' }), ['a', 'm'])
    assert.deepEqual(await said({ summary: 'a', description: 'd', message: 'm' }), ['a', 'd'])
    assert.deepEqual(await said({ description: 'd' }), [undefined, 'd'])
  })

  test('a literal \\n becomes a line break, except in a Windows path', async () => {
    const description = async (text: string) =>
      (await alertOf({ labels: LABELS, annotations: { summary: 's', description: text } }))
        .variables['description']
    assert.equal(await description('a\\nb\\r\\nc'), 'a\nb\nc')
    assert.equal(await description('C:\\new\\names is full'), 'C:\\new\\names is full')
    assert.equal(await description('\\\\server\\new'), '\\\\server\\new')
    assert.equal((await alertOf({ labels: { ...LABELS, x: 'a\\nb' } })).variables['x'], 'a\\nb')
  })

  test('links to the alert; the runbook is a separate variable', async () => {
    const annotations = { runbook_url: 'https://runbooks.example/a' }
    const generatorURL = 'http://prometheus:9090/graph?g0.expr=up'
    const { variables } = await alertOf({ labels: LABELS, annotations, generatorURL })
    assert.deepEqual(
      [variables['alarm_url'], variables['runbook_url']],
      [generatorURL, annotations.runbook_url],
    )
    assert.equal((await alertOf({ labels: LABELS, annotations })).variables['alarm_url'], undefined)
  })
})

describe("Grafana's values", () => {
  const valueFrom = async (fields: object) =>
    (await alertOf({ labels: LABELS, ...fields })).variables['value']

  test('become the variable value, from the object or from the text', async () => {
    assert.equal(await valueFrom({ values: { A: 97.25 } }), '97.25')
    assert.equal(await valueFrom({ values: { A: 97.25, C: 1 } }), 'A=97.25, C=1')
    const text =
      "[ var='A' labels={instance=db-1, x=a value=3} value=97.25 ], [ var='C' labels={} value=1 ]"
    assert.equal(await valueFrom({ valueString: text }), 'A=97.25, C=1')
    assert.equal(
      await valueFrom({ values: null, valueString: "[ var='B' labels={} value=5e-05 ]" }),
      '5e-05',
    )
    assert.equal(await valueFrom({ values: { A: 1 }, annotations: { value: 'mine' } }), 'mine')
  })

  test('an empty object or another type gives no value', async () => {
    for (const values of [{}, null, [], 'x', '{', { A: null }, { A: { B: 1 } }, 5])
      assert.equal(await valueFrom({ values }), undefined, JSON.stringify(values))
    for (const valueString of ['', 'x', "[ var='", "[ var='A' value=", 5, {}])
      assert.equal(await valueFrom({ valueString }), undefined, JSON.stringify(valueString))
  })

  test('the image URL becomes a variable', async () => {
    const imageURL = 'https://grafana.example/a.png'
    assert.equal((await alertOf({ labels: LABELS, imageURL })).variables['image_url'], imageURL)
  })
})
