import type { Channel, Format } from '../../model/settings.ts'
import { OCP_VARIABLES, OWN_VARIABLES } from '../../model/variables.ts'
import { conceal } from '../../redact.ts'
import { didYouMean, nearMiss } from '../../suggestion.ts'
import { yieldTurn } from '../../time-slices.ts'
import type { Rendered, Renderer, Trial } from '../types.ts'
import { fieldsIn, tablesIn, usagesIn } from './engine.ts'
import { FIELDS } from './fields.ts'
import type { Parts } from './loader.ts'
import { type Ask, scenarios } from './scenarios.ts'

/** An arbitrary instant for the samples. */
const SAMPLE_NOW = new Date('2026-11-24T19:04:30Z')

/** DingTalk's limit for a body, less everything but title and text. */
const SAMPLE_BYTES = 19_000

interface Known {
  channel: Channel
  parts: Parts
}

/** Finds likely faults in the operator's template files, without rendering; each is reported once, with its line. */
export function checkNames(known: readonly Known[]): string[] {
  return [...new Set(known.flatMap(({ channel, parts }) => namesIn(channel, parts)))]
}

/** The comment with which `convert` begins a file. */
const TRANSLATED = /^<%\/\* Translated from a Go template\./

/**
 * Renders every scenario, yielding before each. Reports each failure once, with its line, and each part without text. A
 * translated template that fails only for firing or only for resolved alerts did so in Go as well: a warning.
 */
export async function renderTrial(
  known: readonly Known[],
  renderer: Pick<Renderer, 'render' | 'quota'>,
): Promise<Trial> {
  const own = known.filter(isOwn)
  const channels = new Map(own.map((each) => [renderKeyOf(each), each.channel]))
  const failures = new Map<string, Set<boolean>>()
  const warnings = new Set<string>()
  for (const channel of channels.values())
    for (const { ask } of scenarios('en-US', SAMPLE_NOW)) {
      await yieldTurn()
      const { faults, blanks } = rendered(ask, channel, renderer)
      for (const fault of faults)
        failures.set(fault, (failures.get(fault) ?? new Set()).add(isRecovery(ask)))
      for (const blank of blanks) warnings.add(blank)
    }
  const files = own.flatMap(({ parts }) => [...parts.values()])
  const translated = files.filter(({ text }) => TRANSLATED.test(text)).map(({ file }) => `${file}:`)
  for (const [fault, states] of failures)
    if (states.size === 1 && translated.some((file) => fault.startsWith(file))) {
      failures.delete(fault)
      warnings.add(`${fault}; messages for which it fails have the built-in part`)
    }
  return { failures: [...failures.keys()], warnings: [...warnings] }
}

function isRecovery(ask: Ask): boolean {
  return (
    ask.kind === 'message' && ask.request.alerts.every(({ alert }) => alert.status === 'resolved')
  )
}

/** True if a part, the title or a variable is the operator's. Other channels render only built-in parts. */
function isOwn({ channel, parts }: Known): boolean {
  const { title, variables } = channel
  return title !== undefined || variables.size > 0 || [...parts.values()].some((part) => part.own)
}

/** The settings that decide how a channel renders, as a key: channels with the same key render the same messages. */
function renderKeyOf({ channel, parts }: Known): string {
  const { format, title, variables } = channel
  const texts = [...parts.values()].map(({ file: place, text }) => [place, text])
  return JSON.stringify([format, title, [...variables], texts])
}

function rendered(
  ask: Ask,
  channel: Channel,
  renderer: Pick<Renderer, 'render' | 'quota'>,
): Pick<Rendered, 'faults' | 'blanks'> {
  if (ask.kind === 'quota') return renderer.quota({ ...ask.warning, channel })
  const fits = (title: string, text: string): boolean =>
    Buffer.byteLength(JSON.stringify({ title, text })) <= SAMPLE_BYTES
  return renderer.render({ ...ask.request, channel, fits })
}

/**
 * Finds likely misspellings of documented names and unknown fields of `it` in the operator's files, and tables, which
 * phones cannot show. Names in the configuration itself are checked when it is loaded.
 */
function namesIn(channel: Channel, parts: Parts): string[] {
  const known = knownNames(channel)
  const warnings: string[] = []
  if (channel.template.kind === 'inline') return warnings
  for (const { text, file, own } of parts.values()) {
    if (!own) continue
    for (const { name: written, line, column } of usagesIn(text)) {
      const name = conceal(written)
      const near = known.has(written) ? undefined : nearMiss(name, known)
      if (near !== undefined)
        warnings.push(
          `${file}:${line}:${column}: \${${name}} is not a documented variable${didYouMean(near)}`,
        )
    }
    warnings.push(...layoutWarnings(text, file, channel.format))
  }
  return warnings
}

/** Names in a text that are nearly those of documented variables, each with its line and column. */
export function nearMissesIn(
  text: string,
  channel: Pick<Channel, 'variables'>,
): { name: string; near: string; line: number; column: number }[] {
  const known = knownNames(channel)
  return [...text.matchAll(/\$\{([^{}]{1,200})\}/g)].flatMap(({ index, 1: name = '' }) => {
    const near = known.has(name) ? undefined : nearMiss(name, known)
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

/** Warnings about fields of `it` that do not exist, and about tables. */
function layoutWarnings(text: string, file: string, format: Format): string[] {
  const fields = fieldsIn(text).flatMap(({ name, line, column }) => {
    if (FIELDS.has(name)) return []
    const near = nearMiss(name, FIELDS)
    const hint = near === undefined ? '' : didYouMean(`it.${near}`)
    return [`${file}:${line}:${column}: it.${conceal(name)} does not exist${hint}`]
  })
  const tables = format === 'text' ? [] : tablesIn(text)
  const about = "DingTalk's phones show a table as it is written; use a list"
  return [...fields, ...tables.map((line) => `${file}:${line}: ${about}`)]
}
