import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve as resolvePath } from 'node:path'
import { AppError, messageOf } from '../errors.ts'
import type { Settings } from '../model/settings.ts'
import { faultLine } from './fault-line.ts'
import { isWebhookDingtalk } from './moving-over/webhook-dingtalk.ts'
import type { Config } from './schema.ts'
import { listenOf, settingsFrom } from './settings.ts'
import type { Fault, Path } from './settings-context.ts'
import { validate } from './validate.ts'
import { parseConfig } from './yaml-document.ts'

export const DEFAULT_FILE = 'dingtalk-receiver.yml'

/** Name of the only channel when there is no configuration file. */
const ONLY_CHANNEL = 'ops'

export interface LoadOptions {
  /** `--config`; undefined if not given. */
  file?: string | undefined
  listen?: string | undefined
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

/** Reads the configuration; AppError bad_configuration lists every fault with file, line and column. */
export function loadSettings(options: LoadOptions): Loaded {
  const { given } = options
  const file = given === undefined ? fileOf(options) : undefined
  const { config, placeOf } = read(options, file)
  const faults: string[] = []
  const warnings: string[] = []
  const secretFiles: string[] = []
  const into =
    (lines: string[]): Fault =>
    (path, what, at) =>
      void lines.push(faultLine(placeOf(path, at), path, what))
  const settings = settingsFrom(config, {
    folder: file === undefined ? options.cwd : dirname(file),
    env: options.env,
    fault: into(faults),
    warn: into(warnings),
    secretFiles,
  })
  const listen = options.listen === undefined ? settings.listen : listenGiven(options.listen)
  refuse(faults)
  const only = file === undefined && given === undefined ? { onlyChannel: ONLY_CHANNEL } : {}
  return { settings: { ...settings, ...only, listen }, file, secretFiles, warnings }
}

function listenGiven(text: string): Settings['listen'] {
  return listenOf(text, (what) => {
    throw new AppError('usage', `--listen: ${what}`)
  })
}

function fileOf({ file, env, cwd }: LoadOptions): string | undefined {
  const named = file ?? env['DINGTALK_RECEIVER_CONFIG']
  if (named !== undefined && named !== '') return resolvePath(cwd, named)
  const here = join(cwd, DEFAULT_FILE)
  return existsSync(here) ? here : undefined
}

interface Read {
  config: Config
  placeOf: (path: Path, at?: number) => string
}

function read({ given, env }: LoadOptions, file: string | undefined): Read {
  if (given !== undefined) return configIn(given.text, given.name)
  return file === undefined ? withoutFile(env) : readFile(file)
}

function readFile(file: string): Read {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new AppError('bad_configuration', `${file}: cannot be read: ${messageOf(error)}`)
  }
  return configIn(text, file)
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
  const valid = validate(document)
  refuse(valid.faults)
  return { config: valid.config as Config, placeOf: (path, at) => document.placeOf(path, at) }
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

/** The configuration without a file: one robot, from the environment or in the sandbox. */
function withoutFile(env: NodeJS.ProcessEnv): Read {
  const has = (name: string): boolean => (env[name]?.trim() ?? '') !== ''
  const isSandbox = !has('DINGTALK_WEBHOOK')
  const robot = isSandbox
    ? { webhook: 'sandbox' }
    : {
        webhook: { env: 'DINGTALK_WEBHOOK' },
        ...(has('DINGTALK_SECRET') ? { secret: { env: 'DINGTALK_SECRET' } } : {}),
      }
  const name = isSandbox ? 'sandbox' : 'default'
  return {
    config: { robots: { [name]: robot }, channels: { [ONLY_CHANNEL]: { robots: [name] } } },
    placeOf: () => 'environment',
  }
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new AppError('bad_configuration', faults.join('\n'), { faults })
}
