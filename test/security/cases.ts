import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'

/** One hostile or broken input. */
export type Case =
  | { kind: 'request'; method: string; path: string; headers: Record<string, string>; body: Buffer }
  /** Bytes that need not be HTTP. */
  | { kind: 'raw'; bytes: Buffer }

const HOSTILE_TEXTS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '${alarm_name}',
  '${process.exit()}',
  '<% process.exit(1) %>',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '[click](javascript:alert(1))',
  '![x](http://evil.example/x.png)',
  '@all @13800000000',
  "'; DROP TABLE alerts; --",
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '\u0000',
  '\ud800',
  '\u202eevil',
  '2026-11-24 ERROR forged\n2026-11-24 ERROR forged',
  '\u001b[2J',
  '%',
  '%00',
  '%E0%A4%A',
  '9'.repeat(400),
  '-1',
  '1e999',
  'NaN',
  'a'.repeat(5_000),
  '('.repeat(2_000),
  '*_`[<'.repeat(500),
  '告警'.repeat(300),
  '👩‍👩‍👧‍👦'.repeat(100),
]

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
)

const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, true, 0, -1, 1e308, [], {}, [[]]) },
)

const named = (names: readonly string[]) =>
  fc.dictionary(fc.oneof(fc.constantFrom(...names), text), value, { maxKeys: 8 })

const alert = fc.record(
  {
    status: fc.oneof(fc.constantFrom('firing', 'resolved'), value),
    labels: fc.oneof(
      { weight: 4, arbitrary: named(['alertname', 'severity', 'instance', 'ob_cluster_name']) },
      { weight: 1, arbitrary: value },
    ),
    annotations: fc.oneof(named(['summary', 'description', 'alarm_level']), value),
    startsAt: fc.oneof(fc.constantFrom('2026-11-24T03:00:00Z', '0001-01-01T00:00:00Z'), value),
    endsAt: value,
    fingerprint: value,
    generatorURL: value,
  },
  { requiredKeys: [] },
)

const alertmanagerBody = fc.record(
  {
    version: value,
    status: value,
    groupKey: value,
    groupLabels: fc.oneof(named(['alertname']), value),
    commonLabels: value,
    externalURL: value,
    truncatedAlerts: value,
    alerts: fc.oneof(
      { weight: 6, arbitrary: fc.array(fc.oneof(alert, value), { maxLength: 12 }) },
      { weight: 1, arbitrary: value },
    ),
  },
  { requiredKeys: ['alerts'] },
)

const ocpBody = fc.oneof(
  named([
    'alarm_id',
    'alarm_type',
    'alarm_name',
    'alarm_level',
    'alarm_target',
    'alarmStatus',
    'message',
  ]),
  fc.record({ msgtype: value, markdown: fc.oneof(named(['title', 'text']), value), at: value }),
  fc.record({ message: text }),
)

const chatBody = fc.record(
  {
    msgtype: fc.oneof(
      fc.constantFrom('text', 'link', 'markdown', 'actionCard', 'feedCard', 'image', '__proto__'),
      value,
    ),
    text: fc.oneof(named(['content']), value),
    link: fc.oneof(named(['title', 'text', 'messageUrl', 'picUrl']), value),
    markdown: fc.oneof(named(['title', 'text']), value),
    actionCard: fc.oneof(named(['title', 'text', 'singleTitle', 'singleURL', 'btns']), value),
    feedCard: fc.oneof(fc.record({ links: fc.array(named(['title', 'messageURL'])) }), value),
    at: fc.oneof(named(['atMobiles', 'atUserIds', 'isAtAll']), value),
    msgUuid: value,
  },
  { requiredKeys: ['msgtype'] },
)

/** An event of Nightingale's. */
const eventBody = fc.record(
  {
    rule_name: text,
    trigger_time: value,
    is_recovered: value,
    severity: value,
    tags: fc.oneof(fc.array(text), value),
    tags_map: fc.oneof(named(['ident']), value),
    annotations: fc.oneof(named(['summary']), value),
  },
  { requiredKeys: ['rule_name', 'trigger_time', 'is_recovered'] },
)

const json = fc
  .oneof(
    { weight: 5, arbitrary: alertmanagerBody },
    { weight: 3, arbitrary: ocpBody },
    { weight: 3, arbitrary: chatBody },
    { weight: 1, arbitrary: eventBody },
    {
      weight: 1,
      arbitrary: fc.record({ payload: value, template: value, format: value, channel: value }),
    },
    { weight: 1, arbitrary: value },
  )
  .map((body) => Buffer.from(JSON.stringify(body) ?? ''))

