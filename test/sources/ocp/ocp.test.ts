import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Alert, Notification } from '../../../src/model/alert.ts'
import { levelOf } from '../../../src/model/level.ts'
import { ocp } from '../../../src/sources/ocp/index.ts'
import { targetParts } from '../../../src/sources/parsing/ocp/target.ts'
import { OCP_SAMPLES } from '../../support/ocp-samples.ts'

const CONTEXT = {
  receivedAt: new Date('2026-01-02T03:04:05Z'),
  timezone: 'Asia/Shanghai',
}
const read = (body: string): Promise<Notification> => ocp.read(body, CONTEXT)

async function one(body: string | object): Promise<Alert> {
  const { alerts } = await read(typeof body === 'string' ? body : JSON.stringify(body))
  assert.equal(alerts.length, 1)
  return alerts[0] as Alert
}

const SAMPLE = {
  alarm_type: 'ob_cannot_connected',
  alarm_name: 'OceanBase host cannot connected',
  alarm_level: 'Down',
  alarm_target: 'ob_cluster=ob4253_A-1731295857:host=192.0.2.11',
  alarm_description: 'no answer',
  alarm_active_at: '2025-06-06T15:01:55.884+08:00',
}

const camel = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

describe('a body of flat fields', () => {
  let wanted: Alert
  before(async () => {
    wanted = await one(SAMPLE)
  })

  test('has its fields as variables, and those that its target contains', () => {
    assert.equal(wanted.source, 'ocp')
    assert.equal(wanted.status, 'firing')
    assert.equal(wanted.levelWord, 'Down')
    assert.equal(wanted.startsAt?.toISOString(), '2025-06-06T07:01:55.884Z')
    assert.deepEqual(
      { ...wanted.variables },
      {
        ...SAMPLE,
        ob_cluster: 'ob4253_A',
        obregion: 'ob4253_A',
        ob_cluster_id: '1731295857',
        host_ip: '192.0.2.11',
        svr_ip: '192.0.2.11',
        host: '192.0.2.11',
      },
    )
  })

  test('is counted by the name and the cluster that its variables have', async () => {
    for (const fields of [
      SAMPLE,
      { ...SAMPLE, ob_cluster: 'mine' },
      { ...SAMPLE, obregion: 'old' },
      { ...SAMPLE, ob_cluster_name: 'rule' },
      { message: 'a' },
    ]) {
      const { name, cluster, variables } = await one(fields)
      assert.equal(name, variables['alarm_name'] ?? '')
      assert.equal(cluster, variables['ob_cluster'] ?? '')
    }
  })

  test('is the same alert in snake_case and camelCase', async () => {
    const entries = Object.entries(SAMPLE)
    const bodies = {
      'camel case': JSON.stringify(
        Object.fromEntries(entries.map(([name, value]) => [camel(name), value])),
      ),
      'a list': JSON.stringify([SAMPLE]),
      'JSON in message': JSON.stringify({ message: JSON.stringify(SAMPLE) }),
      'an object in message': JSON.stringify({ message: SAMPLE }),
      'raw JSON in quotes in message': `{"message": "${JSON.stringify(SAMPLE)}"}`,
      form: new URLSearchParams(SAMPLE).toString(),
      'form, not encoded': entries.map(([name, value]) => `${name}=${value}`).join('&'),
      lines: entries.map(([name, value]) => `${name}=${value}`).join('\n'),
      'lines with spaces': entries.map(([name, value]) => `  ${name} = ${value}`).join('\r\n'),
    }
    for (const [name, body] of Object.entries(bodies)) {
      const alert = await one(body)
      assert.equal(alert.fingerprint, wanted.fingerprint, name)
      assert.deepEqual({ ...alert.variables }, { ...wanted.variables }, name)
    }
  })

  test('keeps numbers, structures and unknown fields as texts; null and empty count as missing', async () => {
    const { variables } = await one({
      ...SAMPLE,
      value: 0,
      tags: ['a', { b: 1 }],
      mine: 'x',
      no: null,
      e: '',
    })
    assert.deepEqual(
      [variables['value'], variables['tags'], variables['mine'], variables['no'], variables['e']],
      ['0', '["a",{"b":1}]', 'x', undefined, undefined],
    )
  })

  test('may contain several alerts', async () => {
    const { alerts } = await read(
      JSON.stringify([SAMPLE, { ...SAMPLE, alarm_target: 'host=192.0.2.12' }, 'a text', 5]),
    )
    assert.equal(alerts.length, 4)
    assert.equal(new Set(alerts.map(({ fingerprint }) => fingerprint)).size, 4)
    assert.equal(alerts[2]?.variables['message'], 'a text')
  })

  test('old names are read as new ones, and new ones as old', async () => {
    const { variables } = await one({
      alarm_name: 'a',
      obregion: 'c1',
      tenant_name: 't1',
      svr_ip: 'h1',
    })
    assert.deepEqual(
      [variables['ob_cluster'], variables['ob_tenant'], variables['host_ip']],
      ['c1', 't1', 'h1'],
    )
    const current = (await one({ alarm_name: 'a', ob_tenant: 't1', host_ip: 'h1' })).variables
    assert.deepEqual([current['tenant_name'], current['svr_ip']], ['t1', 'h1'])
  })
})

