import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { type LoadOptions, loadSettings } from '../../src/config/load.ts'
import { schemaText } from '../../src/config/schema.ts'
import { watchFiles } from '../../src/config/watch.ts'
import { AppError } from '../../src/errors.ts'
import { formerKeysOf } from '../../src/model/settings.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { temporaryFolder } from '../support/receiver.ts'

const MINIMAL = 'robots: { r: { webhook: sandbox } }\nchannels: { c: { robots: [r] } }\n'

function load(yaml: string, options: Partial<LoadOptions> = {}) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x.yml')
  writeFileSync(file, yaml)
  return { folder: folder.path, ...loadSettings({ file, env: {}, cwd: folder.path, ...options }) }
}

function faultsOf(yaml: string, options: Partial<LoadOptions> = {}): string[] {
  try {
    load(yaml, options)
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'bad_configuration')
    const faults = error.faults.length > 0 ? error.faults : [error.message]
    return faults.map((fault) => fault.replace(/^.*\/x\.yml/, 'x.yml'))
  }
  return []
}

describe('a configuration', () => {
  test("without a store key keeps its store in systemd's state folder, unless one exists at the default path", () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'x.yml')
    writeFileSync(file, MINIMAL)
    const env = { STATE_DIRECTORY: '/var/lib/one:/var/lib/two' }
    const storeOf = () => loadSettings({ file, env, cwd: folder.path }).settings.store.reveal()
    assert.equal(storeOf(), 'sqlite:/var/lib/one/receiver.db')
    mkdirSync(join(folder.path, 'data'))
    writeFileSync(join(folder.path, 'data', 'receiver.db'), '')
    assert.equal(storeOf(), `sqlite:${folder.path}/data/receiver.db`)
  })

  test('of one robot and one channel has every default', () => {
    const { settings, folder, warnings } = load(MINIMAL)
    assert.deepEqual(warnings, [])
    assert.deepEqual(settings.listen, { host: '127.0.0.1', port: 8060 })
    assert.equal(settings.store.reveal(), `sqlite:${folder}/data/receiver.db`)
    assert.equal(settings.templates, `${folder}/templates`)
    assert.deepEqual(
      [
        settings.timezone,
        settings.language,
        settings.retentionMs,
        settings.externalUrl,
        settings.monthlyQuota,
        settings.routes,
      ],
      ['Asia/Shanghai', 'en-US', 7 * 86_400_000, undefined, undefined, []],
    )
    const robot = settings.robots.get('r')
    assert.deepEqual(
      [robot?.key, robot?.timeoutMs, robot?.limits, robot?.expect],
      [
        'sandbox-r',
        5_000,
        { messages: 20, perMs: 60_000, penaltyMs: 60_000 },
        { kind: 'json', subset: { errcode: 0 } },
      ],
    )
    const webhook = 'https://oapi.dingtalk.com/robot/send?access_token=x'
    const real = load(MINIMAL.replace('webhook: sandbox', `webhook: "${webhook}"`)).settings
    assert.equal(real.robots.get('r')?.limits.penaltyMs, 600_000)
    assert.deepEqual(settings.channels.get('c'), {
      name: 'c',
      robots: ['r'],
      mode: 'all',
      format: 'markdown',
      template: { kind: 'named', name: 'default', place: `${folder}/x.yml:2:16` },
      title: undefined,
      mention: { mobiles: [], users: [], all: false, rules: [] },
      aggregate: { everyMs: 600_000, by: undefined },
      pushLimits: undefined,
      sendResolved: true,
      digest: { maxMessages: 3 },
      levels: new Map(),
      variables: new Map(),
      announceSilences: false,
    })
  })

  test('takes every key', () => {
    const { settings } = load(
      `
listen: "[::1]:9000"
external_url: https://alerts.example.com/
store: "sqlite::memory:"
timezone: Europe/Berlin
language: zh-TW
templates: mine
retention: 1d12h
quota: { monthly: 3000 }
robots:
  ops-1:
    webhook: https://oapi.dingtalk.com/robot/send?access_token=abc
    secret: { env: S }
    keywords: [OCP]
    proxy: http:10.0.0.9:3128
    timeout: 500ms
    limits: { messages: 18, per: 30s, penalty: 5m }
    monthly: 1000
    expect: { regex: "success.*" }
  lab: { webhook: sandbox, expect: { status: 200 } }
channels:
  ops:
    robots: [ops-1, lab]
    mode: pool
    format: actionCard
    template: |
      ### \${alarm_name}
    title: "\${alarm_name}"
    mention: { mobiles: "13800000000, 13900000000", users: [u1], all: true, rules: [{ matchers: ['alarm_level=~"Down|Critical"'], mobiles: [13700000000] }] }
    aggregate: { every: 5m, by: [alarm_type] }
    push_limits: { hour: 100, day: 500, pass: [Down] }
    send_resolved: false
    digest: { max_messages: 5 }
    levels: { Page: Critical }
    variables: { alarm_url: "https://x/\${alarm_id}" }
  off: { robots: [lab], aggregate: false }
routes:
  - { matchers: ['severity="critical"', 'alarm_level="严重"'], channels: [ops] }
  - { channels: [ops, off] }
`,
      { env: { S: 'SECvalue' } },
    )
    assert.deepEqual(settings.listen, { host: '::1', port: 9000 })
    assert.deepEqual(
      [settings.externalUrl, settings.store.reveal(), settings.retentionMs],
      ['https://alerts.example.com', 'sqlite::memory:', 129_600_000],
    )
    const robot = settings.robots.get('ops-1')
    assert.equal(robot?.secret?.reveal(), 'SECvalue')
    assert.equal(robot?.proxy?.reveal(), 'http://10.0.0.9:3128')
    assert.match(robot?.address ?? '', /^proxy-[0-9a-f]{12}$/)
    assert.ok(
      robot?.expect.kind === 'regex' &&
        robot.expect.pattern.matches('success:\n2023') &&
        !robot.expect.pattern.matches('no success'),
    )
    const channel = settings.channels.get('ops')
    assert.deepEqual(
      [channel?.mention.mobiles, channel?.mention.rules[0]?.mobiles],
      [['13800000000', '13900000000'], ['13700000000']],
    )
    assert.equal(channel?.template.kind, 'inline')
    assert.deepEqual(
      [channel?.levels, channel?.pushLimits?.pass, channel?.aggregate],
      [new Map([['page', 2]]), [1], { everyMs: 300_000, by: ['alarm_type'] }],
    )
    assert.equal(settings.channels.get('off')?.aggregate, undefined)
    assert.deepEqual(settings.routes[0]?.matchers[1], {
      kind: 'equals',
      name: 'alarm_level',
      negated: false,
      value: 'Critical',
    })
    for (const text of [JSON.stringify([...settings.robots]), inspect(settings, { depth: null })])
      assert.doesNotMatch(text, /SECvalue|abc|10\.0\.0\.9/)
  })

  test('has words for levels; those of a channel take precedence', () => {
    const { settings } = load(`robots: { r: { webhook: sandbox } }
levels: { Page: Down, ' Ｐ3 ': Warning }
channels:
  a: { robots: [r] }
  b: { robots: [r], levels: { page: Info } }
`)
    const common = new Map([
      ['page', 1],
      ['p3', 3],
    ])
    assert.deepEqual(settings.levels, common)
    assert.deepEqual(settings.channels.get('a')?.levels, common)
    assert.deepEqual(settings.channels.get('b')?.levels, new Map([...common, ['page', 5]]))
  })

  test('without a file has one robot, from the environment or in the sandbox', () => {
    using folder = temporaryFolder()
    const none = loadSettings({ env: {}, cwd: folder.path })
    assert.deepEqual(
      [[...none.settings.robots.keys()], [...none.settings.channels.keys()], none.file],
      [['sandbox'], ['ops'], undefined],
    )
    const env = {
      DINGTALK_WEBHOOK: 'https://oapi.dingtalk.com/robot/send?access_token=t',
      DINGTALK_SECRET: 'SECx',
    }
    const robot = loadSettings({ env, cwd: folder.path }).settings.robots.get('default')
    assert.deepEqual([robot?.target.kind, robot?.secret?.reveal()], ['webhook', 'SECx'])
    const onlySecret = { DINGTALK_SECRET: 'SECx', DINGTALK_WEBHOOK: ' ' }
    assert.throws(
      () => loadSettings({ env: onlySecret, cwd: folder.path }),
      /^AppError: environment: DINGTALK_SECRET is set without DINGTALK_WEBHOOK; /,
    )
    writeFileSync(join(folder.path, 'dingtalk-receiver.yml'), MINIMAL)
    assert.equal(loadSettings({ env: onlySecret, cwd: folder.path }).settings.robots.has('r'), true)
    assert.equal(
      loadSettings({ env, cwd: folder.path }).file,
      join(folder.path, 'dingtalk-receiver.yml'),
    )
    assert.throws(
      () => loadSettings({ env: { DINGTALK_RECEIVER_CONFIG: 'absent.yml' }, cwd: folder.path }),
      /absent\.yml: cannot be read/,
    )
  })

  test('reports each fault with line, column, path and the closest name', () => {
    const channels = 'channels: { c: { robots: [r] } }\n'
    const robots = 'robots: { r: { webhook: sandbox } }\n'
    for (const [yaml, ...wanted] of [
      ['a: [', /^x\.yml:1:\d+: /],
      ['', /is empty/],
      [`${robots}${channels}${robots}`, /^x\.yml:3:1: the key robots is here twice$/],
      [
        `robotz: {}\n${channels}`,
        /robots is missing/,
        /^x\.yml:1:1: robotz: unknown key \(did you mean "robots"\?\)/,
      ],
      [
        `robots: { r: { webhook: sandbox, secrt: x } }\n${channels}`,
        /^x\.yml:1:34: robots\.r\.secrt: unknown key \(did you mean "secret"\?\)/,
      ],
      [`${MINIMAL}auth: []\n`, /^x\.yml:3:7: auth: is an empty list/],
      [`${MINIMAL}tls: { cert: x }\n`, /^x\.yml:3:6: tls: key is missing/],
      [
        `${MINIMAL}store: postgres://u:p@h\n`,
        /^x\.yml:3:8: store: must be postgres:\/\/HOST:5432\/DATABASE, with USER:PASSWORD@ before the host$/,
      ],
      [`${MINIMAL}language: en\n`, /^x\.yml:3:11: language: must be one of zh-CN, zh-TW, en-US/],
      [
        `${MINIMAL}timezone: Asia/Shangai\n`,
        /^x\.yml:3:11: timezone: "Asia\/Shangai" is not a time zone/,
      ],
      [`${MINIMAL}retention: 10 days\n`, /retention: must be a duration/],
      [`${MINIMAL}retention: 1m\n`, /retention: must be at least 1h/],
      [`${MINIMAL}listen: 8060\n`, /listen: must be HOST:PORT/],
      [
        `robots: { r: { webhook: ftp://x } }\n${channels}`,
        /^x\.yml:1:25: robots\.r\.webhook: must be an http or https URL/,
      ],
      [
        `robots: { r: { webhook: { env: NOPE } } }\n${channels}`,
        /robots\.r\.webhook\.env: the environment variable NOPE is not set/,
      ],
      [
        `robots: { r: { webhook: { file: /nonexistent/t } } }\n${channels}`,
        /cannot read \/nonexistent\/t \(ENOENT\)/,
      ],
      [
        `robots: { r: { webhook: sandbox, proxy: "socks:x" } }\n${channels}`,
        /robots\.r\.proxy: must be http/,
      ],
      [
        `robots: { r: { webhook: sandbox, timeout: 2m } }\n${channels}`,
        /timeout: must be from 100ms to 60s/,
      ],
      [
        `robots: { r: { webhook: sandbox, limits: { per: 25h } } }\n${channels}`,
        /^x\.yml:1:\d+: robots\.r\.limits\.per: must be at most 24h, the time for which calls are kept$/,
      ],
      [
        `robots: { r: { webhook: sandbox, limits: { per: 86401s } } }\n${channels}`,
        /robots\.r\.limits\.per: must be at most 24h/,
      ],
      [
        `robots: { r: { webhook: sandbox, limits: { messages: 0 } } }\n${channels}`,
        /limits\.messages: must be at least 1$/,
      ],
      [
        `robots: { r: { webhook: sandbox, expect: { regex: "(" } } }\n${channels}`,
        /expect\.regex: invalid pattern/,
      ],
      [
        `robots: { "1r": { webhook: sandbox } }\n${channels}`,
        /robots\.1r: must begin with a letter/,
      ],
      [
        `${robots}channels: { c: { robots: [q] } }`,
        /^x\.yml:2:27: channels\.c\.robots\.0: unknown robot "q" \(did you mean "r"\?\); available: r/,
      ],
      [`${robots}channels: { auto: { robots: [r] } }`, /channels\.auto: is reserved for routes/],
      [
        `${robots}channels: { c: { robots: [r], aggregate: true } }`,
        /aggregate: must be false, or a mapping/,
      ],
      [
        `${robots}channels: { c: { robots: [r], aggregate: { evry: 1m } } }`,
        /aggregate\.evry: unknown key \(did you mean "every"\?\)/,
      ],
      [
        `${robots}channels: { c: { robots: [r], levels: { x: Critcal } } }`,
        /levels\.x: must be one of .*did you mean "Critical"/,
      ],
      [
        `${robots}channels: { c: { robots: [r], mention: { rules: [{ matchers: ["a b"] }] } } }`,
        /x\.yml:2:66: channels\.c\.mention\.rules\.0\.matchers\.0: expected an operator/,
      ],
      [
        `${robots}channels: { c: { robots: [r], mention: { mobiles: [${Array(51).fill('"13800000000"').join(', ')}] } } }`,
        /mentions more than 50 people/,
      ],
      [
        `${MINIMAL}routes: [{ channels: [c] }, { channels: [d] }]`,
        /routes\.0: has no matchers/,
        /routes\.1\.channels\.0: unknown channel "d"/,
      ],
      [
        `${MINIMAL}routes: [{ matchers: ['a="b"'], channels: [c] }]`,
        /the last route must have no matchers/,
      ],
      [
        `${MINIMAL}routes: [{ matchers: ['alarm_level="very bad"'], channels: [c] }, { channels: [c] }]`,
        /"very bad" is not a level/,
      ],
    ] as [string, ...RegExp[]][]) {
      const faults = faultsOf(yaml)
      for (const each of wanted)
        assert.ok(
          faults.some((fault) => each.test(fault)),
          `${each} in ${JSON.stringify(faults)} for ${yaml}`,
        )
      assert.equal(faults.length, wanted.length, `${JSON.stringify(faults)} for ${yaml}`)
    }
  })

  test('reads secrets from files beside it, and lists these files', () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 's'))
    writeFileSync(join(folder.path, 's', 't'), 'SECfile\n')
    writeFileSync(join(folder.path, 's', 'empty'), '\n')
    const file = join(folder.path, 'x.yml')
    writeFileSync(
      file,
      'robots: { r: { webhook: sandbox, secret: { file: s/t } } }\nchannels: { c: { robots: [r] } }\n',
    )
    const loaded = loadSettings({ file, env: {}, cwd: '/' })
    assert.equal(loaded.settings.robots.get('r')?.secret?.reveal(), 'SECfile')
    assert.deepEqual(loaded.secretFiles, [join(folder.path, 's', 't')])
    writeFileSync(
      file,
      'robots: { r: { webhook: sandbox, secret: { file: s/empty } } }\nchannels: { c: { robots: [r] } }\n',
    )
    assert.throws(() => loadSettings({ file, env: {}, cwd: '/' }), /empty is empty/)
  })

  test('in another encoding than UTF-8 is refused', () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'x.yml')
    // The text 告警 in GBK.
    writeFileSync(
      file,
      Buffer.concat([Buffer.from(MINIMAL), Buffer.from([0xb8, 0xe6, 0xbe, 0xaf])]),
    )
    assert.throws(() => loadSettings({ file, env: {}, cwd: '/' }), /x\.yml: is not UTF-8/)
  })

  test("warns of a limit above DingTalk's, and only for DingTalk's own robots", () => {
    const warningsOf = (webhook: string, limits: string): string[] =>
      load(
        `robots: { r: { webhook: "${webhook}", limits: ${limits} } }\nchannels: { c: { robots: [r] } }\n`,
      ).warnings.map((each) => each.replace(/^.*\/x\.yml/, 'x.yml'))
    const webhook = 'https://oapi.dingtalk.com/robot/send?access_token=t'
    assert.match(
      warningsOf(webhook, '{ messages: 60 }').join('\n'),
      /^x\.yml:1:\d+: robots\.r\.limits: allows more than DingTalk does: 20 messages a minute/,
    )
    assert.match(warningsOf(webhook, '{ messages: 5, per: 10s }').join('\n'), /robots\.r\.limits/)
    assert.deepEqual(warningsOf(webhook, '{ messages: 20 }'), [])
    assert.deepEqual(warningsOf('sandbox', '{ messages: 60 }'), [])
  })

  test('counts two robots with one token as one, with a warning', () => {
    const webhook = 'https://oapi.dingtalk.com/robot/send?access_token=same'
    const { settings, warnings } = load(
      `robots: { a: { webhook: "${webhook}" }, b: { webhook: "${webhook}&x=1" } }\nchannels: { c: { robots: [a, b] } }\n`,
    )
    assert.equal(settings.robots.get('a')?.key, settings.robots.get('b')?.key)
    assert.match(warnings[0] ?? '', /share/)
  })

  test('counts calls per token, whatever its host, scheme or path', () => {
    const keyOf = (webhook: string): string | undefined =>
      load(
        `robots: { r: { webhook: "${webhook}", proxy: "http://192.0.2.9:3128" } }\nchannels: { c: { robots: [r] } }\n`,
      ).settings.robots.get('r')?.key
    const usual = keyOf('https://oapi.dingtalk.com/robot/send?access_token=a1b2')
    for (const webhook of [
      'http://oapi.dingtalk.com/robot/send?access_token=a1b2',
      'https://oapi.dingtalk.com:443/robot/send?access_token=a1b2',
      'https://OAPI.dingtalk.com//robot/send?access_token=a1b2',
      'https://oapi.dingtalk.com/robot/send/?access_token=a1b2',
      'https://oapi.dingtalk.com/robot//send?access_token=a1b2',
      'https://oapi.dingtalk.io/robot/send?access_token=a1b2',
      'https://api.dingtalk.com/robot/send?x=1&access_token=%61%31b2',
      'https://192.0.2.7:8443/gateway?access_token=a1b2&timestamp=1&sign=x',
      'https://oapi.dingtalk.com/robot/send?access_token=%20a1b2%20',
    ])
      assert.equal(keyOf(webhook), usual, webhook)
    for (const webhook of [
      'https://oapi.dingtalk.com/robot/send?access_token=a1b3',
      'https://oapi.dingtalk.com/robot/send?access_token=A1B2',
      'https://hooks.example/a?key=1',
    ])
      assert.notEqual(keyOf(webhook), usual, webhook)
    // Without a token, the address is the key.
    const others = ['a?key=1', 'a?key=2', 'b?key=1', 'a?key=1&access_token='].map((each) =>
      keyOf(`https://hooks.example/${each}`),
    )
    assert.equal(new Set(others).size, others.length)
  })

  test("keeps the key of earlier versions for DingTalk's webhooks", () => {
    const url = 'https://oapi.dingtalk.com/robot/send'
    const before = createHash('sha256').update(`${url}a1b2`).digest('hex').slice(0, 16)
    const { settings } = load(
      `robots: { r: { webhook: "${url}?access_token=a1b2" } }\nchannels: { c: { robots: [r] } }\n`,
    )
    assert.equal(settings.robots.get('r')?.key, before)
    assert.deepEqual(formerKeysOf(settings), [])
  })

  test('returns the key of earlier versions for other webhooks', () => {
    const url = 'https://oapi.dingtalk.io/robot/send'
    const from = createHash('sha256').update(`${url}a1b2`).digest('hex').slice(0, 16)
    const { settings } = load(
      `robots: { r: { webhook: "${url}?access_token=a1b2" }, lab: { webhook: sandbox } }\nchannels: { c: { robots: [r] } }\n`,
    )
    assert.deepEqual(formerKeysOf(settings), [{ from, to: settings.robots.get('r')?.key }])
  })

  test('no fault contains a secret', () => {
    const faults = faultsOf(
      'robots: { r: { webhook: "ftp://CANARY", proxy: "CANARY:x", secret: [CANARY] } }\nchannels: { c: { robots: [r] } }\n',
    )
    assert.ok(faults.length > 0)
    assert.doesNotMatch(faults.join(), /CANARY/)
  })

  test('an alias bomb is refused', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'
        .split('')
        .map(
          (name, index) =>
            `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`,
        ),
    ].join('\n')
    assert.ok(faultsOf(bomb).length > 0)
  })
})

test('the published schema is the one that validates', () => {
  const published = readFileSync(
    new URL('../../deploy/dingtalk-receiver.schema.json', import.meta.url),
    'utf8',
  )
  assert.equal(published, schemaText())
})

test('a watched file changes with its content, not when it is missing or touched', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x')
  writeFileSync(file, 'one')
  const clock = new VirtualClock(new Date(0))
  const ending = new AbortController()
  let changes = 0
  const watching = watchFiles({
    files: () => [file],
    clock,
    signal: ending.signal,
    onChange: () => {
      changes += 1
      throw new Error('faulty')
    },
  })
  await clock.pass(3_000)
  writeFileSync(file, 'one')
  await clock.pass(3_000)
  assert.equal(changes, 0)
  writeFileSync(file, 'two')
  await clock.pass(3_000)
  assert.equal(changes, 1)
  writeFileSync(file, 'three')
  await clock.pass(3_000)
  assert.equal(changes, 2)
  ending.abort()
  await clock.pass(1_000)
  await watching
})