/** JSON that was cut or altered in transit. */
const broken = fc
  .tuple(json, fc.nat(), fc.constantFrom('', '"', '\\', '\n', '}', '\u0000'))
  .map(([body, at, put]) => {
    const cut = body.length === 0 ? 0 : at % body.length
    return Buffer.concat([body.subarray(0, cut), Buffer.from(put), body.subarray(cut + (at % 3))])
  })

const deep = fc
  .tuple(
    fc.constantFrom('[', '{"a":', '{"alerts":[', '{"payload":'),
    fc.integer({ min: 50, max: 60_000 }),
  )
  .map(([open, depth]) => Buffer.from(open.repeat(depth)))

const closedDeep = fc
  .integer({ min: 50, max: 60_000 })
  .map((depth) => Buffer.from(`{"payload":${'['.repeat(depth)}${']'.repeat(depth)}}`))

const FIELDS = [
  'alarm_name',
  'token',
  'next',
  'back',
  'theme',
  'channel',
  'play',
  'payload',
  'template',
  'format',
  'uses',
]

const FIELD_VALUES = [
  'ops',
  'storm',
  'alert',
  'recovery',
  'text',
  'own',
  'markdown',
  '{"alerts":[{"labels":{"alertname":"x"}}]}',
  '${alarm_name} ${__proto__}',
]

const form = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...FIELDS) },
        { weight: 1, arbitrary: text },
      ),
      fc.oneof(
        { weight: 1, arbitrary: fc.constantFrom(...FIELD_VALUES) },
        { weight: 1, arbitrary: text },
      ),
    ),
    { maxLength: 8 },
  )
  .map((pairs) =>
    Buffer.from(
      new URLSearchParams(
        pairs.map(([a, b]): [string, string] => [a.toWellFormed(), b.toWellFormed()]),
      ).toString(),
    ),
  )

const body = fc.oneof(
  { weight: 8, arbitrary: json },
  { weight: 3, arbitrary: broken },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: closedDeep },
  { weight: 3, arbitrary: form },
  { weight: 1, arbitrary: text.map((each) => Buffer.from(each)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)) },
)

const part = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom('ops', 'ops', 'ops', 'ops', 'ops', 'auto', 'pool', '1', '2', '9'),
  },
  {
    weight: 2,
    arbitrary: text.map((each) => encodeURIComponent(each.toWellFormed()).slice(0, 3_000)),
  },
  { weight: 1, arbitrary: fc.constantFrom('%', '%E0%A4%A', '..', '%2e%2e', '//', ';a=b', 'a%2Fb') },
)

function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
}

/** Routes with their method; `:` is a name. */
const ROUTES = [
  ...Array(4).fill(['POST', '/alertmanager/:']),
  ...Array(4).fill(['POST', '/ocp/:']),
  ['POST', '/dingtalk/:/send'],
  ...Array(4).fill(['POST', '/robot/send?access_token=:']),
  ['POST', '/robot/send&access_token=:'],
  ['POST', '/robot//send/'],
  ['GET', '/ui'],
  ['GET', '/api/v1/status'],
  ['GET', '/api/v1/messages'],
  ['GET', '/api/v1/messages/:'],
  ['POST', '/api/v1/messages/:/resend'],
  ['GET', '/api/v1/alerts'],
  ['GET', '/api/v1/sandbox'],
  ['POST', '/api/v1/preview'],
  ['POST', '/api/v1/preview'],
  ['POST', '/api/v1/channels/:/test'],
  ['GET', '/'],
  ['GET', '/messages'],
  ['GET', '/messages/:'],
  ['POST', '/messages/:/resend'],
  ['POST', '/channels/:/test'],
  ['GET', '/alerts'],
  ['GET', '/playground'],
  ['POST', '/playground'],
  ['POST', '/playground'],
  ['GET', '/sandbox'],
  ['POST', '/sandbox'],
  ['GET', '/setup'],
  ['POST', '/theme'],
  ['GET', '/events'],
  ['GET', '/assets/:'],
  ['GET', '/sign-in'],
  ['POST', '/sign-in'],
  ['POST', '/sign-out'],
  ['GET', '/metrics'],
  ['GET', '/-/ready'],
  ['POST', '/-/reload'],
  ['GET', '/:'],
  ['POST', '/:/:/:'],
  ['GET', '//:'],
  ['GET', '/api/:/:'],
] as [method: string, route: string][]