describe('a body with a text that its sender rendered', () => {
  const text = '### OCP alert notification\n- Level: Down'

  test('a value that is not a text mentions nobody', async () => {
    for (const isAtAll of [{ toString: 1 }, [{ toString: 1, valueOf: 2 }], null]) {
      const body = { msgtype: 'text', text: { content: 'x' }, at: { isAtAll } }
      const read = await ocp.read(JSON.stringify(body), CONTEXT)
      assert.equal(read.prerendered?.mention?.all ?? false, false)
    }
  })

  test('keeps its text, its title and its mentions', async () => {
    const at = { atMobiles: ['138', '${at_recipients}'], atUserIds: 'u1, u2', isAtAll: 'false' }
    const body = { msgtype: 'markdown', markdown: { title: 'T', text }, at }
    assert.deepEqual((await read(JSON.stringify(body))).prerendered, {
      title: 'T',
      text,
      format: 'markdown',
      mention: { mobiles: ['138'], users: ['u1', 'u2'], all: false },
    })
  })

  test("is recognized in every platform's format", async () => {
    for (const [format, body] of [
      ['text', { msgtype: 'text', text: { content: text } }],
      ['markdown', { msgtype: 'markdown', markdown: { content: text } }],
      [
        'markdown',
        { msgtype: 'actionCard', actionCard: { title: 'T', text, singleURL: 'http://x' } },
      ],
      ['text', { msg_type: 'text', content: { text } }],
      ['text', { text: { content: text } }],
    ] as const) {
      const { prerendered: ready, alerts } = await read(JSON.stringify(body))
      assert.equal(ready?.text, text, JSON.stringify(body))
      assert.equal(ready.format, format)
      assert.equal(alerts[0]?.variables['message'], text)
    }
  })

  test('without a type is the message of an alert', async () => {
    for (const body of [
      { message: text },
      { text },
      { content: text },
      text,
      JSON.stringify(text),
    ]) {
      const { alerts, prerendered: ready } = await read(
        typeof body === 'string' ? body : JSON.stringify(body),
      )
      assert.equal(ready, undefined)
      assert.equal(alerts[0]?.variables['message'], text)
      assert.equal(alerts[0]?.variables['alarm_description'], text)
    }
  })

  test('broken by raw line breaks and quotes gives the same text', async () => {
    const raw = 'he said "no"\nC:\\temp "a", b\t{x}'
    const body = `{"msgtype": "text", "text": {"content": "${raw}"}, "at": {"isAtAll": true}}`
    const { prerendered: ready } = await read(body)
    assert.equal(ready?.text, raw.replace('\\t', '\t'))
    assert.equal(ready.mention.all, true)
  })
})

