import { isUtf8 } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve as resolvePath } from 'node:path'
import { AppError, messageOf } from '../errors.ts'
import type { Access } from '../model/access.ts'
import { Secret } from '../model/secret.ts'
import type { Settings } from '../model/settings.ts'
import { faultsInto } from './fault-line.ts'
import { isWebhookDingtalk } from './moving-over/webhook-dingtalk.ts'
import type { Config } from './schema.ts'
import { HTTP_URL } from './schema-parts.ts'
import { listenOf, settingsFrom } from './settings.ts'
import type { Path } from './settings-context.ts'
import { validate, withoutFaults } from './validate.ts'
import { validate as fits } from './validator.ts'
import { readWebConfig, type WebReading } from './web-config.ts'
import { parseConfig } from './yaml-document.ts'

const DEFAULT_FILE = 'dingtalk-receiver.yml'

/** Name of the only channel when there is no configuration file. */
const ONLY_CHANNEL = 'ops'

export interface LoadOptions {
  /** `--config`; undefined if not given. */
  file?: string | undefined
  listen?: string | undefined
  /** `--web.external-url`, which takes precedence over `external_url`. */
  externalUrl?: string | undefined
  /** `--storage.path`: folder of the SQLite store, which takes precedence over `store`. */
  storagePath?: string | undefined
  /** `--web.config.file`. */
  webConfig?: string | undefined
  env: NodeJS.ProcessEnv
  cwd: string
  /** A configuration that replaces the file, such as one made from flags. */
  given?: { text: string; name: string } | undefined
}

export interface Loaded {
  settings: Settings
  /** Absolute path; undefined without a configuration file. */
  file: string | undefined
  /** Files that secrets were read from. */
  secretFiles: string[]
  warnings: string[]
}

/** Reads the configuration. Throws AppError bad_configuration with the faults found, each with file, line and column. */
export function loadSettings(options: LoadOptions): Loaded {
  const { given } = options
  const file = given === undefined ? fileOf(options) : undefined
  const { config, placeOf, faults } = read(options, file)
  const warnings: string[] = []
  const secretFiles: string[] = []
  const settings = settingsFrom(withFlags(config, options), {
    folder: file === undefined ? options.cwd : dirname(file),
    env: options.env,
    fault: faultsInto(faults, placeOf),
    warn: faultsInto(warnings, placeOf),
    placeOf,
    secretFiles,
  })
  const access = withWebConfig(settings.access, options, { faults, warnings, secretFiles })
  refuse(faults)
  const store = storeWith(settings.store, options)
  const only = file === undefined && given === undefined ? { onlyChannel: ONLY_CHANNEL } : {}
  return { settings: { ...settings, ...only, access, store }, file, secretFiles, warnings }
}

/** Applies the flags that override keys of the configuration. Throws AppError usage for an invalid value. */
function withFlags(config: Config, { listen, externalUrl }: LoadOptions): Config {
  if (listen !== undefined) listenOf(listen, (what) => refuseFlag('--listen', what))
  if (externalUrl !== undefined && !isHttpUrl(externalUrl))
    refuseFlag('--web.external-url', 'must be an http or https URL')
  return {
    ...config,
    ...(listen === undefined ? {} : { listen }),
    ...(externalUrl === undefined ? {} : { external_url: externalUrl }),
  }
}

/** Applies `--storage.path`. Throws AppError usage if the configured store is PostgreSQL. */
function storeWith(store: Secret, { storagePath, cwd }: LoadOptions): Secret {
  if (storagePath === undefined) return store
  if (!store.reveal().startsWith('sqlite:'))
    refuseFlag('--storage.path', 'is for SQLite, and the store of the configuration is PostgreSQL')
  return new Secret(`sqlite:${resolvePath(cwd, storagePath, 'receiver.db')}`)
}

function refuseFlag(flag: string, what: string): never {
  throw new AppError('usage', `${flag}: ${what}`)
}

function isHttpUrl(text: string): boolean {
  return new RegExp(HTTP_URL.pattern).test(text) && URL.canParse(text)
}

