import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../errors.ts'
import type { Channel } from '../model/settings.ts'
import { compile, faultOf, type Template } from './engine.ts'

/** The built-in templates, beside both src/ and dist/. */
const BUILT_IN = fileURLToPath(new URL('../../templates/messages/', import.meta.url))

export const PARTS = ['alert', 'group', 'recovery', 'digest'] as const
export type Part = (typeof PARTS)[number]

/** One part of a channel's template, with where it comes from. */
export interface PartSource {
  part: Part
  text: string
  /** A path, or `channels.NAME.template`. */
  place: string
  template: Template
}

/**
 * The parts of a channel's template: the operator's files first, then the built-in ones of that name; what neither has
 * is told by the part for one alert, or by the default digest. AppError bad_configuration names what is wrong where.
 */
export function partsOf(channel: Channel, folder: string): Map<Part, PartSource> {
  const parts = new Map<Part, PartSource>()
  const { template } = channel
  if (template.kind === 'inline')
    parts.set(
      'alert',
      compiled(
        'alert',
        { text: template.text, place: `channels.${channel.name}.template` },
        channel,
      ),
    )
  for (const part of PARTS) {
    const file = template.kind === 'named' ? find(template.name, part, folder) : undefined
    if (file !== undefined) parts.set(part, compiled(part, file, channel))
  }
  if (!parts.has('alert') && template.kind === 'named') {
    const fault = `channels.${channel.name}.template: there is no template ${JSON.stringify(template.name)}; looked for ${join(folder, fileOf(template.name, 'alert'))}, built in are default and ocp-text`
    throw new AppError('bad_configuration', fault, { faults: [fault] })
  }
  for (const part of ['group', 'digest'] as const)
    if (!parts.has(part)) parts.set(part, compiled(part, builtIn('default', part), channel))
  return parts
}

function find(name: string, part: Part, folder: string) {
  const own = join(folder, fileOf(name, part))
  if (existsSync(own)) return { text: readFileSync(own, 'utf8'), place: own }
  // An operator's template of a built-in name stands for all of its alerts, recoveries too.
  const replaced = existsSync(join(folder, fileOf(name, 'alert')))
  const ours = join(BUILT_IN, fileOf(name, part))
  return (!replaced || part === 'group' || part === 'digest') && existsSync(ours)
    ? builtIn(name, part)
    : undefined
}

function builtIn(name: string, part: Part) {
  const place = join(BUILT_IN, fileOf(name, part))
  return { text: readFileSync(place, 'utf8'), place }
}

function fileOf(name: string, part: Part): string {
  return part === 'alert' ? `${name}.eta` : `${name}.${part}.eta`
}

function compiled(
  part: Part,
  { text, place }: { text: string; place: string },
  channel: Channel,
): PartSource {
  try {
    return { part, text, place, template: compile(text, channel.format) }
  } catch (error) {
    const fault = `${place}: ${faultOf(error)}`
    throw new AppError('bad_configuration', fault, { faults: [fault] })
  }
}
