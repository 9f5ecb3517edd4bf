import { createHash } from 'node:crypto'
import type { Alert, MessageAlert } from '../../model/alert.ts'
import type { Variables } from '../../model/variables.ts'

export interface LabelPair {
  name: string
  /** Empty where the alert lacks the label. */
  value: string
}

/**
 * For each alert of one message, in their order, the labels by which it differs from those whose `shown` text is the
 * same; none where the shown text is unique. `shown` is the text as the reader sees it: name, target, cut and escaped.
 * Alerts that differ in any label get different pairs, and `labelText` of them differs as well. Pure.
 */
export function distinctLabels(
  alerts: readonly MessageAlert[],
  shown: (told: MessageAlert) => string,
): LabelPair[][] {
  const pairs = alerts.map((): LabelPair[] => [])
  const groups = Map.groupBy(alerts.keys(), (index) => shown(alerts[index] as MessageAlert))
  for (const indexes of groups.values()) {
    if (indexes.length === 1) continue
    const labels = indexes.map((index) => identityOf((alerts[index] as MessageAlert).alert))
    const names = separatingNames(labels)
    for (const [at, index] of indexes.entries())
      pairs[index] = names.map((name) => ({ name, value: labels[at]?.[name] ?? '' }))
  }
  return pairs
}

/** Pairs as one text, such as `container=pay, reason="a, b"`; different pairs of the same names give different texts. */
export function labelText(pairs: readonly LabelPair[]): string {
  return pairs.map(({ name, value }) => `${quoted(name)}=${quoted(value)}`).join(', ')
}

/** Labels that change with a restart or say who measured: the last choice for a reader. */
const REPORTER = new Set(['instance', 'pod', 'service', 'job', 'container', 'endpoint'])
const OPAQUE =
  /^(?:uid|id|.*_(?:id|uid|hash|ip)|prometheus|.*replica|metrics_path|image.*|alarm_id)$/

/** What identifies an alert of OCP, which has no labels. */
const OCP_IDENTITY = ['alarm_type', 'alarm_target', 'alarm_id'] as const

function identityOf({ labels, variables, source, fingerprint }: Alert): Variables {
  if (source !== 'ocp' && labels !== undefined && Object.keys(labels).length > 0) return labels
  const identity: Record<string, string> = Object.create(null)
  for (const name of OCP_IDENTITY) identity[name] = variables[name] ?? ''
  identity['fingerprint'] = fingerprint
  return identity
}

/** The fewest labels that separate all alerts that can be separated, those first that speak to a person. */
function separatingNames(all: readonly Variables[]): string[] {
  const names = candidateNames(all)
  const chosen: string[] = []
  let groups: (readonly Variables[])[] = [all]
  while (chosen.length < names.length) {
    groups = groups.filter((group) => group.length > 1)
    const best = bestName(names, groups)
    if (best === undefined) break
    chosen.push(best)
    groups = groups.flatMap((group) => [...partsOf(group, best).values()])
  }
  return chosen.sort((a, b) => names.indexOf(a) - names.indexOf(b))
}

/** Labels whose values differ, the most useful first. */
function candidateNames(all: readonly Variables[]): string[] {
  const names = [...new Set(all.flatMap((labels) => Object.keys(labels)))]
  return names
    .filter((name) => all.some((labels) => (labels[name] ?? '') !== (all[0]?.[name] ?? '')))
    .sort((a, b) => costOf(a) - costOf(b) || (a < b ? -1 : 1))
}

function costOf(name: string): number {
  if (OPAQUE.test(name) || name === 'fingerprint') return 2
  return REPORTER.has(name) ? 1 : 0
}

/** The name that separates most, among those that cost least of the ones that separate anything. */
function bestName(
  names: readonly string[],
  groups: readonly (readonly Variables[])[],
): string | undefined {
  let best: { name: string; cost: number; parts: number } | undefined
  for (const name of names) {
    const cost = costOf(name)
    if (best !== undefined && cost > best.cost) break
    const parts = groups.reduce((sum, group) => sum + partsOf(group, name).size - 1, 0)
    if (parts > (best?.parts ?? 0)) best = { name, cost, parts }
  }
  return best?.name
}

function partsOf(group: readonly Variables[], name: string): Map<string, Variables[]> {
  return Map.groupBy(group, (labels) => labels[name] ?? '')
}

const PLAIN = /^[\p{L}\p{N}_./:@%+-]{1,100}$/u
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u
const LONGEST = 100

/** Quoted where a reader could take it for something else; invisible characters as escapes; a long one with its hash. */
function quoted(text: string): string {
  if (PLAIN.test(text) && !IGNORABLE.test(text)) return text
  const hash = text.length > LONGEST ? `…#${shortHash(text)}` : ''
  const cut = hash === '' ? text : text.slice(0, LONGEST)
  const escaped = JSON.stringify(cut).replace(
    /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}/gu,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  )
  return `${escaped}${hash}`
}

function shortHash(text: string): string {
  return createHash('sha256').update(text.toWellFormed()).digest('hex').slice(0, 8)
}
