import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Tls, TlsProtocol } from '../model/access.ts'
import { Secret } from '../model/secret.ts'
import { suggestion } from '../suggestion.ts'
import { faultsInto } from './fault-line.ts'
import { textOf } from './secrets.ts'
import type { Path, SettingsContext } from './settings-context.ts'
import { type Pem, tlsFrom } from './tls.ts'
import { validate } from './validate.ts'
import { validateWeb } from './validator.ts'
import type { WebConfig } from './web-schema.ts'
import { parseConfig } from './yaml-document.ts'

/** What `--web.config.file` decides about access. */
interface WebAccess {
  /** Undefined: the file has no TLS. */
  tls: Tls | undefined
  /** Bcrypt hashes by the name of the user. */
  users: ReadonlyMap<string, Secret>
  headers: ReadonlyMap<string, string>
}

const EMPTY: WebAccess = { tls: undefined, users: new Map(), headers: new Map() }

export interface WebReading extends Pick<SettingsContext, 'env' | 'secretFiles'> {
  faults: string[]
  warnings: string[]
}

/** Reads the web configuration of Prometheus' exporter-toolkit; adds each fault and warning with its place. */
export function readWebConfig(file: string, reading: WebReading): WebAccess {
  const { faults, warnings } = reading
  // As in exporter-toolkit, an empty file configures neither TLS nor users.
  const { document, faults: unread } = parseConfig(textIn(file, reading), file)
  if (document === undefined) {
    faults.push(...unread)
    return EMPTY
  }
  if (document.value === null) return EMPTY
  const valid = validate(document, validateWeb)
  faults.push(...valid.faults)
  if (valid.config === undefined) return EMPTY
  const { placeOf } = document
  return webAccessOf(valid.config, {
    folder: dirname(file),
    env: reading.env,
    secretFiles: reading.secretFiles,
    fault: faultsInto(faults, placeOf),
    warn: faultsInto(warnings, placeOf),
    placeOf,
  })
}

function textIn(file: string, { faults, secretFiles }: WebReading): string {
  secretFiles.push(file)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    faults.push(`--web.config.file: cannot read ${file} (${code ?? 'unreadable'})`)
    return ''
  }
}

function webAccessOf(config: WebConfig, context: SettingsContext): WebAccess {
  const { http_server_config: http = {}, rate_limit: rateLimit } = config
  if (http.http2 === true)
    context.warn(['http_server_config', 'http2'], 'has no effect; the receiver speaks HTTP/1.1')
  if (rateLimit !== undefined)
    context.warn(
      ['rate_limit'],
      'has no effect; it would refuse alerts with 429, and Alertmanager does not send those again',
    )
  return {
    tls: config.tls_server_config && webTlsOf(config.tls_server_config, context),
    users: usersOf(config.basic_auth_users ?? {}, context),
    headers: headersOf(http.headers ?? {}, context),
  }
}

/** A cost of 14 takes about a second; each step doubles it. */
const MAX_QUICK_COST = 14
const HASH = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/

function usersOf(
  config: Readonly<Record<string, string>>,
  { fault, warn }: SettingsContext,
): Map<string, Secret> {
  const users = new Map<string, Secret>()
  for (const [name, hash] of Object.entries(config)) {
    const path = ['basic_auth_users', name]
    const cost = Number(HASH.exec(hash)?.[1])
    if (name === '' || name.includes(':')) fault(path, 'must be a name without a colon')
    else if (Number.isNaN(cost))
      fault(
        path,
        'must be a bcrypt hash; "htpasswd -nBC 10 NAME" asks for a password and prints one',
      )
    else users.set(name, new Secret(hash))
    if (cost > MAX_QUICK_COST)
      warn(path, `has cost ${cost}, which takes long to verify; 10 to ${MAX_QUICK_COST} are usual`)
  }
  return users
}

function headersOf(
  config: Readonly<Record<string, string>>,
  { fault }: SettingsContext,
): Map<string, string> {
  for (const [name, value] of Object.entries(config))
    if (!/^[\x20-\x7e]*$/.test(value))
      fault(['http_server_config', 'headers', name], 'must be printable ASCII in one line')
  return new Map(Object.entries(config))
}

type TlsConfig = NonNullable<WebConfig['tls_server_config']>

const AT = 'tls_server_config'

/** As in exporter-toolkit, undefined if the section names neither a certificate nor clients. */
function webTlsOf(config: TlsConfig, context: SettingsContext): Tls | undefined {
  const { fault } = context
  const cert = pemIn('cert', config, context)
  const key = pemIn('key', config, context)
  const clientCa = pemIn('client_ca', config, context)
  if (cert === undefined && key === undefined && clientCa === undefined && !config.client_auth_type)
    return undefined
  if (cert === undefined) fault([AT], 'cert_file is missing')
  if (key === undefined) fault([AT], 'key_file is missing')
  const asksForClients = checkClients(config, clientCa, context)
  if (cert === undefined || key === undefined) return undefined
  const tls = tlsFrom({ cert, key, clientCa: asksForClients ? clientCa : undefined }, fault)
  return { ...tls, protocol: protocolOf(config, context) }
}

