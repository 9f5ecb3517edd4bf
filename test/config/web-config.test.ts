import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { type LoadOptions, loadSettings } from '../../src/config/load.ts'
import { AppError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/receiver.ts'

const FIXTURES = fileURLToPath(new URL('../http/fixtures/', import.meta.url))
const MINIMAL =
  'robots: { r: { webhook: sandbox } }\nchannels: { c: { robots: [r] } }\nadmin: { token: 0123456789abcdef }\n'
const HASH = `$2y$10$${'a'.repeat(53)}`
const TLS = 'tls_server_config: { cert_file: tls/server.crt, key_file: tls/server.key'

/** Loads a web configuration in a folder of its own, with certificates in `tls`. */
function load(
  web: string,
  { config = MINIMAL, ...options }: Partial<LoadOptions> & { config?: string } = {},
) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x.yml')
  writeFileSync(file, config)
  mkdirSync(join(folder.path, 'web'))
  cpSync(FIXTURES, join(folder.path, 'web/tls'), { recursive: true })
  writeFileSync(join(folder.path, 'web/web.yml'), web)
  const loaded = loadSettings({
    ...{ file, env: {}, cwd: folder.path, webConfig: 'web/web.yml' },
    ...options,
  })
  const short = (text: string): string => text.replaceAll(`${folder.path}/`, '')
  return { ...loaded, folder: folder.path, warnings: loaded.warnings.map(short) }
}

