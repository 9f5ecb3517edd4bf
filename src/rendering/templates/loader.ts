import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../errors.ts'
import type { Channel, Format } from '../../model/settings.ts'
import { conceal } from '../../redact.ts'
import { compile, includesIn, type Template } from './engine.ts'
import { errorAt, TemplateError } from './template-error.ts'

/** The built-in templates, beside both src/ and dist/. */
const BUILT_IN = fileURLToPath(new URL('../../../templates/messages/', import.meta.url))

/**
 * Every kind of text is a part, in `NAME.PART.eta` (`alert` in `NAME.eta`). Where a template has no file for a part, its
 * file for the part named here is used.
 */
export const PARTS = {
  /** Takes the place of the parts about one alert and about a group: every message that shows alerts in full. */
  message: undefined,
  /** One alert that fires. */
  alert: undefined,
  /** One that has neither summary nor description: its labels are all there is. */
  bare: 'alert',
  /** One that is too large for a message: its values are cut. */
  long: undefined,
  recovery: 'alert',
  /** One that changed its state several times while it waited. */
  flapping: 'alert',
  group: undefined,
  /** The resolved alerts of a group of which others still fire. */
  partial: 'group',
  /** What `lines` and `counts` fall back to. */
  digest: undefined,
  /** Many alerts, a line each. */
  lines: 'digest',
  /** Too many for that: counts. */
  counts: 'digest',
  /** The line about why a message comes late. */
  delayed: undefined,
  /** The same after a push limit. */
  opened: 'delayed',
  /** What a phone shows of a message in its notification; the built-in title if the file is missing. */
  title: undefined,
  /** A warning that the month's calls are being used up. */
  quota: undefined,
} as const satisfies Record<string, string | undefined>

export type Part = keyof typeof PARTS

export const PART_NAMES = Object.keys(PARTS) as Part[]

/** One part of a channel's template, with where it comes from. */
export interface PartSource {
  part: Part
  text: string
  /** A path, or `channels.NAME.template`. */
  file: string
  /** The operator's, not built in. */
  own: boolean
  template: Template
  /** The built-in part that replaces this one if it fails. */
  fallback: Template | undefined
}

export type Parts = ReadonlyMap<Part, PartSource>

/** Gives the built-in parts of `default`, each format compiled once. */
export function builtInParts(): (format: Format) => Parts {
  const compiledFor = new Map<Format, Parts>()
  return (format) => {
    const known = compiledFor.get(format)
    if (known !== undefined) return known
    const parts = new Map<Part, PartSource>()
    for (const part of PART_NAMES) {
      const file = builtIn('default', part) ?? builtIn('default', PARTS[part] ?? part)
      if (file !== undefined) parts.set(part, sourceOf(part, file, compile(file.text, format)))
    }
    compiledFor.set(format, parts)
    return parts
  }
}

/**
 * All parts of a channel's template: the operator's files first, then the built-in ones of that name, then those of
 * `default`. AppError bad_configuration names what is wrong where.
 */
export function partsOf(
  channel: Channel,
  { folder, builtIns }: { folder: string; builtIns: (format: Format) => Parts },
): Parts {
  const { template, format } = channel
  const standard = builtIns(format)
  const own = new Map<Part, File>()
  if (template.kind === 'inline')
    own.set('alert', {
      text: template.text,
      place: `channels.${channel.name}.template`,
      tags: false,
    })
  else for (const part of PART_NAMES) keep(own, part, fileIn(folder, template.name, part))
  const named = new Map<Part, File>()
  if (template.kind === 'named')
    for (const part of PART_NAMES) keep(named, part, builtIn(template.name, part))
  if (own.size === 0 && named.size === 0) throw absent(channel, folder)
  // The operator's part about one alert, or about a group, comes before a built-in one about both.
  if (own.size > 0) named.delete('message')
  const parts = new Map<Part, PartSource>()
  const faults = new Set<string>()
  const templates = new Map<File, Template>()
  for (const part of PART_NAMES) {
    const instead = standard.get(part)
    const other = PARTS[part]
    const file =
      own.get(part) ??
      (other === undefined ? undefined : own.get(other)) ??
      named.get(part) ??
      (other === undefined ? undefined : named.get(other))
    try {
      if (file === undefined || file.place === instead?.file) {
        if (instead !== undefined) parts.set(part, instead)
        continue
      }
      // One file may serve several parts.
      const template =
        templates.get(file) ??
        compile(file.text, part === 'title' ? 'text' : format, {
          tags: file.tags ?? true,
          includes: includesOf(file, folder, format),
        })
      templates.set(file, template)
      parts.set(part, { ...sourceOf(part, file, template), fallback: instead?.template })
    } catch (error) {
      faults.add(errorAt(file?.place ?? part, error))
    }
  }
  if (faults.size > 0) throw faulty([...faults])
  return parts
}

/** The templates that one includes, and those that these include: the operator's, else the built-in ones. */
function includesOf(file: File, folder: string, format: Format): ReadonlyMap<string, Template> {
  const templates = new Map<string, Template>()
  const add = (text: string): void => {
    for (const name of includesIn(text)) {
      if (templates.has(name)) continue
      const found = fileIn(folder, name, 'alert') ?? builtIn(name, 'alert')
      // A template that is not there is found out where it would print.
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

/** A configuration whose templates are wrong, all faults in it. */
export function faulty(faults: readonly string[]): AppError {
  return new AppError('bad_configuration', faults[0] ?? 'templates', { faults })
}

interface File {
  text: string
  place: string
  /** Only a file may hold code: where false, `<% %>` is text. */
  tags?: false
}

function keep(files: Map<Part, File>, part: Part, file: File | undefined): void {
  if (file !== undefined) files.set(part, file)
}

function builtIn(name: string, part: Part): File | undefined {
  return fileIn(BUILT_IN, name, part)
}

function fileIn(folder: string, name: string, part: Part): File | undefined {
  const place = join(folder, fileOf(name, part))
  return existsSync(place) ? { text: readFileSync(place, 'utf8'), place } : undefined
}

function fileOf(name: string, part: Part): string {
  return part === 'alert' ? `${name}.eta` : `${name}.${part}.eta`
}

function absent(channel: Channel, folder: string): AppError {
  const name = channel.template.kind === 'named' ? channel.template.name : ''
  const names = [...new Set([...namesIn(BUILT_IN), ...namesIn(folder)])].sort()
  const fault = `channels.${channel.name}.template: there is no template ${JSON.stringify(conceal(name))}; looked for ${join(folder, fileOf(conceal(name), 'alert'))}; available: ${names.join(', ')}`
  return faulty([fault])
}

/** Names of the templates whose files are in a folder; none where the path is not a folder. */
function namesIn(folder: string): string[] {
  const files = statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(folder)
    : []
  return files.flatMap((file) => /^([\w-]+)\.(?:\w+\.)?eta$/.exec(file)?.[1] ?? [])
}

function sourceOf(part: Part, { text, place }: File, template: Template): PartSource {
  return {
    part,
    text,
    file: place,
    own: !place.startsWith(BUILT_IN),
    template,
    fallback: undefined,
  }
}
