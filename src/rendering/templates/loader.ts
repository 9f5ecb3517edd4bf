import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../errors.ts'
import type { Channel, Format } from '../../model/settings.ts'
import { conceal } from '../../redact.ts'
import { suggestion } from '../../suggestion.ts'
import { compile, includesIn, type Template } from './engine.ts'
import { errorAt, TemplateError } from './template-error.ts'

/** Folder of the built-in templates; the relative path is the same from src/ and from dist/. */
const BUILT_IN = fileURLToPath(new URL('../../../templates/messages/', import.meta.url))

/**
 * A template has a part for every kind of text, in the file `NAME.PART.eta` (`NAME.eta` for `alert`). Without a file
 * for a part, the template's file for the part named here is used.
 */
export const PARTS = {
  /** Replaces the parts about one alert and about a group, in every message that shows alerts in full. */
  message: undefined,
  /** One firing alert. */
  alert: undefined,
  /** An alert without summary and description, which shows its labels instead. */
  bare: 'alert',
  /** An alert that is too large for a message, with its values cut. */
  long: undefined,
  recovery: 'alert',
  /** An alert that changed its state several times while it waited. */
  flapping: 'alert',
  group: undefined,
  /** The resolved alerts of a group in which others still fire. */
  partial: 'group',
  /** Used for `lines` and `counts` if they have no file. */
  digest: undefined,
  /** Many alerts, one line each. */
  lines: 'digest',
  /** Too many alerts for one line each: counts. */
  counts: 'digest',
  /** The notice that a message is delayed, with the reason. */
  delayed: undefined,
  /** The notice that a push limit delayed a message. */
  opened: 'delayed',
  /** The title, which a phone shows in its notification; without a file, the built-in title. */
  title: undefined,
  /** A warning that the month's calls are being used up. */
  quota: undefined,
} as const satisfies Record<string, string | undefined>

export type Part = keyof typeof PARTS

export const PART_NAMES = Object.keys(PARTS) as Part[]

/** One part of a channel's template, with its origin. */
export interface PartSource {
  text: string
  /** A path, or `channels.NAME.template`. */
  file: string
  /** True for the operator's template, false for a built-in one. */
  own: boolean
  template: Template
  /** The part of the built-in `default` that replaces this one if it fails. */
  fallback: Template | undefined
}

export type Parts = ReadonlyMap<Part, PartSource>

/** Returns a function that gives the built-in parts of `default`; each format is compiled once. */
export function builtInParts(): (format: Format) => Parts {
  const compiledFor = new Map<Format, Parts>()
  return (format) => {
    const known = compiledFor.get(format)
    if (known !== undefined) return known
    const files = filesFor('default', BUILT_IN)
    const parts = new Map<Part, PartSource>()
    for (const part of PART_NAMES) {
      const file = files.get(part) ?? files.get(PARTS[part] ?? part)
      if (file !== undefined) parts.set(part, sourceOf(file, compile(file.text, format)))
    }
    compiledFor.set(format, parts)
    return parts
  }
}

/**
 * All parts of a channel's template: the operator's files first, then the built-in ones of that name, then those of
 * `default`. Throws AppError bad_configuration with the place of every fault.
 */
export function partsOf(
  channel: Channel,
  { folder, builtIns }: { folder: string; builtIns: (format: Format) => Parts },
): Parts {
  const { template, format } = channel
  const standard = builtIns(format)
  const isNamed = template.kind === 'named'
  const ownFiles = isNamed
    ? filesFor(template.name, folder)
    : inlineFile(channel.name, template.text)
  const builtInFiles = isNamed ? filesFor(template.name, BUILT_IN) : new Map<Part, File>()
  if (ownFiles.size === 0 && builtInFiles.size === 0) throw absent(channel, folder)
  // The operator's part about one alert or a group takes precedence over a built-in part about both.
  if (ownFiles.size > 0) builtInFiles.delete('message')
  const parts = new Map<Part, PartSource>()
  const faults = new Set<string>()
  const templates = new Map<File, Template>()
  for (const part of PART_NAMES) {
    const builtIn = standard.get(part)
    const other = PARTS[part] ?? part
    const file =
      ownFiles.get(part) ?? ownFiles.get(other) ?? builtInFiles.get(part) ?? builtInFiles.get(other)
    try {
      if (file === undefined || file.place === builtIn?.file) {
        if (builtIn !== undefined) parts.set(part, builtIn)
        continue
      }
      // One file may serve several parts.
      const template =
        templates.get(file) ??
        compile(file.text, part === 'title' ? 'text' : format, {
          tags: file.tags ?? true,
          isLimited: isOwn(file.place),
          includes: includesOf(file, folder, format),
        })
      templates.set(file, template)
      parts.set(part, sourceOf(file, template, builtIn?.template))
    } catch (error) {
      faults.add(errorAt(file?.place ?? part, error))
    }
  }
  if (faults.size > 0) throw faulty([...faults])
  return parts
}