function faultsOf(web: string, options?: Parameters<typeof load>[1]): string[] {
  try {
    load(web, options)
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'bad_configuration', String(error))
    return error.faults.map((fault) => fault.replace(/\/\S*\/web\//g, 'web/'))
  }
  return []
}

describe('the file of --web.config.file', () => {
  test('gives the server its certificate, relative to itself, and is watched with its files', () => {
    const { settings, secretFiles, folder } = load(`${TLS} }\n`)
    assert.equal(settings.access.tls?.cert, readFileSync(`${FIXTURES}server.crt`, 'utf8'))
    assert.equal(settings.access.tls?.clientCa, undefined)
    assert.deepEqual(secretFiles, [
      `${folder}/web/web.yml`,
      `${folder}/web/tls/server.crt`,
      `${folder}/web/tls/server.key`,
    ])
  })

  test('takes certificate and key as text', () => {
    const pem = (name: string): string => JSON.stringify(readFileSync(`${FIXTURES}${name}`, 'utf8'))
    const web = `tls_server_config: { cert: ${pem('server.crt')}, key: ${pem('server.key')} }`
    assert.equal(load(web).settings.access.tls?.cert, JSON.parse(pem('server.crt')))
  })

  test('with RequireAndVerifyClientCert asks clients for a certificate', () => {
    const clients = 'client_auth_type: RequireAndVerifyClientCert, client_ca_file: tls/ca.crt'
    const { settings } = load(`${TLS}, ${clients} }`)
    assert.equal(settings.access.tls?.clientCa, readFileSync(`${FIXTURES}ca.crt`, 'utf8'))
  })

  test('names versions, cipher suites and curves as Go does', () => {
    const { settings } = load(
      `${TLS}, min_version: TLS12, max_version: TLS12, prefer_server_cipher_suites: false,
        cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256],
        curve_preferences: [X25519, CurveP256] }`,
    )
    assert.deepEqual(settings.access.tls?.protocol, {
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      honorCipherOrder: false,
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
      ecdhCurve: 'X25519:P-256',
    })
  })

  test('has a name of OpenSSL for each cipher suite and curve of Go', () => {
    const suites = ['ECDSA', 'RSA'].flatMap((key) =>
      [
        'AES_128_CBC_SHA',
        'AES_256_CBC_SHA',
        'AES_128_GCM_SHA256',
        'AES_256_GCM_SHA384',
        'CHACHA20_POLY1305_SHA256',
      ].map((cipher) => `TLS_ECDHE_${key}_WITH_${cipher}`),
    )
    for (const suite of suites) {
      const { tls } = load(`${TLS}, cipher_suites: [${suite}] }`).settings.access
      createSecureContext({ ciphers: tls?.protocol?.ciphers as string })
    }
    const { tls } = load(`${TLS}, curve_preferences: [CurveP256, CurveP384, CurveP521, X25519] }`)
      .settings.access
    createSecureContext({ ecdhCurve: tls?.protocol?.ecdhCurve as string })
  })

  test('holds users with their hashes, which do not print, and headers', () => {
    const { settings, warnings } = load(
      `basic_auth_users: { prometheus: ${HASH}, "汉": ${HASH} }\nhttp_server_config: { http2: false, headers: { Strict-Transport-Security: max-age=60 } }`,
    )
    assert.deepEqual([...settings.access.users.keys()], ['prometheus', '汉'])
    assert.ok(!JSON.stringify([...settings.access.users]).includes('aaa'))
    assert.deepEqual([...settings.access.headers], [['Strict-Transport-Security', 'max-age=60']])
    assert.deepEqual(warnings, [])
  })

  test('may be empty, or named by the environment', () => {
    assert.deepEqual(faultsOf('# nothing\n'), [])
    const env = { DINGTALK_RECEIVER_WEB_CONFIG: 'web/web.yml' }
    assert.deepEqual(faultsOf('x: 1', { env }), ['web/web.yml:1:1: x: unknown key'])
  })

  for (const [web, fault] of [
    [
      'basic_auth_users: { a: secret }',
      /^web\/web\.yml:1:24: basic_auth_users\.a: must be a bcrypt hash; "htpasswd/,
    ],
    [`basic_auth_users: { a: ${HASH}x }`, /must be a bcrypt hash/],
    [`basic_auth_users: { a: "$2a$99$${'a'.repeat(53)}" }`, /must be a bcrypt hash/],
    [`basic_auth_users: { "a:b": ${HASH} }`, /must be a name without a colon/],
    ['basic_auth_users: [a]', /basic_auth_users: must be a mapping/],
    ['basic_auth_user: {}', /unknown key \(did you mean "basic_auth_users"\?\)/],
    ['- x', /configuration: must be a mapping/],
    ['a: [', /^web\/web\.yml:1:/],
    ['tls_server_config: { cert_file: tls/server.crt }', /tls_server_config: key_file is missing/],
    ['tls_server_config: { client_auth_type: NoClientCert }', /cert_file is missing/],
    [
      'tls_server_config: { cert_file: gone.crt, key_file: tls/server.key }',
      /cert_file: cannot read .*gone\.crt \(ENOENT\)/,
    ],
    [
      'tls_server_config: { cert_file: tls/server.crt, key_file: tls/client.key }',
      /tls_server_config\.key_file: .* does not belong to the certificate/,
    ],
    [`${TLS}, cert: x }`, /tls_server_config\.cert: is set beside cert_file; remove one/],
    [
      `${TLS}, client_ca_file: tls/ca.crt }`,
      /client_ca_file: needs client_auth_type: RequireAndVerifyClientCert/,
    ],
    [`${TLS}, client_auth_type: RequireAndVerifyClientCert }`, /needs client_ca_file/],
    [`${TLS}, client_auth_type: RequireAnyClientCert }`, /would take any certificate/],
    [`${TLS}, client_auth_type: Require }`, /must be one of .*RequireAndVerifyClientCert/],
    [`${TLS}, client_allowed_sans: [a] }`, /client_allowed_sans: is not supported/],
    [`${TLS}, min_version: TLS13, max_version: TLS12 }`, /min_version: is above max_version TLS12/],
    [`${TLS}, max_version: TLS11 }`, /max_version: must be TLS12 or TLS13/],
    [
      `${TLS}, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25] }`,
      /cipher_suites\.0: unknown cipher suite .*did you mean "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"/,
    ],
    [`${TLS}, curve_preferences: [P256] }`, /must be one of CurveP256/],
    ['http_server_config: { headers: { X-Frame-Options: no } }', /must be one of deny, sameorigin/],
    [
      'http_server_config: { headers: { X-XSS-Protection: "a\\nb" } }',
      /must be printable ASCII in one line/,
    ],
    ['http_server_config: { headers: { Set-Cookie: a=b } }', /headers\.Set-Cookie: unknown key/],
  ] as const)
    test(`refuses ${web.replace(/[^ -~]/g, '').slice(0, 90)}`, () => {
      const faults = faultsOf(web)
      assert.ok(faults.length > 0 && faults.some((each) => fault.test(each)), faults.join('\n'))
    })

  for (const [web, warning] of [
    [
      `${TLS}, client_auth_type: VerifyClientCertIfGiven }`,
      /VerifyClientCertIfGiven has no effect/,
    ],
    [`${TLS}, min_version: TLS10 }`, /min_version: has no effect; TLS12 is the oldest/],
    [
      'http_server_config: { http2: true }',
      /^web\/web\.yml:1:30: http_server_config\.http2: has no effect/,
    ],
    ['rate_limit: { interval: 1s, burst: 5 }', /would refuse alerts with 429/],
    [`basic_auth_users: { a: "$2b$18$${'a'.repeat(53)}" }`, /has cost 18/],
  ] as const)
    test(`warns of ${web.slice(0, 90)}`, () => {
      const { warnings } = load(web)
      assert.equal(warnings.length, 1, warnings.join('\n'))
      assert.match(warnings[0] as string, warning)
    })

  test('warns where users shut out the commands, which know no password', () => {
    const open = MINIMAL.replace(/^admin.*$/m, '')
    const { warnings } = load(`basic_auth_users: { a: ${HASH} }`, { config: open })
    assert.match(
      warnings.join('\n'),
      /^web\/web\.yml: basic_auth_users: .*set admin\.token or auth/,
    )
    const auth = `${open}auth: [{ bearer: 0123456789abcdef }]\n`
    assert.deepEqual(load(`basic_auth_users: { a: ${HASH} }`, { config: auth }).warnings, [])
  })

  test('must be readable, and TLS be set in one place', () => {
    assert.match(faultsOf('', { webConfig: 'gone.yml' })[0] as string, /cannot read .*gone\.yml/)
    const config = `${MINIMAL}tls: { cert: web/tls/server.crt, key: web/tls/server.key }\n`
    assert.match(faultsOf(`${TLS} }`, { config })[0] as string, /^tls: is set in the conf/)
  })
})

describe('flags that the rest of Prometheus has', () => {
  const usage = (options: Partial<LoadOptions>, config = MINIMAL): string => {
    try {
      load('', { ...options, config })
    } catch (error) {
      assert.ok(error instanceof AppError && error.code === 'usage', String(error))
      return error.message
    }
    return ''
  }

  test('--web.external-url takes precedence over the configuration', () => {
    const config = `${MINIMAL}external_url: https://old.example.com\n`
    const { settings } = load('', { config, externalUrl: 'https://new.example.com/dingtalk/' })
    assert.equal(settings.externalUrl, 'https://new.example.com/dingtalk')
    assert.match(usage({ externalUrl: 'new.example.com' }), /^--web\.external-url: must be/)
  })

  test('--storage.path is the folder of the SQLite store, relative to the working directory', () => {
    const { settings, folder } = load('', { storagePath: 'state' })
    assert.equal(settings.store.reveal(), `sqlite:${folder}/state/receiver.db`)
    const config = `${MINIMAL}store: postgres://u:p@db/x\n`
    assert.match(usage({ storagePath: 'state' }, config), /^--storage\.path: is for SQLite/)
  })
})
