import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convertWebhookDingtalk } from '../config/moving-over/convert.ts'
import { findTemplates } from '../config/moving-over/find-templates.ts'
import type { WebhookDingtalk } from '../config/moving-over/webhook-dingtalk.ts'
import { AppError } from '../errors.ts'
import { isSilentOnRecovery } from './silent-recoveries.ts'

/** Flags that prometheus-webhook-dingtalk 0.3 had instead of a configuration file. */
export interface OldFlags {
  'ding.profile'?: string[]
  'ding.timeout'?: string
  'template.file'?: string
}

const NAME = 'command line'

interface FlagSettings {
  text: string
  name: string
}

/**
 * Returns a function that converts flags of prometheus-webhook-dingtalk 0.3 to a configuration, which is undefined without
 * a profile. Each call reads the template again, and writes its translation to one folder, which is removed when the
 * process ends.
 */
export function flagsReader(flags: OldFlags): () => FlagSettings | undefined {
  let folder: string | undefined
  return () =>
    settingsFrom(flags, (templates) => {
      folder ??= temporaryFolder()
      for (const [name, text] of templates) writeFileSync(join(folder, name), text)
      return folder
    })
}

function settingsFrom(
  flags: OldFlags,
  write: (templates: ReadonlyMap<string, string>) => string,
): FlagSettings | undefined {
  const {
    'ding.profile': profiles = [],
    'ding.timeout': timeout,
    'template.file': template,
  } = flags
  if (profiles.length === 0) {
    if (timeout !== undefined || template !== undefined)
      throw new AppError('usage', '--ding.timeout and --template.file need --ding.profile=NAME=URL')
    return undefined
  }
  const config: WebhookDingtalk = {
    timeout,
    templates: template === undefined || template === '' ? [] : [template],
    noBuiltinTemplate: false,
    defaultMessage: undefined,
    targets: profiles.map(targetOf),
  }
  const found = findTemplates(config.templates, process.cwd())
  if (found.missing.length > 0)
    throw new AppError('bad_configuration', `--template.file: no such file: ${template}`)
  const { yaml, templates, leftOut, notes } = convertWebhookDingtalk(config, {
    file: NAME,
    ...found,
    isSilentOnRecovery,
  })
  for (const each of notes) process.stderr.write(`note: ${each}\n`)
  for (const each of leftOut) process.stderr.write(`left out: ${each}\n`)
  const folder = templates.size === 0 ? '' : `templates: ${JSON.stringify(write(templates))}\n`
  return { text: `${folder}${yaml}`, name: NAME }
}

function targetOf(profile: string): WebhookDingtalk['targets'][number] {
  const [, name, url = ''] = /^([a-zA-Z][a-zA-Z0-9_-]*)=(.*)$/s.exec(profile.trim()) ?? []
  if (name === undefined)
    throw new AppError('usage', '--ding.profile must be NAME=URL, where NAME begins with a letter')
  if (!/^https?:\/\/./.test(url))
    throw new AppError('usage', `--ding.profile: the URL of ${name} must be an http or https URL`)
  return { name, url, secret: undefined, mention: undefined, message: undefined }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dingtalk-receiver-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
