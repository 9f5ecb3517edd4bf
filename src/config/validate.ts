import type { ErrorObject } from 'ajv'
import { distance } from 'fastest-levenshtein'
import { faultLine } from './fault-line.ts'
import type { Config } from './schema.ts'
import type { Path } from './settings-context.ts'
import { validate as fits } from './validator.ts'
import type { ConfigDocument } from './yaml-document.ts'

/** The configuration in a document, or every fault of its form with its place. */
export function validate(document: ConfigDocument): { config?: Config; faults: string[] } {
  const { value } = document
  if (fits(value)) return { config: value, faults: [] }
  const faults = new Set<string>()
  for (const error of telling(fits.errors ?? [])) faults.add(faultOf(error, document))
  return { faults: [...faults] }
}

/**
 * A choice reports the faults of each of its branches besides its own. Where one branch was clearly meant, its faults
 * tell more than that none fits; otherwise the choice speaks for all.
 */
function telling(errors: readonly ErrorObject[]): ErrorObject[] {
  let left = errors.filter(({ keyword }) => keyword !== 'propertyNames')
  for (const choice of errors.filter(({ keyword }) => keyword === 'oneOf')) {
    const inside = left.filter((each) => isWithin(each, choice))
    const meant = branchMeant(inside, choice)
    left = left.filter(
      (each) =>
        (each === choice ? meant.length === 0 : !inside.includes(each)) || meant.includes(each),
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

/** The faults of the one branch whose kind the value has, if there is just one. */
function branchMeant(inside: readonly ErrorObject[], choice: ErrorObject): ErrorObject[] {
  const isDeeper = (error: ErrorObject): boolean =>
    error.instancePath.length > choice.instancePath.length
  const branches = Map.groupBy(
    inside,
    ({ schemaPath }) => schemaPath.slice(choice.schemaPath.length + 1).split('/')[0],
  )
  const ofItsKind = [...branches.values()].filter((each) =>
    each.every((error) => !['type', 'enum'].includes(error.keyword) || isDeeper(error)),
  )
  const [only, ...others] =
    ofItsKind.length > 1 ? ofItsKind.filter((each) => each.some(isDeeper)) : ofItsKind
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
      const known = Object.keys((error.parentSchema as { properties?: object })?.properties ?? {})
      return at(where, `unknown key${suggestion(key, known)}`, 'key')
    }
    case 'required':
      return at(path, `${String(params['missingProperty'])} is missing`)
    case 'enum':
      return at(
        path,
        `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}${suggestion(String(error.data), (params['allowedValues'] as unknown[]).map(String))}`,
      )
    case 'type': {
      // A number where a duration or an address is meant: in quotes it would be wrong as well.
      if ('pattern' in (error.parentSchema ?? {})) return at(path, wordsOfPattern(path))
      const quote =
        params['type'] === 'string' && ['number', 'boolean'].includes(typeof error.data)
          ? '; put it in quotes'
          : ''
      return at(path, `must be ${[params['type']].flat().join(' or ')}${quote}`)
    }
    case 'pattern':
      if ('propertyName' in error)
        return at(
          [...path, String(error.propertyName)],
          'must begin with a letter and hold only letters, digits, _ and -',
          'key',
        )
      return at(path, wordsOfPattern(path))
    case 'oneOf':
      return at(path, wordsOfChoice(path))
    case 'minItems':
      return at(path, 'is an empty list; remove the key, or list what is meant')
    case 'minProperties':
    case 'maxProperties': {
      const known = Object.keys((error.parentSchema as { properties?: object })?.properties ?? {})
      const one = (error.parentSchema as { maxProperties?: number })?.maxProperties === 1
      return at(
        path,
        known.length === 0
          ? 'is empty'
          : `must have ${one ? 'one' : 'some'} of ${known.join(', ')}`,
      )
    }
    default:
      return at(path, error.message ?? 'is wrong')
  }
}

function wordsOfPattern(path: Path): string {
  const last = path.at(-1)
  if (last === 'listen') return 'must be HOST:PORT, such as 127.0.0.1:8060'
  if (last === 'external_url') return 'must be an http or https URL'
  if (path[0] === 'auth') return last === 'name' ? NAME_OF_HEADER : 'must have no colon'
  if (path[0] === 'robot_hosts') return 'must be a host name such as gateway.example.com'
  return 'must be a duration such as 30s, 10m, 1h or 1d'
}

const NAME_OF_HEADER = 'must be the name of a header, such as X-OCP-Token'

function wordsOfChoice(path: Path): string {
  const last = path.at(-1)
  if (last === 'mobiles') return 'must be a list of numbers, or one text with commas'
  if (last === 'matchers') return 'must be a list of matchers, or one text'
  if (last === 'aggregate') return 'must be false, or a mapping with every and by'
  return 'must be a text, {file: PATH} or {env: NAME}'
}

/** A near key, where one is near. */
export function suggestion(wrong: string, known: readonly string[]): string {
  const near = known
    .map((each) => ({ each, far: distance(wrong.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)[0]
  return near !== undefined && near.far <= Math.max(2, Math.floor(wrong.length / 3))
    ? ` (did you mean "${near.each}"?)`
    : ''
}

/** A JSON pointer as keys; what indexes a list as a number. */
function pathOf(pointer: string, { value }: ConfigDocument): Path {
  const path: (string | number)[] = []
  let here = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(here) ? Number(key) : key)
    here = (here as Record<string, unknown> | undefined)?.[key]
  }
  return path
}
