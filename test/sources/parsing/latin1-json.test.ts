import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { alertmanager } from '../../../src/sources/alertmanager/index.ts'
import { FAST_PATH_MIN_BYTES, readLatin1Json } from '../../../src/sources/parsing/latin1-json.ts'

const CONTEXT = {
  receivedAt: new Date('2026-11-24T03:00:00Z'),
  timezone: 'Asia/Shanghai',
}

/** Everything in a notification, including its lazy parts, or its error. */
async function told(body: string | Uint8Array): Promise<unknown> {
  try {
    const { key, alerts } = await alertmanager.read(body, CONTEXT)
    const whole = alerts.map((alert) => {
      const { source, status, fingerprint, name, cluster, levelWord, startsAt, endsAt } = alert
      const own = { source, status, fingerprint, name, cluster, levelWord, startsAt, endsAt }
      return { ...own, variables: { ...alert.variables }, labels: { ...alert.labels } }
    })
    return { key, alerts: whole }
  } catch (error) {
    return String(error)
  }
}

const word = fc.oneof(
  fc.constantFrom(
    'critical',
    '告警',
    'é',
    'a&b <c>',
    '😀',
    '\ud800',
    '\0',
    '',
    'resolved',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const value = fc.oneof(
  { weight: 5, arbitrary: word },
  fc.integer(),
  fc.constant(null),
  fc.jsonValue(),
)
const named = (...names: string[]) =>
  fc.dictionary(fc.oneof(fc.constantFrom(...names), word), value, { maxKeys: 5 })
const alert = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        status: fc.oneof(fc.constantFrom('firing', 'resolved'), value),
        labels: named('alertname', 'severity', 'cluster', 'ob_cluster_name', 'alarm_name'),
        annotations: named('title', 'summary', 'ob_cluster'),
        startsAt: fc.constantFrom('2026-11-24T03:00:00.123Z', '2026-11-24 03:00:00', '昨天', null),
        endsAt: fc.constantFrom('2026-11-24T04:00:00+08:00', '0001-01-01T00:00:00Z'),
        fingerprint: word,
        generatorURL: word,
        alarm_name: value,
      },
      { requiredKeys: ['labels'] },
    ),
  },
  value,
)
const payload = fc.record(
  {
    alerts: fc.array(alert, { maxLength: 4 }),
    status: value,
    groupKey: value,
    groupLabels: named('alertname'),
    receiver: value,
    externalURL: value,
    truncatedAlerts: value,
  },
  { requiredKeys: ['alerts'] },
)

/** JSON as Go's encoder writes it, as others may, and with all non-ASCII characters escaped. */
const ENCODERS: readonly ((value: unknown) => string)[] = [
  JSON.stringify,
  (each) => JSON.stringify(each).replace(/[<>&]/g, escaped),
  (each) => JSON.stringify(each).replace(/[^\0-\x7f]/g, escaped),
  (each) => JSON.stringify(each).replace(/[\u0100-\uffff]/g, escaped),
  (each) => JSON.stringify(each, null, 2),
]

/** Makes a body large enough for the fast path. */
const FILLER = ' '.repeat(FAST_PATH_MIN_BYTES)

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

describe('a body in UTF-8', () => {
  test('gives the same alerts as its text, whatever it contains and however it is written', async () => {
    await fc.assert(
      fc.asyncProperty(payload, fc.constantFrom(...ENCODERS), async (body, encoded) => {
        const bytes = Buffer.from(encoded(body) + FILLER)
        assert.deepEqual(await told(bytes), await told(bytes.toString()))
      }),
      { numRuns: 500 },
    )
  })

  test('is refused with the same message', async () => {
    for (const text of ['', '{', 'null', '{"a":1}', '{"alerts":{}}', `{"alerts":${'['.repeat(99)}`])
      for (const more of ['', FILLER])
        assert.equal(await told(Buffer.from(text + more)), await told(text + more))
  })

  test('is not decoded where that is unnecessary, although Go escapes ampersands', () => {
    assert.ok(readLatin1Json(Buffer.from(`{"alerts":[{"labels":{"a":"告警 \\u0026"}}]}${FILLER}`)))
    assert.equal(readLatin1Json(Buffer.from('{}')), undefined, 'small')
    for (const text of [
      '["\\u00e9"]',
      '["\\u544a"]',
      '["\\\\u544a"]',
      `${'['.repeat(70)}1${']'.repeat(70)}`,
    ])
      assert.equal(readLatin1Json(Buffer.from(text + FILLER)), undefined, text)
  })

  test('has all labels of an alert, although accepting reads few of them', async () => {
    const labels = { alertname: '磁盘', severity: 'critical', instance: 'a:1', team: '数据库' }
    const [read] = (
      await alertmanager.read(
        Buffer.from(JSON.stringify({ alerts: [{ labels }] }) + FILLER),
        CONTEXT,
      )
    ).alerts
    assert.deepEqual({ ...read?.labels }, labels)
    assert.equal(read?.name, '磁盘')
  })
})