const QUERY_NAMES = [
  'access_token',
  'timestamp',
  'sign',
  'limit',
  'before',
  'state',
  'channel',
  'robot',
  'q',
  'notice',
  '__proto__[x]',
  'a[b][c]',
]

const METHODS = ['POST', 'GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND']

const target = fc
  .tuple(
    fc.constantFrom(...ROUTES),
    seldom(fc.constantFrom(...METHODS)),
    part,
    fc.array(fc.tuple(fc.constantFrom(...QUERY_NAMES), part), { maxLength: 3 }),
  )
  .map(([[method, route], other, name, query]) => {
    const pairs = query.map(([key, each]) => `${key}=${each}`).join('&')
    const mark = route.includes('?') ? '&' : '?'
    const path = `${route.replaceAll(':', () => name)}${pairs === '' ? '' : `${mark}${pairs}`}`
    return { method: other ?? method, path }
  })

/** Text that HTTP allows in a header. */
const headerText = text.map((each) =>
  each
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, 3_000),
)

const headers = fc.dictionary(
  fc.constantFrom(
    'content-type',
    'content-type',
    'content-type',
    'accept',
    'accept-encoding',
    'authorization',
    'cookie',
    'user-agent',
    'x-http-method-override',
    'if-none-match',
    'range',
    'x-anything',
    'x-grafana-alerting-signature',
    'x-grafana-alerting-timestamp',
  ),
  fc.oneof(
    fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded; charset=nonsense',
      'text/plain; charset=gbk',
      'text/plain; charset=utf-16le',
      'text/plain; charset="nonsense',
      'Bearer x',
      'Basic !!!',
      'dingtalk_receiver_session=1.2.3',
    ),
    headerText,
  ),
  { maxKeys: 4 },
)

/** Headers that cause most requests to be refused, so they are rare. */
const doors = fc.constantFrom<Record<string, string>>(
  { 'x-forwarded-for': '203.0.113.9, 127.0.0.1' },
  { 'sec-fetch-site': 'cross-site' },
  { origin: 'null' },
  { origin: 'http://evil.example' },
  { host: 'evil.example' },
  { host: '' },
  { expect: '100-continue' },
  { 'transfer-encoding': 'chunked' },
)

const encoding = fc.constantFrom<[name: string | undefined, encode: (body: Buffer) => Buffer]>(
  [undefined, (each) => each],
  [undefined, (each) => each],
  [undefined, (each) => each],
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['gzip', (each) => each],
  ['gzip', (each) => gzipSync(each).subarray(0, -5)],
  ['br', (each) => each],
  ['constructor', (each) => each],
  ['__proto__', (each) => each],
  ['gzip, gzip', gzipSync],
)

const request: fc.Arbitrary<Case> = fc
  .tuple(target, headers, seldom(doors), body, encoding)
  .map(([{ method, path }, some, door, raw, [name, encode]]) => ({
    kind: 'request',
    method,
    path,
    headers: { ...some, ...door, ...(name === undefined ? {} : { 'content-encoding': name }) },
    body: method === 'GET' || method === 'HEAD' ? Buffer.alloc(0) : encode(raw),
  }))

const HEADS = [
  'POST /ocp/ops HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  'POST /ocp/ops HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /ocp/ops HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello',
  'POST /ocp/ops HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
  'POST /ocp/ops HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /metrics HTTP/1.0\r\n\r\n',
  'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nX: a\u0000b\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: x\r\n${'X: a\r\n'.repeat(3_000)}\r\n`,
  'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  '\r\n\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]

const raw: fc.Arbitrary<Case> = fc
  .oneof(
    fc.constantFrom(...HEADS).map((head) => Buffer.from(head, 'latin1')),
    fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
    fc.tuple(fc.constantFrom(...HEADS), fc.nat(), fc.nat(255)).map(([head, at, byte]) => {
      const bytes = Buffer.from(head, 'latin1')
      bytes[at % bytes.length] = byte
      return bytes
    }),
  )
  .map((bytes) => ({ kind: 'raw', bytes }))

/** Generates cases from a seed. */
export function casesOf(seed: number, count: number): Case[] {
  const some = fc.oneof({ weight: 12, arbitrary: request }, { weight: 1, arbitrary: raw })
  return fc.sample(some, { seed, numRuns: count })
}
