import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../../src/errors.ts'
import type { Notification } from '../../../src/model/alert.ts'
import { alertmanager } from '../../../src/sources/alertmanager/index.ts'

const CONTEXT = {
  receivedAt: new Date('2026-01-02T03:04:05.678Z'),
  timezone: 'Asia/Shanghai',
}

const read = (payload: unknown): Promise<Notification> =>
  alertmanager.read(typeof payload === 'string' ? payload : JSON.stringify(payload), CONTEXT)

/** A payload as Alertmanager 0.25 posts it; 0.34 only adds fields. */
const PAYLOAD = {
  receiver: 'dingtalk',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: {
        alertname: 'HostDown',
        severity: 'critical',
        instance: '192.0.2.7:9100',
        job: 'node',
        ob_cluster_name: 'ob1',
        tenant_name: 'sys',
      },
      annotations: { summary: 'host is down', description: 'no answer for 5m', value: '0' },
      startsAt: '2026-01-02T03:00:00.123456789Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus:9090/graph?g0.expr=up',
      fingerprint: 'ea3d0f2ab7a8d1c4',
    },
  ],
  groupLabels: { alertname: 'HostDown' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  version: '4',
  groupKey: '{}:{alertname="HostDown"}',
  truncatedAlerts: 0,
}
const [ALERT] = PAYLOAD.alerts
const withAlerts = (...alerts: unknown[]): unknown => ({ ...PAYLOAD, alerts })

