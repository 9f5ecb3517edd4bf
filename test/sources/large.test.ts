import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../../src/errors.ts'
import { alertmanager } from '../../src/sources/alertmanager/index.ts'
import { ocp } from '../../src/sources/ocp/index.ts'
import { exceedsComplexity } from '../../src/sources/parsing/complexity-limit.ts'
import { yieldsOf } from '../support/slices.ts'

/** The largest size in bytes of a body that is not large. */
const LIGHT = 128 * 1024

const CONTEXT = {
  receivedAt: new Date('2026-01-02T03:04:05Z'),
  timezone: 'UTC',
}

const told = async (body: string) =>
  (await ocp.read(body, CONTEXT)).alerts.map(({ variables }) => variables['alarm_description'])

const alert = (instance: number) => ({
  status: 'firing',
  labels: { alertname: 'HighLoad', severity: 'critical', instance: `db-${instance}` },
  annotations: { summary: `负载 ${'x'.repeat(200)}` },
  startsAt: '2026-01-02T03:00:00Z',
})

describe('a body with more parts than any sender writes', () => {
  const bounds = { brackets: 1_000, quotes: 5_000 }
  const filled = (part: string, length = 2 * LIGHT) => part.repeat(length / part.length)

  test('is detected by its brackets, its quotes, or what is between two brackets', async () => {
    for (const body of [
      filled('['),
      filled('{"a":'),
      `[${filled('{},')}{}]`,
      `{"a":${filled('"",')}`,
      `[${filled('1,', 8 * LIGHT)}1]`,
    ]) {
      assert.equal(await exceedsComplexity(body, bounds), true, body.slice(0, 20))
      assert.equal(await exceedsComplexity(Buffer.from(body), bounds), true, body.slice(0, 20))
    }
  })

  test('is never a small body, nor a large one of long texts', async () => {
    assert.equal(await exceedsComplexity('['.repeat(LIGHT), bounds), false)
    assert.equal(await exceedsComplexity(`{"a":"${filled('语言 and text. ')}"}`, bounds), false)
  })

  test('is read only up to the first exceeded limit', async () => {
    const body = `${filled('[')}${' '.repeat(8 * 1024 * 1024)}`
    const { result, yields } = await yieldsOf(() => exceedsComplexity(body, bounds))
    assert.equal(result, true)
    assert.equal(yields, 0)
  })

  test('is too large for the Alertmanager route, and plain text for the OCP route', async () => {
    for (const part of ['[', '{},']) {
      const body = `{"alerts":[${part.repeat(500_000)}`
      await assert.rejects(
        alertmanager.read(body, CONTEXT),
        (error) => error instanceof AppError && error.code === 'too_large',
      )
      assert.deepEqual(await told(body), [body])
    }
  })
})

test('a body has the same content as bytes, which are parsed before they are decoded, and as text', async () => {
  const keyOf = async (body: string | Uint8Array) =>
    (await alertmanager.read(body, CONTEXT)).contentKey()
  const bodyOf = (summary: string) =>
    JSON.stringify({
      alerts: [
        alert(1),
        { ...alert(2), annotations: { summary, 说明: '磁盘 💾 \u0085 "full"\\' } },
        7,
      ],
    }).padEnd(20_000)
  const [body, other] = [bodyOf('负载'), bodyOf('负荷')]
  assert.equal(await keyOf(Buffer.from(body)), await keyOf(body))
  assert.notEqual(await keyOf(Buffer.from(other)), await keyOf(body))
})

test('a body gives the same alerts as bytes and as stored text, around the size limit', async () => {
  const labels = Object.fromEntries(Array.from({ length: 1_001 }, (_, name) => [`l${name}`, 'x']))
  for (const characters of [30_000, 60_000, 140_000]) {
    const body = JSON.stringify({
      alerts: [{ labels, annotations: { summary: '载'.repeat(characters) } }, alert(1)],
    })
    const fingerprints = async (each: string | Uint8Array) =>
      (await alertmanager.read(each, CONTEXT)).alerts.map(({ fingerprint }) => fingerprint)
    assert.deepEqual(await fingerprints(Buffer.from(body)), await fingerprints(body))
  }
})