describe('values of a body', () => {
  test('levels as words of three languages, in English variants and as digits', async () => {
    const words = {
      1: ['1', 'Down', '停服', 'Stopped', 'stopped'],
      2: ['2', 'Critical', '严重', '嚴重', 'CRITICAL'],
      3: ['3', 'Alert', '警告', 'Warning'],
      4: ['4', 'Caution', '注意', 'Attention'],
      5: ['5', 'Info', '提醒', 'Reminder'],
    }
    for (const [level, each] of Object.entries(words))
      for (const word of each)
        assert.equal(
          levelOf((await one({ ...SAMPLE, alarm_level: word })).levelWord ?? ''),
          Number(level),
          word,
        )
    for (const { level, alarm_level } of OCP_SAMPLES)
      assert.equal(
        levelOf((await one({ ...SAMPLE, alarm_level })).levelWord ?? ''),
        level,
        alarm_level,
      )
  })

  test('recovery is recognized by status, by end time, or by the start of a recovery message', async () => {
    const resolved: object[] = [
      ...['Inactive', 'RESOLVED', '已消除', '已恢复', '已恢復', '已过期'].map((alarm_status) => ({
        alarm_status,
      })),
      { alarm_resolved_at: '2025-06-06T05:41:54Z' },
      { alarm_status: 'Active', alarm_resolved_at: '2025-06-06T05:41:54Z' },
      { message: '[Alarm Recover Notification]\n- Target x' },
      { message: '【告警恢复通知】\n- 告警对象：x' },
      { message: '【OCP 告警恢复通知】\n- 告警对象：x' },
      { message: '### OCP 告警恢复通知 OBServer' },
      { message: '【警示恢復通知】\n- 警示對象 x' },
      { message: '<font color=#52C41A>OCP 告警恢复通知</font>' },
    ]
    for (const fields of resolved)
      assert.equal((await one({ ...SAMPLE, ...fields })).status, 'resolved', JSON.stringify(fields))
    const firing: object[] = [
      {},
      { alarm_status: 'Active' },
      { alarm_status: '告警中', message: '【告警恢复通知】' },
      { alarm_resolved_at: '${alarm_resolved_at}' },
      { alarm_resolved_at: '-' },
      { alarm_resolved_at: null },
      ...['无', '未恢复', 'not resolved', 'NaT', '""'].map((alarm_resolved_at) => ({
        alarm_resolved_at,
      })),
      { message: 'the recovery of 告警恢复通知 failed' },
      { alarm_status: 'no such word' },
    ]
    for (const fields of firing)
      assert.equal((await one({ ...SAMPLE, ...fields })).status, 'firing', JSON.stringify(fields))
  })

  test('times with and without an offset, with milliseconds', async () => {
    for (const [text, wanted] of [
      ['2025-06-06T15:01:55.884+08:00', '2025-06-06T07:01:55.884Z'],
      ['2025-06-06T07:01:55Z', '2025-06-06T07:01:55.000Z'],
      ['2025-06-06 15:01:55', '2025-06-06T07:01:55.000Z'],
      ['2025-06-06T15:01:55.884', '2025-06-06T07:01:55.884Z'],
      ['2025-06-06T15:01:55.884 08:00', '2025-06-06T07:01:55.884Z'],
      ['2024-02-29 00:00:00', '2024-02-28T16:00:00.000Z'],
      ['2025-02-30 00:00:00', undefined],
      ['13:00', undefined],
      ['now', undefined],
    ] as const)
      assert.equal(
        (await one({ ...SAMPLE, alarm_active_at: text })).startsAt?.toISOString(),
        wanted,
        text,
      )
    const { variables } = await one({ ...SAMPLE, alarm_active_at: '2025-06-06 15:01:55' })
    assert.equal(variables['alarm_active_at'], '2025-06-06T15:01:55+08:00')
  })

  test('the identity is rule and target, then the id, then the text', async () => {
    const { fingerprint } = await one(SAMPLE)
    const same = {
      ...SAMPLE,
      alarm_status: 'Inactive',
      alarm_updated_at: '2026-01-01T00:00:00Z',
      alarm_description: 'another',
      alarm_id: '5',
      value: '7',
    }
    assert.equal((await one(same)).fingerprint, fingerprint)
    assert.notEqual((await one({ ...SAMPLE, alarm_target: 'host=x' })).fingerprint, fingerprint)
    assert.notEqual((await one({ ...SAMPLE, alarm_type: 'other' })).fingerprint, fingerprint)
    const numbered = { alarm_id: '5', alarm_name: 'a' }
    assert.equal(
      (await one(numbered)).fingerprint,
      (await one({ ...numbered, alarm_name: 'b', value: 3 })).fingerprint,
    )
    assert.equal((await one('a text')).fingerprint, (await one('a text')).fingerprint)
    assert.notEqual((await one('a text')).fingerprint, (await one('another text')).fingerprint)
    const moving = { alarm_name: 'a', value: 1 }
    assert.equal((await one(moving)).fingerprint, (await one({ ...moving, value: 2 })).fingerprint)
  })

  test('unresolved placeholders and dollar signs are unchanged', async () => {
    const text = 'queue time ${request_queue_time_value_en_us}, cost $1 $& $$'
    assert.equal(
      (await one({ ...SAMPLE, alarm_description: text })).variables['alarm_description'],
      text,
    )
  })

  test('a target is split into its parts, whatever they contain', () => {
    for (const [target, wanted] of [
      [
        'alarm_template_id=0:ob_cluster=ob4352_X-1731295861:tenant_name=META$1004:host=11.162.218.205',
        {
          alarm_template_id: '0',
          ob_cluster: 'ob4352_X-1731295861',
          tenant_name: 'META$1004',
          host: '11.162.218.205',
        },
      ],
      [
        'ob_cluster=T-12:trans_hash={hash:1, addr:"192.0.2.1:2882", t:5}:host=[::1]:2882',
        {
          ob_cluster: 'T-12',
          trans_hash: '{hash:1, addr:"192.0.2.1:2882", t:5}',
          host: '[::1]:2882',
        },
      ],
      ['192.0.2.1:2881', {}],
      ['host=a=b:empty=:x=1:x=2', { host: 'a=b', x: '1' }],
      ['', {}],
    ] as const)
      assert.deepEqual({ ...targetParts(target) }, wanted)
  })

  test('a second read gives the same alert', async () => {
    const body = JSON.stringify(SAMPLE)
    assert.equal((await read(body)).key, (await read(body)).key)
    assert.equal((await read(body)).key, (await read(`${body} `)).key)
    assert.equal(await (await read(body)).contentKey(), await (await read(body)).contentKey())
    assert.notEqual(
      await (await read(body)).contentKey(),
      await (await read(`${body} `)).contentKey(),
    )
  })
})

