import { existsSync, fstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type Conversion,
  convertWebhookDingtalk,
  inOneText,
} from '../config/moving-over/convert.ts'
import { findTemplates } from '../config/moving-over/find-templates.ts'
import { readWebhookDingtalk } from '../config/moving-over/webhook-dingtalk.ts'
import { AppError, messageOf } from '../errors.ts'
import { isSilentOnRecovery } from './silent-recoveries.ts'

interface ConvertOptions {
  output?: string
  /** Globs that replace those in the file. */
  templates?: string[]
}

const DONE = 0
const IN_PART = 3

/** Writes or prints the equivalent configuration of a config.yml of prometheus-webhook-dingtalk. */
export function convert(file: string, { output, templates: globs }: ConvertOptions): number {
  const { config, faults } = readWebhookDingtalk(read(file), file)
  if (config === undefined) throw new AppError('bad_configuration', faults.join('\n'), { faults })
  const folder = globs === undefined && file !== '-' ? dirname(file) : process.cwd()
  const found = findTemplates(globs ?? config.templates, folder)
  const conversion = convertWebhookDingtalk(config, { file, ...found, isSilentOnRecovery })
  if (output === undefined) printText(inOneText(conversion))
  else write(conversion, output)
  for (const each of conversion.notes) process.stderr.write(`note: ${each}\n`)
  for (const each of conversion.leftOut) process.stderr.write(`left out: ${each}\n`)
  return conversion.leftOut.length === 0 ? DONE : IN_PART
}

/** Writes the configuration, readable by its owner only, and the templates beside it. Never overwrites a file. */
function write({ yaml, templates }: Conversion, output: string): void {
  const folder = join(dirname(output), 'templates')
  const files = [...templates].map(([name, text]) => ({
    path: join(folder, name),
    text,
    mode: 0o644,
  }))
  const all = [...files, { path: output, text: yaml, mode: 0o600 }]
  const taken = all.filter(({ path }) => existsSync(path)).map(({ path }) => path)
  if (taken.length > 0)
    throw new AppError(
      'unwritable_file',
      `already exists: ${taken.join(', ')}; nothing was written. Move it away, or choose another name with -o`,
    )
  try {
    mkdirSync(files.length > 0 ? folder : dirname(output), { recursive: true })
    for (const { path, text, mode } of all) writeFileSync(path, text, { flag: 'wx', mode })
  } catch (error) {
    throw new AppError('unwritable_file', `cannot write ${output}: ${messageOf(error)}`)
  }
  process.stdout.write(all.map(({ path }) => `wrote ${path}\n`).join(''))
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new AppError('unreadable_file', `cannot read ${file}: ${messageOf(error)}`)
  }
}

/** Path of standard output, on systems that have one. */
const OUTPUT = '/dev/fd/1'

/** Matches the lines that npm prints before it runs a script, unless it runs with --silent. */
const NPM_BANNER = /^\n> [^\n]+\n> [^\n]*\n\n$/

/** Prints a text. If output goes to a file that has only npm's lines so far, the text replaces them. */
function printText(text: string): void {
  if (hasOnlyBanner()) writeFileSync(OUTPUT, text)
  else process.stdout.write(text)
}

function hasOnlyBanner(): boolean {
  try {
    return fstatSync(1).isFile() && NPM_BANNER.test(readFileSync(OUTPUT, 'utf8'))
  } catch {
    return false
  }
}
