import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadSettings } from '../../src/config/load.ts'
import { networksOf } from '../../src/config/networks.ts'
import { AppError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/receiver.ts'

const MINIMAL = 'robots: { r: { webhook: sandbox } }\nchannels: { c: { robots: [r] } }\n'
const FIXTURES = ['ca.crt', 'server.crt', 'server.key', 'renewed.key', 'locked.key']

function load(yaml: string, env: NodeJS.ProcessEnv = {}) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x.yml')
  writeFileSync(file, yaml)
  for (const name of FIXTURES)
    copyFileSync(
      fileURLToPath(new URL(`../http/fixtures/${name}`, import.meta.url)),
      join(folder.path, name),
    )
  writeFileSync(join(folder.path, 'secret'), 'a-secret-in-a-file\n')
  return { folder: folder.path, ...loadSettings({ file, env, cwd: folder.path }) }
}

function faultsOf(yaml: string): string[] {
  try {
    load(yaml)
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'bad_configuration')
    return error.faults.map((fault) => fault.replaceAll(/\/[^ ]*\/(?=[\w-]+\.\w+|nowhere)/g, ''))
  }
  return []
}

describe('the keys of access', () => {
  test('are read with their secrets, inline, from the environment or from a file', () => {
    const { settings, secretFiles, folder, warnings } = load(
      `${MINIMAL}auth:
  - bearer: { file: secret }
  - basic: { username: alertmanager, password: { env: AM_PASSWORD } }
  - header: { name: X-OCP-Token, value: the-word-of-ocp }
allow_from: [10.0.0.0/8, 127.0.0.1, "fd00::/8"]
trusted_proxies: []
admin: { token: an-admin-token, protect: [metrics] }
tls: { cert: server.crt, key: server.key, client_ca: ca.crt }
`,
      { AM_PASSWORD: 'from-the-environment' },
    )
    assert.deepEqual(warnings, [])
    const { auth, allowFrom, trustedProxies, admin, tls } = settings.access
    const [bearer, basic, header] = auth
    assert.ok(bearer?.kind === 'bearer' && bearer.token.reveal() === 'a-secret-in-a-file')
    assert.ok(basic?.kind === 'basic' && basic.password.reveal() === 'from-the-environment')
    assert.ok(header?.kind === 'header' && header.value.reveal() === 'the-word-of-ocp')
    assert.deepEqual([basic.username, header.name], ['alertmanager', 'x-ocp-token'])
    assert.deepEqual([allowFrom?.texts.length, trustedProxies.texts.length], [3, 0])
    assert.equal(admin.token?.reveal(), 'an-admin-token')
    assert.deepEqual([...admin.protect], ['metrics'])
    assert.match(tls?.cert ?? '', /BEGIN CERTIFICATE/)
    assert.equal(tls?.expiresAt.toISOString(), '2120-01-01T00:00:00.000Z')
    const watched = ['secret', 'server.crt', 'server.key', 'ca.crt']
    assert.deepEqual(
      secretFiles,
      watched.map((name) => join(folder, name)),
    )
  })

  test('report each fault with its place', () => {
    for (const [yaml, ...wanted] of [
      ['auth: []', /^x\.yml:3:7: auth: is an empty list/],
      ['auth: [{}]', /auth\.0: must have one of bearer, basic, header/],
      [
        'auth: [{ bearer: aaaaaaaaaaaaaa, basic: { username: u, password: bbbbbbbbbbbbbb } }]',
        /auth\.0: must have one of bearer, basic, header/,
      ],
      ['auth: [{ bearer: 12345678901234 }]', /auth\.0\.bearer: must be a string, \{file/],
      ['auth: [{ bearer: "with\\nbreak" }]', /auth\.0\.bearer: must be printable ASCII/],
      ['auth: [{ bearer: 密码密码密码密码密码密码 }]', /auth\.0\.bearer: must be printable ASCII/],
      ['auth: [{ basic: { username: "a:b", password: x } }]', /username: must not contain a colon/],
      ['auth: [{ basic: { username: a } }]', /auth\.0\.basic: password is missing/],
      ['auth: [{ header: { name: "a b", value: x } }]', /name: must be the name of a header/],
      [
        'auth: [{ bearer: { env: NOPE } }]',
        /auth\.0\.bearer\.env: the environment variable NOPE is not set/,
      ],
      ['allow_from: []', /allow_from: is an empty list/],
      [
        'allow_from: [10.0.0.0/8, localhost]',
        /^x\.yml:3:26: allow_from\.1: "localhost" is not an address/,
      ],
      ['allow_from: [10.0.0.0/33]', /"10\.0\.0\.0\/33" must have a prefix from 0 to 32/],
      ['allow_from: [010.0.0.1]', /is not an address/],
      ['trusted_proxies: true', /trusted_proxies: must be a list/],
      ['admin: {}', /admin: must have some of token, protect/],
      ['admin: { token: { file: nowhere } }', /admin\.token\.file: cannot read nowhere \(ENOENT\)/],
      ['admin: { token: x, protect: [metric] }', /did you mean "metrics"/],
      ['tls: { cert: server.crt }', /tls: key is missing/],
      [
        'tls: { cert: nowhere, key: server.key }',
        /^x\.yml:3:14: tls\.cert: cannot read nowhere \(ENOENT\)$/,
      ],
      [
        'tls: { cert: server.key, key: server.key }',
        /tls\.cert: server\.key contains no PEM certificate/,
      ],
      [
        'tls: { cert: server.crt, key: server.crt }',
        /tls\.key: server\.crt contains no PEM private key/,
      ],
      [
        'tls: { cert: server.crt, key: renewed.key }',
        /^x\.yml:3:31: tls\.key: renewed\.key does not belong to the certificate in server\.crt/,
      ],
      ['tls: { cert: server.crt, key: locked.key }', /tls\.key: .* is encrypted/],
      [
        'tls: { cert: server.crt, key: server.key, client_ca: server.key }',
        /tls\.client_ca: server\.key contains no PEM certificate/,
      ],
      ['robot_hosts: ["https://x"]', /robot_hosts\.0: must be a host name/],
    ] as const) {
      const faults = faultsOf(`${MINIMAL}${yaml}\n`)
      assert.equal(faults.length, wanted.length, `${yaml}: ${faults.join(' | ')}`)
      for (const [index, each] of wanted.entries()) assert.match(faults[index] as string, each)
    }
  })

  test('a short secret causes a warning that does not contain it', () => {
    const { warnings } = load(
      `${MINIMAL}auth: [{ bearer: CANARY }, { basic: { username: u, password: CANARY } }]\nadmin: { token: CANARY }\n`,
    )
    assert.equal(warnings.length, 3)
    for (const each of warnings) assert.match(each, /shorter than 12 characters/)
    assert.doesNotMatch(warnings.join(), /CANARY/)
  })
})

describe('networks', () => {
  const has = (texts: string[], address: string): boolean => networksOf(texts).has(address)

  test('contain addresses and ranges, IPv4 and IPv6', () => {
    assert.ok(has(['10.0.0.0/8'], '10.255.1.2'))
    assert.ok(!has(['10.0.0.0/8'], '11.0.0.0'))
    assert.ok(has(['10.1.2.3/8'], '10.9.9.9'))
    assert.ok(has(['192.0.2.1'], '192.0.2.1'))
    assert.ok(!has(['192.0.2.1'], '192.0.2.2'))
    assert.ok(has(['0.0.0.0/0'], '203.0.113.1'))
    assert.ok(!has(['0.0.0.0/0'], '2001:db8::1'))
    assert.ok(has(['2001:db8::/33'], '2001:db8:7fff::1'))
    assert.ok(!has(['2001:db8::/33'], '2001:db8:8000::1'))
    assert.ok(has(['fe80::/10'], 'fe80::1%eth0'))
    assert.ok(has(['2001:DB8:0:0::1'], '2001:db8::1'))
  })

  test('treat an IPv4-mapped address as the IPv4 address', () => {
    assert.ok(has(['10.0.0.0/8'], '::ffff:10.1.2.3'))
    assert.ok(has(['10.0.0.0/8'], '::ffff:a01:203'))
    assert.ok(has(['::ffff:10.0.0.0/104'], '10.1.2.3'))
    assert.ok(!has(['::ffff:10.0.0.0/104'], '11.1.2.3'))
  })

  test('reject texts that are not addresses', () => {
    for (const text of [
      '',
      'unknown',
      '10',
      '10.1',
      '0x0a.1.2.3',
      '010.1.2.3',
      '10.1.2.3.4',
      '::g',
    ])
      assert.ok(!has(['0.0.0.0/0', '::/0'], text), text)
    assert.ok(!networksOf(['0.0.0.0/0']).has(undefined))
    assert.ok(!networksOf([]).has('127.0.0.1'))
  })
})

describe("a webhook's host", () => {
  const robot = (webhook: string, more = ''): string =>
    `robots: { r: { webhook: "${webhook}"${more} } }\nchannels: { c: { robots: [r] } }\n`
  const T = '?access_token=CANARY'

  test("may be DingTalk's or this machine without a warning", () => {
    for (const webhook of [
      `https://oapi.dingtalk.com/robot/send${T}`,
      `https://oapi.dingtalk.io/robot/send${T}`,
      `https://api.dingtalk.com/robot/send${T}`,
      `http://127.0.0.1:8080/robot/send${T}`,
      `http://localhost:8080/robot/send${T}`,
      `http://[::1]:8080/robot/send${T}`,
    ])
      assert.deepEqual(load(robot(webhook)).warnings, [], webhook)
  })

  test('may be another with a warning, which robot_hosts turns into a fault', () => {
    const strange = robot(`https://oapi.dingta1k.com/robot/send${T}`)
    const [warning = '', ...none] = load(strange).warnings
    assert.match(
      warning,
      /robots\.r\.webhook: leads to oapi\.dingta1k\.com, which is not DingTalk's/,
    )
    assert.deepEqual(none, [])
    assert.doesNotMatch(warning, /CANARY/)
    const [fault] = faultsOf(`${strange}robot_hosts: [gateway.example.com]\n`)
    assert.match(fault ?? '', /leads to oapi\.dingta1k\.com, which is neither DingTalk's nor in/)
    const listed = robot(`https://gateway.example.com/send${T}`)
    assert.deepEqual(load(`${listed}robot_hosts: [Gateway.Example.com]\n`).warnings, [])
    assert.equal(faultsOf(`${robot(`http://127.0.0.1:1/${T}`)}robot_hosts: []\n`).length, 1)
  })

  test('may use plain http only through a proxy', () => {
    const clear = `http://oapi.dingtalk.com/robot/send${T}`
    assert.match(faultsOf(robot(clear))[0] ?? '', /must be https: http exposes the token/)
    assert.deepEqual(load(robot(clear, ', proxy: "http://10.0.0.9:3128"')).warnings, [])
    const { warnings } = load(robot(`http://gateway.example.com/${T}`))
    assert.match(warnings.join('\n'), /is http, which exposes the token/)
  })
})
