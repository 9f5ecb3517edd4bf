import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { ocp } from '../../../src/sources/ocp/index.ts'
import { RECOMMENDED_NAMES } from '../../../src/sources/parsing/ocp/recommended.ts'
import { IN_GBK, OCP_BODIES } from '../../support/ocp-bodies.ts'
import { firing, OCP_SAMPLES, ocpBody } from '../../support/ocp-samples.ts'
import { freePort, Receiver, temporaryFolder } from '../../support/receiver.ts'

type Values = Record<(typeof RECOMMENDED_NAMES)[number], string>

const CONTEXT = {
  receivedAt: new Date('2026-01-02T03:04:05Z'),
  timezone: 'Asia/Shanghai',
}

/** Values that break other templates, and values that look like a line of this one. */
const TROUBLE = [
  ...['"', "'", '\\', '\n', '\r\n', '\t', ',', ':', '{', '}', '[', ']', '", "', '&', '=', '%41'],
  ...[
    '$',
    '${x}',
    '$1',
    '\u0001',
    '中文',
    '🚨',
    '<b>',
    '\\n',
    '\\u0041',
    '\n\n',
    '\n- Level: Down',
  ],
  ...RECOMMENDED_NAMES.flatMap((name) => [`${name}=`, `\n${name}=`]),
]

const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.string({ unit: 'grapheme', maxLength: 10 }),
      fc.constantFrom(...TROUBLE),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''))

const anyValues: fc.Arbitrary<Values> = fc
  .record(Object.fromEntries(RECOMMENDED_NAMES.map((name) => [name, anyText])))
  // OCP itself writes this value as a JSON string.
  .map((made) => ({ ...(made as Values), message_json: JSON.stringify(made['message_json']) }))

/**
 * The value that is expected back. A value must not contain a line that begins with the next name of the template; only
 * the last value may contain anything. Values are trimmed; a value that is empty or its own placeholder counts as
 * missing. NUL and lone surrogates become U+FFFD.
 */
function isRecoverable(values: Values): boolean {
  return RECOMMENDED_NAMES.slice(0, -1).every(
    (name, at) => !`${values[name]}`.includes(`\n${RECOMMENDED_NAMES[at + 1]}=`),
  )
}

function recovered(values: Values, variables: Record<string, string>): void {
  for (const name of RECOMMENDED_NAMES) {
    const value = values[name].trim().toWellFormed().replaceAll('\0', '\ufffd')
    if (value === '' || value === `\${${name}}`) continue
    if (name === 'message_json')
      assert.equal(
        variables['message'] ?? '',
        JSON.parse(value).toWellFormed().replaceAll('\0', '\ufffd'),
      )
    else assert.equal(variables[name], value, name)
  }
}

describe('the recommended body, into which OCP inserts raw values', () => {
  test('every recoverable value is recovered, whatever the other values', async () => {
    let told = 0
    await fc.assert(
      fc.asyncProperty(anyValues, async (values) => {
        const { alerts } = await ocp.read(ocpBody(values), CONTEXT)
        assert.equal(alerts.length, 1)
        if (!isRecoverable(values)) return
        told += 1
        recovered(values, alerts[0]?.variables ?? {})
      }),
      { numRuns: 3000 },
    )
    assert.ok(told > 500, `only ${told} of 3000 made-up alerts were recoverable`)
  })

  test('the description may contain the whole template', async () => {
    const values = { alarm_name: 'a', alarm_description: ocpBody({ alarm_name: 'b' }) }
    const [alert] = (await ocp.read(ocpBody(values), CONTEXT)).alerts
    assert.equal(alert?.variables['alarm_name'], 'a')
    assert.equal(alert.variables['alarm_description'], values.alarm_description)
  })

  test('a line that begins like the next one of the template affects only that value', async () => {
    const values = { alarm_name: 'a\nalarm_level=x', alarm_level: '停服', alarm_target: 'host=1' }
    const [alert] = (await ocp.read(ocpBody(values), CONTEXT)).alerts
    assert.equal(alert?.variables['alarm_name'], 'a')
    assert.equal(alert.variables['alarm_level'], 'x\nalarm_level=停服')
    assert.equal(alert.variables['alarm_target'], 'host=1')
  })

  test("the guides' JSON template recovers all sample alerts too", async () => {
    for (const path of ['README.md', 'README.zh-CN.md']) {
      const guide = readFileSync(new URL(`../../../deploy/ocp/${path}`, import.meta.url), 'utf8')
      const template = /```json\n(\{.*\})\n```/.exec(guide)?.[1] ?? assert.fail(path)
      for (const sample of OCP_SAMPLES) {
        const [alert] = (await ocp.read(ocpBody(firing(sample), template), CONTEXT)).alerts
        for (const name of [
          'alarm_type',
          'alarm_name',
          'alarm_target',
          'alarm_description',
        ] as const)
          assert.equal(alert?.variables[name], sample[name])
      }
    }
  })

  test('the body may have Windows line breaks, or none', async () => {
    const values = { alarm_name: 'a b', alarm_level: '1', alarm_description: 'x "y"' }
    for (const by of ['\r\n', '', ' ', '&']) {
      const { variables, levelWord } =
        (await ocp.read(ocpBody(values).replaceAll('\n', by), CONTEXT)).alerts[0] ?? assert.fail()
      assert.deepEqual([variables['alarm_name'], levelWord], ['a b', '1'], JSON.stringify(by))
      assert.equal(variables['alarm_description'], 'x "y"')
    }
  })
})

