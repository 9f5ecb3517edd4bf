import type { Variables } from '../../model/variables.ts'
import { TemplateError } from '../templates/template-error.ts'
import { counted } from './numbers.ts'
import {
  entriesOf,
  isTrue,
  listOf,
  numberOf,
  own,
  Pair,
  printedText,
  textOf,
  timeOf,
  valueIn,
} from './values.ts'

/** Pairs sorted by name, with `alertname` first, as in Alertmanager. */
const sortedPairs = (texts: Variables): Pair[] =>
  Object.entries(texts)
    .map(([name, value]) => new Pair(name, value))
    .sort((a, b) => {
      const first = Number(b.name === 'alertname') - Number(a.name === 'alertname')
      return first === 0 ? (a.name < b.name ? -1 : 1) : first
    })

const pairsOf = (pairs: readonly Pair[] | Variables): readonly Pair[] =>
  Array.isArray(pairs) ? pairs : sortedPairs(pairs as Variables)

/** Index or key, and value, in the order in which Go ranges over them. */
const each = (value: unknown): [unknown, unknown][] => {
  if (Array.isArray(value)) return Array.from(value, (one, index) => [index, one])
  if (typeof value === 'number') return counted(0, value, 1).map((one) => [one, one])
  return entriesOf(value)
}

const len = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}

const index = (value: unknown, ...keys: unknown[]): unknown => {
  let found = value
  for (const key of keys) {
    if (Array.isArray(found)) {
      const at = numberOf(key)
      if (!(at in found)) throw new TemplateError(`index out of range: ${at}`)
      found = found[at]
    } else found = valueIn(found, textOf(key))
  }
  return found
}

/** A field by its Go name or ours, of a value whose type is known only when the template runs. */
const field = (value: unknown, name: string): unknown => {
  const here = own(value, name)
  if (here !== undefined) return here
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    if (name === 'Names') return value.map((pair) => (pair as Pair).name)
    if (name === 'Values') return value.map((pair) => (pair as Pair).value)
    if (name === 'Firing' || name === 'Resolved')
      return value.filter((alert) => own(alert, 'status') === name.toLowerCase())
    return undefined
  }
  if (name === 'SortedPairs') return sortedPairs(value as Variables)
  return valueIn(value, (name[0] as string).toLowerCase() + name.slice(1))
}

const equal = (a: unknown, b: unknown): boolean =>
  typeof a === 'number' || typeof b === 'number'
    ? numberOf(a) === numberOf(b)
    : textOf(a) === textOf(b)

const order = (a: unknown, b: unknown): number => {
  if (a instanceof Date || b instanceof Date) return timeOf(a).toMillis() - timeOf(b).toMillis()
  if (typeof a === 'number' || typeof b === 'number') return numberOf(a) - numberOf(b)
  const [left, right] = [textOf(a), textOf(b)]
  return left < right ? -1 : Number(left > right)
}

/** Functions on lists, label sets, conditions and comparisons. */
export const LISTS = {
  truth: isTrue,
  printed: printedText,
  and: (...values: unknown[]) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values: unknown[]) => values.find(isTrue) ?? values.at(-1),
  not: (value: unknown) => !isTrue(value),
  eq: (first: unknown, ...others: unknown[]) => others.some((other) => equal(first, other)),
  ne: (a: unknown, b: unknown) => !equal(a, b),
  lt: (a: unknown, b: unknown) => order(a, b) < 0,
  le: (a: unknown, b: unknown) => order(a, b) <= 0,
  gt: (a: unknown, b: unknown) => order(a, b) > 0,
  ge: (a: unknown, b: unknown) => order(a, b) >= 0,
  len,
  index,
  slice: (value: unknown, from: unknown = 0, to?: unknown) => {
    const [start, end] = [numberOf(from), to === undefined ? undefined : numberOf(to)]
    return Array.isArray(value)
      ? Array.from(value).slice(start, end)
      : textOf(value).slice(start, end)
  },
  each,
  field,
  sortedPairs,
  names: (pairs: readonly Pair[] | Variables) => pairsOf(pairs).map(({ name }) => name),
  values: (pairs: readonly Pair[] | Variables) => pairsOf(pairs).map(({ value }) => value),
  remove: (texts: Variables, names: unknown): Variables => {
    const removed = listOf(names).map(textOf)
    const kept: Record<string, string> = Object.create(null)
    for (const [name, value] of Object.entries(texts))
      if (!removed.includes(name)) kept[name] = value
    return kept
  },
  default: (otherwise: unknown, value?: unknown) => (isTrue(value) ? value : otherwise),
  empty: (value: unknown) => !isTrue(value),
  coalesce: (...values: unknown[]) => values.find(isTrue),
  ternary: (yes: unknown, no: unknown, which: unknown) => (isTrue(which) ? yes : no),
  list: (...values: unknown[]) => values,
  first: (values: unknown) => listOf(values)[0],
  last: (values: unknown) => listOf(values).at(-1),
  rest: (values: unknown) => listOf(values).slice(1),
  initial: (values: unknown) => listOf(values).slice(0, -1),
  append: (values: unknown, value: unknown) => [...listOf(values), value],
  prepend: (values: unknown, value: unknown) => [value, ...listOf(values)],
  reverse: (values: unknown) => [...listOf(values)].reverse(),
  uniq: (values: unknown) => [...new Set(listOf(values))],
  compact: (values: unknown) => listOf(values).filter(isTrue),
  has: (value: unknown, values: unknown) => listOf(values).some((one) => equal(one, value)),
  without: (values: unknown, ...left: unknown[]) =>
    listOf(values).filter((one) => !left.some((other) => equal(one, other))),
  tuple: (...values: unknown[]) => values,
  concat: (...lists: unknown[]) => lists.flatMap(listOf),
  all: (...values: unknown[]) => values.every(isTrue),
  any: (...values: unknown[]) => values.some(isTrue),
} as const