describe("Alertmanager's payload", () => {
  test('has the variables of OCP, and every label and annotation under its own name', async () => {
    const { source, alerts } = await read(PAYLOAD)
    assert.equal(source, 'alertmanager')
    const [alert] = alerts
    assert.equal(alert?.fingerprint, 'ea3d0f2ab7a8d1c4')
    assert.equal(alert.status, 'firing')
    assert.equal(alert.levelWord, 'critical')
    assert.equal(alert.startsAt?.toISOString(), '2026-01-02T03:00:00.123Z')
    assert.equal(alert.endsAt, undefined)
    assert.deepEqual(
      { ...alert.variables },
      {
        alarm_type: 'HostDown',
        alarm_name: 'HostDown',
        alarm_level: 'critical',
        alarm_target: 'ob_cluster=ob1:tenant_name=sys:host=192.0.2.7:9100',
        alarm_scope: 'Host',
        alarm_summary: 'host is down',
        alarm_description: 'no answer for 5m',
        alarm_status: 'Active',
        alarm_active_at: '2026-01-02T03:00:00Z',
        alarm_updated_at: '2026-01-02T03:04:05Z',
        alarm_duration: '246',
        alarm_id: 'ea3d0f2ab7a8d1c4',
        alarm_url: 'http://prometheus:9090/graph?g0.expr=up',
        value: '0',
        alarm_count: '1',
        alarm_group_by: 'alertname=HostDown',
        app_type: 'node',
        ob_cluster: 'ob1',
        obregion: 'ob1',
        group_key: '{}:{alertname="HostDown"}',
        ob_tenant: 'sys',
        host_ip: '192.0.2.7:9100',
        svr_ip: '192.0.2.7:9100',
        generator_url: 'http://prometheus:9090/graph?g0.expr=up',
        external_url: 'http://alertmanager:9093',
        receiver: 'dingtalk',
        alertname: 'HostDown',
        severity: 'critical',
        instance: '192.0.2.7:9100',
        job: 'node',
        ob_cluster_name: 'ob1',
        tenant_name: 'sys',
        summary: 'host is down',
        description: 'no answer for 5m',
      },
    )
  })

  test('is counted by the name and the cluster that its variables have', async () => {
    for (const [labels, annotations] of [
      [{ alertname: 'A', cluster: 'c' }, {}],
      [{ alertname: 'A', ob_cluster: 'c', cluster: 'd' }, { title: 'T' }],
      [
        { alarm_name: 'N', obregion: 'r' },
        { alarm_name: 'M', ob_cluster: 'x' },
      ],
      [{}, {}],
    ]) {
      const [alert] = (await read(withAlerts({ labels, annotations }))).alerts
      assert.equal(alert?.name, alert?.variables['alarm_name'] ?? '')
      assert.equal(alert?.cluster, alert?.variables['ob_cluster'] ?? '')
    }
  })

  test('a resolved alert has its end and its duration', async () => {
    const [alert] = (
      await read(withAlerts({ ...ALERT, status: 'resolved', endsAt: '2026-01-02T03:03:30Z' }))
    ).alerts
    assert.equal(alert?.status, 'resolved')
    assert.equal(alert.endsAt?.toISOString(), '2026-01-02T03:03:30.000Z')
    const { alarm_status, alarm_resolved_at, alarm_duration, alarm_last_interval } = alert.variables
    assert.deepEqual(
      [alarm_status, alarm_resolved_at, alarm_duration, alarm_last_interval],
      ['Inactive', '2026-01-02T03:03:30Z', '210', 'PT3M30S'],
    )
  })

  test('counts the alerts that Alertmanager left out', async () => {
    const counted = async (truncatedAlerts: unknown) =>
      (await read({ ...PAYLOAD, truncatedAlerts })).alerts[0]?.variables['alarm_count']
    assert.equal(await counted(7), '8')
    // JavaScript's own conversion to a number throws for the last two.
    for (const nothing of [null, 'x', -1, { toString: 1 }, [{ toString: 1, valueOf: 2 }]])
      assert.equal(await counted(nothing), '1')
  })

  test('is read whatever its version, and with unknown fields', async () => {
    for (const version of ['4', '1', 4, null, undefined])
      assert.equal(
        (await read({ ...PAYLOAD, version, notificationReason: 'new', extra: { deep: [1] } }))
          .alerts.length,
        1,
      )
    assert.deepEqual((await read({ alerts: [] })).alerts, [])
  })

  test('a fingerprint of megabytes is replaced by a short hash', async () => {
    const of = async (fingerprint: string) =>
      (await read(withAlerts({ ...ALERT, fingerprint }))).alerts[0]?.fingerprint as string
    const [one, other] = [await of('x'.repeat(2_000_000)), await of(`${'x'.repeat(2_000_000)}y`)]
    assert.deepEqual([one.length, other.length], [16, 16])
    assert.notEqual(one, other)
    assert.equal(await of('x'.repeat(200)), 'x'.repeat(200))
  })

  test('without a fingerprint an alert is identified by its labels, in any order', async () => {
    const { fingerprint: _, ...bare } = ALERT as NonNullable<typeof ALERT>
    const turned = {
      ...bare,
      labels: Object.fromEntries(Object.entries(bare.labels).reverse()),
      annotations: { other: 'text' },
    }
    const other = { ...bare, labels: { ...bare.labels, instance: 'another' } }
    const [one, two, three] = await Promise.all(
      [bare, turned, other].map(
        async (each) => (await read(withAlerts(each))).alerts[0]?.fingerprint,
      ),
    )
    assert.equal(one, two)
    assert.notEqual(one, three)
  })

  test('a retry and the copy of a peer have the same key; a changed state has another', async () => {
    const { key } = await read(PAYLOAD)
    const peer = { ...PAYLOAD, externalURL: 'http://other:9093', receiver: 'renamed' }
    assert.equal((await read(peer)).key, key)
    // The group key contains the path of routes, which differs when the receiver is moved.
    for (const groupKey of ['{}/{severity="critical"}:{alertname="HostDown"}', undefined])
      assert.equal((await read({ ...PAYLOAD, groupKey, groupLabels: {} })).key, key)
    const touched = withAlerts({ ...ALERT, annotations: { summary: 'now 3' } })
    assert.equal((await read(touched)).key, key)
    const refired = withAlerts({ ...ALERT, startsAt: '2026-01-02T03:02:00Z' })
    assert.notEqual((await read(refired)).key, key)
    assert.notEqual((await read(withAlerts({ ...ALERT, status: 'resolved' }))).key, key)
    const louder = { ...ALERT, labels: { ...ALERT?.labels, severity: 'warning' } }
    assert.equal((await read(withAlerts(louder))).alerts[0]?.fingerprint, ALERT?.fingerprint)
    assert.notEqual((await read(withAlerts(louder))).key, key)
    const second = { ...ALERT, fingerprint: 'b' }
    assert.equal(
      (await read(withAlerts(ALERT, second))).key,
      (await read(withAlerts(second, ALERT))).key,
    )
  })

  test('an alert listed twice is read once, but firing and resolved are two alerts', async () => {
    assert.equal((await read(withAlerts(ALERT, ALERT))).alerts.length, 1)
    assert.deepEqual(
      (await read(withAlerts(ALERT, { ...ALERT, status: 'resolved' }))).alerts.map(
        ({ status }) => status,
      ),
      ['firing', 'resolved'],
    )
  })
})