function pemIn(
  name: 'cert' | 'key' | 'client_ca',
  config: TlsConfig,
  context: SettingsContext,
): Pem | undefined {
  const file = config[`${name}_file`]
  const text = config[name]
  if (file !== undefined) {
    const path = [AT, `${name}_file`]
    if (text !== undefined) context.fault([AT, name], `is set beside ${name}_file; remove one`)
    return { ...textOf(file, path, context), path }
  }
  return text === undefined ? undefined : { file: name, text, path: [AT, name] }
}

/** Checks the settings about client certificates; returns whether clients must present one. */
function checkClients(
  { client_auth_type: type = '', client_allowed_sans: sans }: TlsConfig,
  clientCa: Pem | undefined,
  { fault, warn }: SettingsContext,
): boolean {
  const at = [AT, 'client_auth_type']
  if (sans !== undefined)
    fault(
      [AT, 'client_allowed_sans'],
      'is not supported; use a separate CA for senders, and name it in client_ca_file',
    )
  switch (type) {
    case 'RequireAndVerifyClientCert':
      if (clientCa === undefined) fault(at, `${type} needs client_ca_file`)
      return true
    case '':
    case 'NoClientCert':
      if (clientCa !== undefined)
        fault(clientCa.path, 'needs client_auth_type: RequireAndVerifyClientCert')
      return false
    case 'RequestClientCert':
    case 'VerifyClientCertIfGiven':
      warn(at, `${type} has no effect, since clients without a certificate are accepted too`)
      return false
    default:
      fault(
        at,
        `${type} would take any certificate, so it proves nothing; use RequireAndVerifyClientCert with client_ca_file`,
      )
      return false
  }
}

/** OpenSSL's name of each elliptic curve. */
const CURVES = { CurveP256: 'P-256', CurveP384: 'P-384', CurveP521: 'P-521', X25519: 'X25519' }

function protocolOf(config: TlsConfig, context: SettingsContext): TlsProtocol {
  const { min_version: min = 'TLS12', max_version: max = 'TLS13' } = config
  if (max < 'TLS12') context.fault([AT, 'max_version'], 'must be TLS12 or TLS13')
  else if (min > max) context.fault([AT, 'min_version'], `is above max_version ${max}`)
  if (min < 'TLS12') context.warn([AT, 'min_version'], 'has no effect; TLS12 is the oldest here')
  const ciphers = (config.cipher_suites ?? []).flatMap((name, index) =>
    cipherOf(name, [AT, 'cipher_suites', index], context),
  )
  const curves = (config.curve_preferences ?? []).map((name) => CURVES[name])
  return {
    minVersion: min === 'TLS13' ? 'TLSv1.3' : 'TLSv1.2',
    maxVersion: max === 'TLS13' ? 'TLSv1.3' : 'TLSv1.2',
    honorCipherOrder: config.prefer_server_cipher_suites ?? true,
    ...(ciphers.length === 0 ? {} : { ciphers: ciphers.join(':') }),
    ...(curves.length === 0 ? {} : { ecdhCurve: curves.join(':') }),
  }
}

/** Go's secure suites up to TLS 1.2, by OpenSSL's names (Go: tls.CipherSuites). */
const CIPHERS: ReadonlyMap<string, string> = new Map(
  ['ECDSA', 'RSA'].flatMap((key) =>
    (
      [
        ['AES_128_CBC_SHA', 'AES128-SHA'],
        ['AES_256_CBC_SHA', 'AES256-SHA'],
        ['AES_128_GCM_SHA256', 'AES128-GCM-SHA256'],
        ['AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
        ['CHACHA20_POLY1305_SHA256', 'CHACHA20-POLY1305'],
      ] as const
    ).map(([go, openssl]): [string, string] => [
      `TLS_ECDHE_${key}_WITH_${go}`,
      `ECDHE-${key}-${openssl}`,
    ]),
  ),
)

/** The suites of TLS 1.3 are always on, as in Go. */
const ALWAYS_ON = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
]

function cipherOf(name: string, path: Path, { fault }: SettingsContext): string[] {
  if (ALWAYS_ON.includes(name)) return []
  const cipher = CIPHERS.get(name)
  if (cipher === undefined)
    fault(
      path,
      `unknown cipher suite ${JSON.stringify(name)}${suggestion(name, [...CIPHERS.keys()])}`,
    )
  return cipher === undefined ? [] : [cipher]
}