describe('over HTTP', () => {
  const folder = temporaryFolder()
  let receiver: Receiver
  before(async () => {
    receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      // Without aggregation each body creates its own rows, unless it is byte for byte the same.
      config:
        'robots: { r: { webhook: sandbox } }\nchannels: { ops: { robots: [r], aggregate: false } }\n',
    }).start()
  })
  after(async () => {
    await receiver.end()
    folder[Symbol.dispose]()
  })

  const CONTENT_TYPES = [
    undefined,
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ]

  async function post(body: Uint8Array<ArrayBuffer>, contentType: string | undefined) {
    const response = await fetch(`${receiver.url}/ocp/ops`, {
      method: 'POST',
      body,
      headers: contentType === undefined ? {} : { 'Content-Type': contentType },
    })
    return { status: response.status, text: await response.text() }
  }

  async function newest(): Promise<Record<string, string>> {
    type Listed = { alerts: { variables: Record<string, string> }[] }
    const { alerts } = await receiver.json<Listed>('/api/v1/alerts?limit=1')
    return alerts[0]?.variables ?? {}
  }

  const OK = { status: 200, text: '{"errcode":0,"errmsg":"ok"}' }
  const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text))

  test('the recommended body is answered 200, and its values are recovered', async () => {
    let serial = 0
    await fc.assert(
      fc.asyncProperty(anyValues, fc.constantFrom(...CONTENT_TYPES), async (values, type) => {
        serial += 1
        // An equal body would be a retry, which creates no alert.
        const given = { ...values, alarm_id: String(serial) }
        assert.deepEqual(await post(bytesOf(ocpBody(given)), type), OK)
        if (isRecoverable(given)) recovered(given, await newest())
      }),
      { numRuns: 150 },
    )
  })

  test('any other non-empty body is answered 200', async () => {
    const types = [...CONTENT_TYPES, 'text/plain; charset=GBK', 'x; charset=nonsense']
    const body = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
      fc.json().map(bytesOf),
      fc
        .tuple(anyValues, fc.nat())
        .map(([values, at]) => bytesOf(ocpBody(values).slice(0, 1 + (at % 300)))),
    )
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(...types), async (bytes, type) => {
        if (new TextDecoder().decode(bytes).trim() === '') return
        assert.deepEqual(await post(bytes, type), OK)
      }),
      { numRuns: 150 },
    )
  })

  test('every format of a body has the same variables, whatever its Content-Type and charset', async () => {
    for (const { name, body, bytes, contentType } of OCP_BODIES) {
      // The same bytes again would be a retry, which creates no alert.
      const sent = Uint8Array.from([...(bytes ?? bytesOf(body)), 0x0a])
      for (const type of contentType === undefined ? CONTENT_TYPES : [contentType])
        assert.deepEqual(await post(sent, type), OK, `${name} as ${type}`)
      const [alert] = (await ocp.read(body, { ...CONTEXT, receivedAt: new Date() })).alerts
      assert.deepEqual(await newest(), { ...alert?.variables }, name)
    }
  })

  test('a byte order mark overrides a declared charset; a separate header declares one too', async () => {
    const text = '{"alarm_name":"主机停服"}'
    const own = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
      fetch(`${receiver.url}/ocp/ops`, { method: 'POST', body, headers })
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    for (const [body, headers] of [
      [Uint8Array.from(utf16), { 'Content-Type': 'application/json; charset=utf-8' }],
      [bytesOf(`\ufeff${text}\n`), { 'Content-Type': "text/plain; charset='GBK'" }],
      [Uint8Array.from([...IN_GBK, 0x0a, 0x0a]), { charset: 'GBK' }],
      [Uint8Array.from([...IN_GBK, 0x20]), { 'Content-Type': "text/plain; charset='gb2312'" }],
    ] as const) {
      assert.equal((await own(body, headers)).status, 200)
      assert.equal((await newest())['alarm_name'], '主机停服', JSON.stringify(headers))
      await own(bytesOf(`{"alarm_name":"another ${body.length} ${headers['charset']}"}`), {})
    }
  })

  test('the reply satisfies every response verification that OCP’s documentation names', async () => {
    const { text } = await post(bytesOf('{"message":"verify"}'), undefined)
    for (const validation of [
      '{"errcode":0,"errmsg":"ok"}',
      '{"errcode":0}',
      '{}',
      '.*"errcode":0.*',
      '\\{"errcode":0,"errmsg":"ok"\\}',
    ])
      assert.ok(verifies(validation, text), validation)
    for (const validation of ['{"errcode":1}', '{"StatusCode":0}', '{"errcode":"0"}', 'success.*'])
      assert.ok(!verifies(validation, text), validation)
    const refused = await fetch(`${receiver.url}/ocp/nobody`, { method: 'POST', body: 'x' })
    assert.ok(!verifies('{"errcode":0,"errmsg":"ok"}', await refused.text()))
  })
})

/**
 * Checks a response as OCP does. JSON, recognized by its first and last character, must contain all fields of the
 * validation; anything else is a regular expression for the whole response.
 */
function verifies(validation: string, response: string): boolean {
  if (!/^\{.*\}$/s.test(validation.trim()))
    return new RegExp(`^(?:${validation})$`, 's').test(response)
  const [wanted, given] = [JSON.parse(validation), JSON.parse(response)]
  return Object.entries(wanted).every(([name, value]) => given[name] === value)
}
