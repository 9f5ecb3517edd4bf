import { TemplateError } from '../templates/template-error.ts'
import { entriesOf, own, textOf } from './values.ts'

/** Marks a map that the template created. Only these may change; maps of the payload are read-only. */
const MADE = Symbol('made')

type Entries = readonly (readonly [string, unknown])[]

function mapOf(entries: Entries): Record<string, unknown> {
  const map = Object.defineProperty(Object.create(null), MADE, { value: true })
  for (const [name, value] of entries) map[name] = value
  return map
}

function madeMap(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && MADE in value)
    return value as unknown as Record<string, unknown>
  throw new TemplateError(
    'set and unset work only on a map that the template created, for example with dict',
  )
}

/** A map of the parts under the keys `_0`, `_1` and so on. */
const numbered = (parts: readonly string[]) =>
  mapOf(parts.map((part, index) => [`_${index}`, part]))

export const MAPS = {
  dict: (...values: unknown[]) =>
    mapOf(
      values.flatMap((name, at) => (at % 2 === 0 ? [[textOf(name), values[at + 1]] as const] : [])),
    ),
  get: (value: unknown, name: unknown) => own(value, textOf(name)) ?? '',
  hasKey: (value: unknown, name: unknown) => own(value, textOf(name)) !== undefined,
  keys: (value: unknown) => entriesOf(value).map(([name]) => name),
  set: (value: unknown, name: unknown, to: unknown) => {
    const map = madeMap(value)
    map[textOf(name)] = to
    return map
  },
  unset: (value: unknown, name: unknown) => {
    const map = madeMap(value)
    delete map[textOf(name)]
    return map
  },
  pick: (value: unknown, ...names: unknown[]) =>
    mapOf(entriesOf(value).filter(([name]) => names.map(textOf).includes(name))),
  omit: (value: unknown, ...names: unknown[]) =>
    mapOf(entriesOf(value).filter(([name]) => !names.map(textOf).includes(name))),
  split: (separator: unknown, text: unknown) => numbered(textOf(text).split(textOf(separator))),
  splitn: (separator: unknown, most: unknown, text: unknown) => {
    const parts = textOf(text).split(textOf(separator))
    const first = parts.slice(0, Math.max(1, Number(most)) - 1)
    const rest = parts.slice(first.length).join(textOf(separator))
    return numbered(rest === '' && first.length === parts.length ? first : [...first, rest])
  },
} as const