test('an alert has the same fingerprint in bytes and in text, whatever its characters', async () => {
  for (const own of [{ fingerprint: '指'.repeat(150) }, { fingerprint: '纹'.repeat(300) }, {}]) {
    const labels = { alertname: 'HighLoad', 主机: 'db-1' }
    const body = JSON.stringify({ alerts: [{ labels, ...own }] }).padEnd(20_000)
    const fingerprintOf = async (each: string | Uint8Array) =>
      (await alertmanager.read(each, CONTEXT)).alerts[0]?.fingerprint
    assert.equal(await fingerprintOf(Buffer.from(body)), await fingerprintOf(body))
  }
})

describe('a body that would take long to repair', () => {
  const long = 'y'.repeat(300_000)

  test('is plain text, while a smaller one is repaired', async () => {
    const broken = (message: string) => `{"alarm_name":"Disk "full"","message":"${message}`
    const pairs = (message: string) => `alarm_name=Disk\nmessage=${message}`
    for (const body of [broken, pairs]) {
      const small = (await ocp.read(body('x'), CONTEXT)).alerts[0]
      assert.match(small?.name ?? '', /^Disk/)
      assert.deepEqual(await told(body(long)), [body(long)])
    }
  })

  test('is still read as strict JSON or as the recommended lines, with all its text', async () => {
    const json = (await ocp.read(JSON.stringify({ alarm_name: 'Disk', message: long }), CONTEXT))
      .alerts[0]
    assert.equal(json?.name, 'Disk')
    assert.equal(json?.variables['message'], long)
  })

  test('is plain text if it is a list of too many alerts', async () => {
    const list = (count: number) =>
      JSON.stringify(Array.from({ length: count }, (_, index) => ({ alarm_id: index + 1 })))
    assert.equal((await ocp.read(list(1_000), CONTEXT)).alerts.length, 1_000)
    assert.deepEqual(await told(list(10_001)), [list(10_001)])
  })

  test('is plain text if it has far more fields than OCP documents', async () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`field_${index}`, '1']))
    const body = JSON.stringify({ alarm_name: 'Disk', ...fields(2_000) })
    assert.deepEqual(await told(body), [body])
  })
})

describe('an Alertmanager payload', () => {
  test('of thousands of alerts is read in small pieces', async () => {
    const body = Buffer.from(
      JSON.stringify({ alerts: Array.from({ length: 3_000 }, (_, i) => alert(i)) }),
    )
    const { result, yields } = await yieldsOf(() => alertmanager.read(body, CONTEXT))
    assert.equal(result.alerts.length, 3_000)
    assert.ok(yields > 3_000 / 20, 'other work may go on between any few alerts')
  })

  test('reports a hundred malformed alerts one by one, and counts the rest', async () => {
    const alerts = [alert(1), ...Array.from({ length: 250 }, (_, index) => index), alert(2)]
    const read = await alertmanager.read(JSON.stringify({ alerts }), CONTEXT)
    assert.equal(read.alerts.length, 2 + 100 + 1)
    assert.match(
      read.alerts.at(-1)?.variables['alarm_description'] ?? '',
      /^150 more alerts .* cannot be read/,
    )
  })

  test('with more alerts than fit into memory is refused, whatever brackets its texts contain', async () => {
    const withAlerts = (alerts: number) =>
      `{"alerts":[${Array.from({ length: alerts }, (_, i) => `{"labels":{"i":"${i}"}}`).join(',')}]}`
    assert.equal((await alertmanager.read(withAlerts(40_000), CONTEXT)).alerts.length, 40_000)
    await assert.rejects(
      alertmanager.read(withAlerts(40_001), CONTEXT),
      (error) => error instanceof AppError && error.code === 'too_large',
    )
    const text = { alerts: [{ labels: { alertname: '[]('.repeat(130_000) } }] }
    assert.equal((await alertmanager.read(JSON.stringify(text), CONTEXT)).alerts.length, 1)
  })

  test('with thousands of labels on one alert loses no other alert', async () => {
    const labels = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`label_${i}`, 'x']))
    const read = await alertmanager.read(
      JSON.stringify({ alerts: [alert(1), { labels, text: 'x'.repeat(LIGHT) }] }),
      CONTEXT,
    )
    assert.equal(read.alerts[0]?.name, 'HighLoad')
    assert.match(read.alerts[1]?.variables['alarm_description'] ?? '', /more than 1000 labels/)
  })

  test("that is large and invalid JSON is refused with the parser's own message", async () => {
    const body = JSON.stringify({ alerts: Array.from({ length: 2_000 }, (_, i) => alert(i)) })
    await assert.rejects(
      alertmanager.read(body.slice(0, -2), CONTEXT),
      /it is not JSON: .*position/,
    )
  })
})
