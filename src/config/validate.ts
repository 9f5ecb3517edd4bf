import type { ErrorObject, ValidateFunction } from 'ajv'
import { suggestion } from '../suggestion.ts'
import { faultLine } from './fault-line.ts'
import type { Path } from './settings-context.ts'
import type { ConfigDocument } from './yaml-document.ts'

/** Validates a document against a schema; returns the configuration, or every fault with its place. */
export function validate<T>(
  document: ConfigDocument,
  fits: ValidateFunction<T>,
): { config?: T; faults: string[] } {
  const { value } = document
  if (fits(value)) return { config: value, faults: [] }
  const faults = new Set<string>()
  for (const error of relevantErrors(fits.errors ?? [])) faults.add(faultOf(error, document))
  return { faults: [...faults] }
}

/** Keys whose entries other keys name. Without an entry, its name elsewhere would count as unknown, a false fault. */
const REFERENCED_KEYS = ['robots', 'channels', 'people', 'oncall', 'levels', 'robot_hosts']

/**
 * The configuration without the keys that have a fault, so that the rest can be checked too; undefined if it is invalid
 * without them.
 */
export function withoutFaults<T>(
  document: ConfigDocument,
  fits: ValidateFunction<T>,
): T | undefined {
  const rest = structuredClone(document.value)
  if (fits(rest)) return rest
  for (const error of relevantErrors(fits.errors ?? [])) {
    const path = pathOf(error.instancePath, document)
    if (error.keyword === 'additionalProperties')
      path.push(String(error.params['additionalProperty']))
    // Removes the whole list: without one entry, faults of later entries would have the wrong line.
    const inList = path.findIndex((key) => typeof key === 'number')
    if (inList >= 0) path.length = inList
    if (path.length > 2 || !REFERENCED_KEYS.includes(String(path[0]))) remove(rest, path)
  }
  return fits(rest) ? rest : undefined
}

function remove(value: unknown, path: Path): void {
  const parent = path.slice(0, -1).reduce((each: unknown, key) => Object(each)[key], value)
  const last = path.at(-1)
  if (last !== undefined) delete Object(parent)[last]
}

/**
 * Ajv reports the errors of every branch of a `oneOf`. If one branch clearly matches the value's type, only its errors
 * are kept; otherwise only that of the `oneOf` itself.
 */
function relevantErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  let left = errors.filter(({ keyword }) => keyword !== 'propertyNames')
  for (const choice of errors.filter(({ keyword }) => keyword === 'oneOf')) {
    const inside = left.filter((each) => isWithin(each, choice))
    const likely = likelyBranch(inside, choice)
    left = left.filter(
      (each) =>
        (each === choice ? likely.length === 0 : !inside.includes(each)) || likely.includes(each),
    )
  }
  return left
}

function isWithin(error: ErrorObject, choice: ErrorObject): boolean {
  return (
    error !== choice &&
    error.schemaPath.startsWith(`${choice.schemaPath}/`) &&
    error.instancePath.startsWith(choice.instancePath)
  )
}

/** The errors of the only branch that matches the value's type; empty if none or several do. */
function likelyBranch(inside: readonly ErrorObject[], choice: ErrorObject): ErrorObject[] {
  const isDeeper = (error: ErrorObject): boolean =>
    error.instancePath.length > choice.instancePath.length
  const branches = Map.groupBy(
    inside,
    ({ schemaPath }) => schemaPath.slice(choice.schemaPath.length + 1).split('/')[0],
  )
  const matching = [...branches.values()].filter((each) =>
    each.every((error) => !['type', 'enum'].includes(error.keyword) || isDeeper(error)),
  )
  const [only, ...others] =
    matching.length > 1 ? matching.filter((each) => each.some(isDeeper)) : matching
  return only !== undefined && others.length === 0 ? only : []
}

