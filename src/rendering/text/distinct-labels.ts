import { createHash } from 'node:crypto'
import type { Alert, MessageAlert } from '../../model/alert.ts'
import type { Variables } from '../../model/variables.ts'

export interface LabelPair {
  name: string
  /** Empty if the alert does not have the label. */
  value: string
}

/**
 * For each alert of a message, in order: the labels that distinguish it from alerts with the same `shown` text; none
 * if that text is unique. `shown` returns what the reader sees: name and target, cut and escaped. Alerts that differ
 * in any label get different pairs, with a different `labelText`.
 */
export function distinctLabels(
  alerts: readonly MessageAlert[],
  shown: (entry: MessageAlert, index: number) => string,
): LabelPair[][] {
  const pairs = alerts.map((): LabelPair[] => [])
  const groups = Map.groupBy(alerts.keys(), (index) => shown(alerts[index] as MessageAlert, index))
  for (const indexes of groups.values()) {
    if (indexes.length === 1) continue
    const separated = separate(indexes.map((index) => (alerts[index] as MessageAlert).alert))
    for (const [at, index] of indexes.entries()) pairs[index] = separated[at] ?? []
  }
  return pairs
}

/** Pairs as one text, such as `container=pay, reason="a, b"`; different values give different texts. */
export function labelText(pairs: readonly LabelPair[]): string {
  return pairs.map(({ name, value }) => `${quoted(name)}=${quoted(value)}`).join(', ')
}

/** Labels of second choice: they change with a restart, or name the program that measured. */
const REPORTER = new Set(['instance', 'pod', 'service', 'job', 'container', 'endpoint'])
/** Labels of last choice: their values mean little to a reader. */
const OPAQUE =
  /^(?:uid|id|.*_(?:id|uid|hash|ip)|prometheus|.*replica|metrics_path|image.*|alarm_id)$/

/** Variables that identify an alert of OCP, which has no labels. */
const OCP_IDENTITY = ['alarm_type', 'alarm_target', 'alarm_id'] as const

function identityOf({ labels, variables, source, fingerprint }: Alert): Variables {
  if (source !== 'ocp' && labels !== undefined && Object.keys(labels).length > 0) return labels
  const identity: Record<string, string> = Object.create(null)
  for (const name of OCP_IDENTITY) identity[name] = variables[name] ?? ''
  identity['fingerprint'] = fingerprint
  return identity
}

/** Maximum number of label names to compare: those with the most different values. */
const MAX_CANDIDATES = 50
/** Maximum number of labels to show; if more are needed, the fingerprint is shown as well. */
const MAX_NAMES = 8

/** The values that can distinguish an alert. */
interface Subject {
  labels: Variables
  fingerprint: string
}

type Groups = readonly (readonly Subject[])[]

function separate(alerts: readonly Alert[]): LabelPair[][] {
  const all = alerts.map((alert) => ({
    labels: identityOf(alert),
    fingerprint: alert.fingerprint,
  }))
  const { names, alike } = separatingNames(all)
  const last = lastValue(alike)
  return all.map((each) => [
    ...names.map((name) => ({ name, value: each.labels[name] ?? '' })),
    ...(last === undefined ? [] : [{ name: 'fingerprint', value: last(each) }]),
  ])
}

/** Chooses few labels that distinguish the alerts. `alike` has the groups that these labels cannot distinguish. */
function separatingNames(all: readonly Subject[]): { names: string[]; alike: Groups } {
  const names = candidateNames(all)
  const chosen: string[] = []
  let alike: Groups = [all]
  while (chosen.length < MAX_NAMES && alike.length > 0) {
    const best = bestName(names, alike)
    if (best === undefined) break
    chosen.push(best)
    alike = alike
      .flatMap((group) => [...partsOf(group, best).values()])
      .filter((group) => group.length > 1)
  }
  return { names: chosen.sort((a, b) => names.indexOf(a) - names.indexOf(b)), alike }
}

/** Distinguishes alerts that the chosen labels leave alike. Senders may give different alerts the same fingerprint. */
function lastValue(alike: Groups): ((subject: Subject) => string) | undefined {
  const byFingerprint = ({ fingerprint }: Subject): string => fingerprint
  const byLabels = ({ fingerprint, labels }: Subject): string =>
    `${fingerprint}#${shortHash(JSON.stringify(Object.entries(labels).sort()))}`
  const partsBy = (of: (subject: Subject) => string): number =>
    alike.reduce((sum, group) => sum + new Set(group.map(of)).size, 0)
  const size = alike.reduce((sum, group) => sum + group.length, 0)
  const parts = partsBy(byFingerprint)
  if (parts === size) return size === 0 ? undefined : byFingerprint
  const most = partsBy(byLabels)
  if (most > parts) return byLabels
  return parts > alike.length ? byFingerprint : undefined
}

/** Labels with different values, the most useful first. Reads the alerts once, however many names there are. */
function candidateNames(all: readonly Subject[]): string[] {
  const values = new Map<string, { different: Set<string>; alerts: number }>()
  for (const { labels } of all)
    for (const [name, value] of Object.entries(labels)) {
      if (value === '') continue
      let known = values.get(name)
      if (known === undefined) {
        known = { different: new Set(), alerts: 0 }
        values.set(name, known)
      }
      known.different.add(value)
      known.alerts += 1
    }
  return [...values]
    .map(([name, { different, alerts }]) => ({
      name,
      cost: costOf(name),
      parts: different.size + (alerts < all.length ? 1 : 0),
    }))
    .filter(({ parts }) => parts > 1)
    .sort((a, b) => b.parts - a.parts || byUse(a, b))
    .slice(0, MAX_CANDIDATES)
    .sort(byUse)
    .map(({ name }) => name)
}

interface Candidate {
  name: string
  cost: number
}

function byUse(a: Candidate, b: Candidate): number {
  return a.cost - b.cost || (a.name < b.name ? -1 : 1)
}

function costOf(name: string): number {
  if (OPAQUE.test(name) || name === 'fingerprint') return 2
  return REPORTER.has(name) ? 1 : 0
}

/** Compares only the cheapest names that split any group; returns the one that splits most. */
function bestName(names: readonly string[], groups: Groups): string | undefined {
  const most = groups.reduce((sum, group) => sum + group.length - 1, 0)
  let best: { name: string; cost: number; parts: number } | undefined
  for (const name of names) {
    const cost = costOf(name)
    if (best !== undefined && (cost > best.cost || best.parts === most)) break
    const parts = groups.reduce((sum, group) => sum + partsOf(group, name).size - 1, 0)
    if (parts > (best?.parts ?? 0)) best = { name, cost, parts }
  }
  return best?.name
}

function partsOf(group: readonly Subject[], name: string): Map<string, Subject[]> {
  return Map.groupBy(group, ({ labels }) => labels[name] ?? '')
}

const PLAIN = /^[\p{L}\p{N}_./:@%+-]{1,100}$/u
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u
const LONGEST = 100

/** Quotes a text that is not a plain word. Escapes invisible characters; cuts a long text and adds its hash. */
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
