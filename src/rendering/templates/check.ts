import { distance } from 'fastest-levenshtein'
import type { GiveWay } from '../../give-way.ts'
import type { Channel, Format } from '../../model/settings.ts'
import { OCP_VARIABLES, OWN_VARIABLES } from '../../model/variables.ts'
import { conceal } from '../../redact.ts'
import type { Renderer, UnknownNames } from '../types.ts'
import { fieldsIn, tablesIn, usagesIn } from './engine.ts'
import { FIELDS } from './fields.ts'
import type { Parts } from './loader.ts'
import { type Ask, scenarios } from './scenarios.ts'

/** An instant for samples; any would do. */
const SAMPLE_NOW = new Date('2026-11-24T19:04:30Z')

/** As large as what DingTalk takes, less what a body has around title and text. */
const SAMPLE_BYTES = 19_000

interface Known {
  channel: Channel
  parts: Parts
}

/** Names in the templates of channels that nobody knows, each once, with its place and line. */
export function checkNames(known: readonly Known[]): UnknownNames {
  const named = known.map(({ channel, parts }) => namesIn(channel, parts))
  return {
    faults: [...new Set(named.flatMap((each) => each.faults))],
    warnings: [...new Set(named.flatMap((each) => each.warnings))],
  }
}

/** What fails or prints nothing in any of the situations, each once, with its place and line; gives way before each. */
export async function renderFailures(
  known: readonly Known[],
  renderer: Pick<Renderer, 'render' | 'quota'>,
  giveWay: GiveWay,
): Promise<string[]> {
  const own = known.filter(isOwn)
  const played = new Map(own.map((each) => [playedAs(each), each.channel]))
  const found = new Set<string>()
  for (const channel of played.values())
    for (const { ask } of scenarios('en-US', SAMPLE_NOW)) {
      await giveWay()
      for (const fault of faultsIn(ask, channel, renderer)) found.add(fault)
    }
  return [...found]
}

/** Whether anything of it is the operator's; playing the built-in ones at every start would cost a third of a second. */
function isOwn({ channel, parts }: Known): boolean {
  const { title, variables } = channel
  return title !== undefined || variables.size > 0 || [...parts.values()].some((part) => part.own)
}

/** Channels for which this is the same make the same messages. */
function playedAs({ channel, parts }: Known): string {
  const { format, title, variables } = channel
  const texts = [...parts.values()].map(({ file: place, text }) => [place, text])
  return JSON.stringify([format, title, [...variables], texts])
}

function faultsIn(
  ask: Ask,
  channel: Channel,
  renderer: Pick<Renderer, 'render' | 'quota'>,
): string[] {
  if (ask.kind === 'quota') return renderer.quota({ ...ask.warning, channel }).faults
  const fits = (title: string, text: string): boolean =>
    Buffer.byteLength(JSON.stringify({ title, text })) <= SAMPLE_BYTES
  return renderer.render({ ...ask.request, channel, fits }).faults
}

/**
 * Near misses of documented names in the operator's files, and what phones cannot show. Each is a warning, since any
 * name may be a label's. Names in the configuration itself are looked at where it is read.
 */
function namesIn(channel: Channel, parts: Parts): UnknownNames {
  const known = knownNames(channel)
  const warnings: string[] = []
  if (channel.template.kind === 'inline') return { faults: [], warnings }
  for (const { text, file, own } of parts.values()) {
    if (!own) continue
    for (const { name: written, line } of usagesIn(text)) {
      const name = conceal(written)
      const near = known.has(written) ? undefined : nearest(name, known)
      if (near !== undefined)
        warnings.push(
          `${file}:${line}: \${${name}} is not a documented variable (did you mean "${near}"?)`,
        )
    }
    warnings.push(...layoutWarnings(text, file, channel.format))
  }
  return { faults: [], warnings }
}

/** Names in a text that are nearly those of documented variables, each with its line and column. */
export function nearMissesIn(
  text: string,
  channel: Pick<Channel, 'variables'>,
): { name: string; near: string; line: number; column: number }[] {
  const known = knownNames(channel)
  return [...text.matchAll(/\$\{([^{}]{1,200})\}/g)].flatMap(({ index, 1: name = '' }) => {
    const near = known.has(name) ? undefined : nearest(name, known)
    if (near === undefined) return []
    const before = text.slice(0, index).split('\n')
    return [{ name, near, line: before.length, column: (before.at(-1) ?? '').length + 1 }]
  })
}

function knownNames({ variables }: Pick<Channel, 'variables'>): Set<string> {
  return new Set([
    ...Object.keys(OCP_VARIABLES),
    ...Object.keys(OWN_VARIABLES),
    ...variables.keys(),
  ])
}

function nearest(name: string, known: Iterable<string>): string | undefined {
  for (const each of known) if (distance(each, name) <= (name.length > 6 ? 2 : 1)) return each
  return undefined
}

/** Fields of `it` that no part has, and tables. */
function layoutWarnings(text: string, file: string, format: Format): string[] {
  const fields = fieldsIn(text).flatMap(({ name, line }) => {
    if (FIELDS.has(name)) return []
    const near = nearest(name, FIELDS)
    const hint = near === undefined ? '' : ` (did you mean "it.${near}"?)`
    return [`${file}:${line}: it.${conceal(name)} does not exist${hint}`]
  })
  const tables = format === 'text' ? [] : tablesIn(text)
  const about = "DingTalk's phones show a table as it is written; use a list"
  return [...fields, ...tables.map((line) => `${file}:${line}: ${about}`)]
}