describe('a payload with unusable parts', () => {
  test('a malformed alert does not affect the others, and is delivered as a malformed alert', async () => {
    for (const bad of [1, 'x', null, [], {}, { labels: 1 }]) {
      const { alerts } = await read(withAlerts(bad, ALERT))
      assert.equal(alerts.length, 2, JSON.stringify(bad))
      const [malformed, good] = alerts
      assert.equal(malformed?.variables['alarm_name'], 'Malformed alert')
      const words = malformed.variables['alarm_description'] ?? ''
      assert.match(words, /cannot be read \(.*must.*\): /)
      assert.ok(words.endsWith(JSON.stringify(bad)), words)
      assert.equal(good?.fingerprint, ALERT?.fingerprint)
    }
  })

  test('labels of other types become texts; null becomes no label', async () => {
    const { variables } = (
      await read(
        withAlerts({ labels: { alertname: 'a', n: 5, b: true, o: { x: [1] }, gone: null } }),
      )
    ).alerts[0] as NonNullable<Notification['alerts'][0]>
    assert.deepEqual(
      [variables['n'], variables['b'], variables['o'], variables['gone']],
      ['5', 'true', '{"x":[1]}', undefined],
    )
  })

  test('a field of another type loses only that field', async () => {
    const odd = { labels: { alertname: 'a' }, status: 5, startsAt: 5, annotations: 'none' }
    const [alert] = (await read(withAlerts({ ...odd, valueString: '[ var=B ]' }))).alerts
    assert.deepEqual([alert?.status, alert?.startsAt], ['firing', undefined])
    assert.equal(alert?.variables['valueString'], '[ var=B ]')
  })

  test('zero times and unreadable times count as missing', async () => {
    for (const startsAt of ['0001-01-01T00:00:00Z', '', 'yesterday']) {
      const [alert] = (await read(withAlerts({ ...ALERT, startsAt }))).alerts
      assert.equal(alert?.startsAt, undefined)
      assert.equal(alert?.variables['alarm_active_at'], undefined)
    }
  })

  test('NUL and lone surrogates become U+FFFD; names such as __proto__ are ordinary names', async () => {
    const [alert] = (
      await read(
        `{"alerts":[{"labels":{"alertname":"a\\u0000b","s":"\\ud800x","__proto__":"p","constructor":"c","toString":"t"}}]}`,
      )
    ).alerts
    const { variables } = alert as NonNullable<typeof alert>
    assert.equal(variables['alertname'], 'a\uFFFDb')
    assert.equal(variables['s'], '\uFFFDx')
    assert.equal(variables['constructor'], 'c')
    assert.equal(variables['toString'], 't')
    assert.equal(Object.getOwnPropertyDescriptor(variables, '__proto__')?.value, 'p')
    assert.equal(Object.getPrototypeOf(variables), null)
    assert.equal(({} as Record<string, unknown>)['p'], undefined)
  })
})

describe('a body that is not a payload', () => {
  const faultOf = async (text: string): Promise<string> => {
    try {
      await read(text)
    } catch (error) {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'bad_payload')
      return error.message
    }
    throw new Error(`${text.slice(0, 100)} was taken`)
  }

  test('is refused with the cause and the position', async () => {
    for (const [text, wanted] of [
      ['', /payload: it is empty/],
      ['{"alerts": [}', /line 1, column 13: expected a value or \], but there is "}"/],
      ['{"alerts": [],\n "x" 1}', /line 2, column 6: expected a colon, but there is "1}"/],
      ['{"alerts": [1 2]}', /column 15: expected a comma or \]/],
      ['{"alerts": [], x: 1}', /column 16: expected a name in double quotes/],
      ['{"alerts": "abc', /column 16: expected a double quote that ends the text, but it ends/],
      ['{"alerts": "a\\x"}', /column 14: expected a known escape/],
      ['{"alerts": "a\tx"}', /column 14: expected no raw control character/],
      ['{"alerts": []} {}', /column 16: expected nothing more/],
      ['{}', /it has no "alerts".*OCP's go to \/ocp\/:channel/],
      ['{"alerts":{}}', /\/alerts: must be array/],
      ['[]', /must be object/],
      ['null', /must be object/],
    ] as const)
      assert.match(await faultOf(text), wanted)
  })

  test('has an error with a position wherever JSON.parse throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.nat(), fc.string({ maxLength: 3 }), async (json, at, put) => {
        const text = json.slice(0, at % (json.length + 1)) + put
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        if (!isJson && text.trim() !== '')
          assert.match(await faultOf(text), /line \d+, column \d+: expected /)
      }),
    )
  })

  test('deep nesting is refused; brackets within texts do not count', async () => {
    assert.match(await faultOf(`{"alerts":${'['.repeat(100_000)}`), /nested deeper than 64/)
    assert.match(
      await faultOf(`{"alerts":[${'{"a":'.repeat(70)}1${'}'.repeat(70)}]}`),
      /nested deeper/,
    )
    const inText = withAlerts({ labels: { alertname: `${'['.repeat(500)}\\"${'{'.repeat(500)}` } })
    assert.equal((await read(inText)).alerts.length, 1)
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 5 }), fc.string(), async (json, text) => {
        // A flat body is never too deep, whatever brackets its texts contain.
        await read(`{"alerts":[],"x":${json},"y":${JSON.stringify(text)}}`)
      }),
    )
  })
})

test('any payload is read or refused, and a second read gives the same alerts', async () => {
  const some = fc.oneof(
    fc.constant(ALERT),
    fc.jsonValue(),
    fc.record({ labels: fc.dictionary(fc.string(), fc.jsonValue()), status: fc.jsonValue() }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.record({ alerts: fc.oneof(fc.array(some), fc.jsonValue()) }),
      async (payload) => {
        const text = JSON.stringify(payload)
        const once = async (): Promise<unknown> => {
          try {
            const { key, alerts } = await read(text)
            return [key, alerts.map((alert) => [alert.fingerprint, alert.status, alert.variables])]
          } catch (error) {
            assert.ok(error instanceof AppError)
            return error.message
          }
        }
        assert.deepEqual(await once(), await once())
      },
    ),
    { numRuns: 300 },
  )
})