function faultOf(error: ErrorObject, document: ConfigDocument): string {
  const path = pathOf(error.instancePath, document)
  const at = (where: Path, what: string, kind: 'key' | 'value' = 'value'): string =>
    faultLine(document.placeOf(where, kind), where, what)
  const { params } = error
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty'])
      const where = [...path, key]
      return at(where, `unknown key${suggestion(key, keysOf(error))}`, 'key')
    }
    case 'required':
      return at(path, `${String(params['missingProperty'])} is missing`)
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map(String)
      const hint = suggestion(String(error.data), allowed)
      return at(path, `must be one of ${allowed.join(', ')}${hint}`)
    }
    case 'type': {
      // Quotes would not help: a bare number is neither a duration nor an address.
      if ('pattern' in (error.parentSchema ?? {})) return at(path, patternHint(path))
      const quote =
        params['type'] === 'string' && ['number', 'boolean'].includes(typeof error.data)
          ? '; put it in quotes'
          : ''
      const types = ([params['type']].flat() as string[]).flatMap((type) => TYPES[type] ?? [])
      return at(path, `must be ${types.join(' or ')}${quote}`)
    }
    case 'pattern':
      if ('propertyName' in error)
        return at(
          [...path, String(error.propertyName)],
          'must begin with a letter and contain only letters, digits, _ and -',
          'key',
        )
      return at(path, patternHint(path))
    case 'oneOf':
      return at(path, choiceHint(path))
    case 'uniqueItems':
      return at([...path, Math.max(params['i'], params['j'])], 'is in the list twice')
    case 'minProperties':
    case 'maxProperties': {
      const known = keysOf(error)
      if (known.length === 0) return at(path, 'is empty')
      const count = error.parentSchema?.['maxProperties'] === 1 ? 'one' : 'some'
      return at(path, `must have ${count} of ${known.join(', ')}`)
    }
    default:
      return at(path, LIMITS[error.keyword]?.(params['limit']) ?? error.message ?? 'is wrong')
  }
}

const LIMITS: Readonly<Record<string, (limit: unknown) => string>> = {
  minLength: () => 'is empty',
  minItems: () => 'is an empty list; add an entry or remove the key',
  maxItems: (limit) => `must have at most ${limit} entries`,
  minimum: (limit) => `must be at least ${limit}`,
  maximum: (limit) => `must be at most ${limit}`,
}

/** The keys that the mapping with this error may have. */
function keysOf({ parentSchema }: ErrorObject): string[] {
  return Object.keys(parentSchema?.['properties'] ?? {})
}

/** The JSON types in words. `null` is not among them: in YAML it is a key without a value. */
const TYPES: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

function patternHint(path: Path): string {
  const last = path.at(-1)
  if (last === 'listen') return 'must be HOST:PORT, such as 127.0.0.1:8060'
  if (last === 'external_url' || last === 'url') return 'must be an http or https URL'
  if (path[0] === 'auth') return last === 'name' ? NAME_OF_HEADER : 'must not contain a colon'
  if (path[0] === 'oncall' && (last === 'from' || last === 'to'))
    return 'must be a date and time such as 2026-11-30 09:00'
  if (path[0] === 'robot_hosts') return 'must be a host name such as gateway.example.com'
  return 'must be a duration such as 30s, 10m, 1h or 1d'
}

const NAME_OF_HEADER = 'must be the name of a header, such as X-OCP-Token'

function choiceHint(path: Path): string {
  const last = path.at(-1)
  if (last === 'mobiles') return 'must be a list of numbers, or one text with commas'
  if (last === 'matchers') return 'must be a list of matchers, or one text'
  if (last === 'aggregate') return 'must be false, or a mapping with every and by'
  return 'must be a string, {file: PATH} or {env: NAME}'
}

/** Splits a JSON pointer into keys; list indexes become numbers. */
function pathOf(pointer: string, { value }: ConfigDocument): (string | number)[] {
  const path: (string | number)[] = []
  let here = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(here) ? Number(key) : key)
    here = (here as Record<string, unknown> | undefined)?.[key]
  }
  return path
}