/** A JSON template as in the guides: quotes around each value, the free text last. */
const TEMPLATE = `{
  "alarm_type": "\${alarm_type}",
  "alarm_name": "\${alarm_name}",
  "alarm_level": "\${alarm_level}",
  "alarm_target": "\${alarm_target}",
  "alarm_active_at": "\${alarm_active_at}",
  "alarm_description": "\${alarm_description}"
}`

const substituted = (values: Record<string, string>): string =>
  TEMPLATE.replace(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)

describe('JSON into which OCP inserted raw values', () => {
  test('keeps all sample alerts unchanged', async () => {
    for (const { level: _, ...sample } of OCP_SAMPLES) {
      const { variables } = await one(substituted(sample as Record<string, string>))
      for (const name of ['alarm_type', 'alarm_name', 'alarm_target', 'alarm_description'] as const)
        assert.equal(variables[name], sample[name])
    }
  })

  test('a value may contain quotes, backslashes, line breaks, commas and braces', async () => {
    for (const value of [
      'url="http://x:80/?a=1&b", t=2',
      'path C:\\windows\\system, "quoted"',
      'line\nbreak\r\nand\ttab',
      '{"a": "b", "c": {"d": 1}}',
      'ends with a quote "',
      '"begins with one',
      'a", "b',
      '}',
      'select * from t where a = "x" /*+ hint(1) */ > 3 \\',
    ]) {
      const { variables } = await one(substituted({ ...SAMPLE, alarm_description: value }))
      // A valid JSON escape is decoded, because it may have been meant as one.
      assert.equal(variables['alarm_description'], value.trim().replaceAll('\\t', '\t'), value)
      assert.equal(variables['alarm_target'], SAMPLE.alarm_target)
    }
  })

  test('any value is recovered, unless it looks like the template itself', async () => {
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
      fc.constantFrom(
        '"',
        "'",
        '\n',
        '\r\n',
        '\t',
        ',',
        ':',
        '{',
        '}',
        '[',
        ']',
        '", ',
        '$',
        '${x}',
        '中文',
      ),
    )
    // A backslash in a raw value may be an escape, and a quote before a brace at the end may be the template's own.
    const value = fc
      .array(piece, { minLength: 1, maxLength: 8 })
      .map(
        (pieces) =>
          `v${pieces.join('').replaceAll('\\', '/').toWellFormed().replaceAll('\0', '')}v`,
      )
      .filter((text) => !/"\s*[}\]]*\s*$|"\s*,\s*"[^"]*"\s*:/.test(text))
    await fc.assert(
      fc.asyncProperty(
        fc.record({ name: value, target: value, text: value }),
        async ({ name, target, text }) => {
          const { variables } = await one(
            substituted({
              ...SAMPLE,
              alarm_name: name,
              alarm_target: target,
              alarm_description: text,
            }),
          )
          assert.deepEqual(
            [variables['alarm_name'], variables['alarm_target'], variables['alarm_description']],
            [name, target, text],
          )
          assert.equal(variables['alarm_type'], SAMPLE.alarm_type)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('any body is read without error, and a second read gives the same alerts', async () => {
    const body = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.json(),
      fc.tuple(fc.json(), fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1))),
      fc
        .tuple(fc.string({ unit: 'binary' }), fc.nat())
        .map(([text, at]) =>
          substituted({ ...SAMPLE, alarm_description: text }).slice(0, 5 + (at % 400)),
        ),
    )
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        if (text.trim() === '') return
        const told = async (): Promise<unknown> =>
          (await read(text)).alerts.map((each) => [
            each.fingerprint,
            each.status,
            { ...each.variables },
          ])
        const first = await told()
        assert.ok((first as unknown[]).length > 0 || text.trim() === '[]')
        assert.deepEqual(await told(), first)
      }),
      { numRuns: 2000 },
    )
  })

  test('reading is linear: a quadratic algorithm would exceed the time limit', {
    timeout: 60_000,
  }, async () => {
    const units = [
      '"',
      '","',
      '{"',
      '{"a":',
      '\\',
      '\\"',
      '": "',
      '${',
      ':a=',
      'a=b&',
      '"message":"{',
    ]
    for (const unit of units) {
      const body = `{"alarm_name": "x", "message": "${unit.repeat(1_000_000 / unit.length)}`
      const [alert] = (await read(body)).alerts
      assert.notEqual(alert?.variables['message'] ?? alert?.variables['alarm_name'], undefined)
    }
  })
})