/** Adds TLS, users and headers from the file of `--web.config.file`. */
function withWebConfig(
  access: Access,
  { webConfig, cwd, env }: LoadOptions,
  lists: Omit<WebReading, 'env'>,
): Access {
  const named = webConfig ?? env['DINGTALK_RECEIVER_WEB_CONFIG'] ?? ''
  if (named === '') return access
  const { tls, ...rest } = readWebConfig(resolvePath(cwd, named), { ...lists, env })
  if (tls !== undefined && access.tls !== undefined)
    lists.faults.push(
      'tls: is set in the configuration and in the file of --web.config.file; remove one',
    )
  if (rest.users.size > 0 && access.auth.length === 0 && access.admin.token === undefined)
    lists.warnings.push(
      `${named}: basic_auth_users: stores only hashes, so the commands health, test and probe cannot sign in; set admin.token or auth`,
    )
  return { ...access, ...rest, tls: tls ?? access.tls }
}

function fileOf({ file, env, cwd }: LoadOptions): string | undefined {
  const named = file ?? env['DINGTALK_RECEIVER_CONFIG']
  if (named !== undefined && named !== '') return resolvePath(cwd, named)
  const here = join(cwd, DEFAULT_FILE)
  return existsSync(here) ? here : undefined
}

interface Read {
  /** Without the parts that have a fault. */
  config: Config
  faults: string[]
  placeOf: (path: Path, at?: number) => string
}

function read({ given, env }: LoadOptions, file: string | undefined): Read {
  if (given !== undefined) return configIn(given.text, given.name)
  return file === undefined ? withoutFile(env) : readFile(file)
}

function readFile(file: string): Read {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new AppError('bad_configuration', `${file}: cannot be read: ${messageOf(error)}`)
  }
  if (!isUtf8(bytes))
    throw new AppError('bad_configuration', `${file}: is not UTF-8; save it with this encoding`)
  return configIn(bytes.toString(), file)
}

function configIn(text: string, file: string): Read {
  const { document, faults } = parseConfig(text, file)
  refuse(faults)
  if (document === undefined || document.value === null || document.value === undefined)
    throw new AppError(
      'bad_configuration',
      `${file}:1:1: configuration: is empty; add robots and channels`,
    )
  if (isWebhookDingtalk(document.value)) refuse([conversionOf(file)])
  const { config = withoutFaults(document, fits), faults: found } = validate(document, fits)
  if (config === undefined) refuse(found)
  return { config: config as Config, faults: found, placeOf: document.placeOf }
}

/** A fault that names the `convert` command, which writes a new file beside the old one. */
function conversionOf(file: string): string {
  const output = basename(file) === DEFAULT_FILE ? `new-${DEFAULT_FILE}` : DEFAULT_FILE
  const words = ['dingtalk-receiver', 'convert', file, '-o', join(dirname(file), output)]
  return `${file}: is a configuration of prometheus-webhook-dingtalk; convert it: ${words.map(shellWord).join(' ')}`
}

const ESCAPED_QUOTE = "'\\''"

function shellWord(text: string): string {
  const quoted = text.replaceAll("'", ESCAPED_QUOTE)
  return /^[\w./:-]+$/.test(text) ? text : `'${quoted}'`
}

/** The configuration without a file: one robot, from the environment or in the sandbox. Throws AppError bad_configuration. */
function withoutFile(env: NodeJS.ProcessEnv): Read {
  const has = (name: string): boolean => (env[name]?.trim() ?? '') !== ''
  const isSandbox = !has('DINGTALK_WEBHOOK')
  // The sandbox would accept alerts intended for a group.
  if (isSandbox && has('DINGTALK_SECRET'))
    refuse([
      "environment: DINGTALK_SECRET is set without DINGTALK_WEBHOOK; set DINGTALK_WEBHOOK to the robot's webhook too, or remove DINGTALK_SECRET",
    ])
  const robot = isSandbox
    ? { webhook: 'sandbox' }
    : {
        webhook: { env: 'DINGTALK_WEBHOOK' },
        ...(has('DINGTALK_SECRET') ? { secret: { env: 'DINGTALK_SECRET' } } : {}),
      }
  const name = isSandbox ? 'sandbox' : 'default'
  return {
    config: { robots: { [name]: robot }, channels: { [ONLY_CHANNEL]: { robots: [name] } } },
    faults: [],
    placeOf: () => 'environment',
  }
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new AppError('bad_configuration', faults.join('\n'), { faults })
}