/** The templates that a file includes, directly or indirectly: the operator's, else the built-in ones. */
function includesOf(file: File, folder: string, format: Format): ReadonlyMap<string, Template> {
  const templates = new Map<string, Template>()
  const add = (text: string): void => {
    for (const name of includesIn(text)) {
      if (templates.has(name)) continue
      const found = fileIn(folder, name, 'alert') ?? fileIn(BUILT_IN, name, 'alert')
      // A missing template is reported later, when `include` is to print it.
      if (found === undefined) continue
      try {
        templates.set(name, compile(found.text, format, { includes: templates }))
      } catch (error) {
        throw new TemplateError(errorAt(found.place, error))
      }
      add(found.text)
    }
  }
  add(file.text)
  return templates
}

/** Faults of the operator's template files that are not in `used`. */
export function faultsInFolder(folder: string, used: readonly string[]): string[] {
  return filesIn(folder)
    .map((name) => join(folder, name))
    .filter((place) => place.endsWith('.eta') && !used.includes(place))
    .flatMap((place) => {
      try {
        const file = { text: readFileSync(place, 'utf8'), place }
        compile(file.text, 'markdown', { includes: includesOf(file, folder, 'markdown') })
        return []
      } catch (error) {
        return [errorAt(place, error)]
      }
    })
}

/** The error for faulty templates, with all faults. */
export function faulty(faults: readonly string[]): AppError {
  return new AppError('bad_configuration', faults[0] ?? 'templates', { faults })
}

interface File {
  text: string
  place: string
  /** False: `<% %>` is plain text, because only a template file may contain code. */
  tags?: false
}

/** The files of a template in a folder. */
function filesFor(name: string, folder: string): Map<Part, File> {
  const files = new Map<Part, File>()
  for (const part of PART_NAMES) {
    const file = fileIn(folder, name, part)
    if (file !== undefined) files.set(part, file)
  }
  return files
}

function inlineFile(channel: string, text: string): Map<Part, File> {
  return new Map([['alert', { text, place: `channels.${channel}.template`, tags: false }]])
}

function fileIn(folder: string, name: string, part: Part): File | undefined {
  const place = join(folder, fileOf(name, part))
  return existsSync(place) ? { text: readFileSync(place, 'utf8'), place } : undefined
}

function fileOf(name: string, part: Part): string {
  return part === 'alert' ? `${name}.eta` : `${name}.${part}.eta`
}

function absent(channel: Channel, folder: string): AppError {
  const { name = '', place } = channel.template.kind === 'named' ? channel.template : {}
  const names = [...new Set([...namesIn(BUILT_IN), ...namesIn(folder)])].sort()
  const at = place === undefined ? '' : `${place}: `
  const fault = `${at}channels.${channel.name}.template: unknown template ${JSON.stringify(conceal(name))}${suggestion(name, names)}; looked for ${join(folder, fileOf(conceal(name), 'alert'))}; available: ${names.join(', ')}`
  return faulty([fault])
}

/** Names of the templates whose files are in a folder. */
function namesIn(folder: string): string[] {
  return filesIn(folder).flatMap((file) => /^([\w-]+)\.(?:\w+\.)?eta$/.exec(file)?.[1] ?? [])
}

/** Names of the files in a folder; none where the path is not a folder. */
function filesIn(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : []
}

/** True for a template of the operator, false for a built-in one. */
function isOwn(place: string): boolean {
  return !place.startsWith(BUILT_IN)
}

function sourceOf(
  { text, place }: File,
  template: Template,
  fallback: Template | undefined = undefined,
): PartSource {
  return { text, file: place, own: isOwn(place), template, fallback }
}
