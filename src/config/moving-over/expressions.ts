import {
  elementOf,
  FIELDS,
  FUNCTIONS,
  type GoType,
  METHODS,
  plainName,
  RETURN_THEIR_ARGUMENT,
} from './functions.ts'
import type { Operand, Pipe } from './go-template/syntax.ts'
import type { Scope, Value } from './scope.ts'

/** Thrown with the reason why a part of a template has no equivalent. */
export class Untranslatable extends Error {}

/** Translates a pipeline to JavaScript. Throws Untranslatable. */
export function pipelineValue({ commands }: Pipe, scope: Scope): Value {
  let value: Value | undefined
  for (const command of commands) value = commandOf(command, scope, value)
  return value as Value
}

function commandOf(command: Operand[], scope: Scope, piped: Value | undefined): Value {
  const [first, ...rest] = command as [Operand, ...Operand[]]
  const args = rest.map((each) => operandOf(each, scope, []))
  if (piped !== undefined) args.push(piped)
  return operandOf(first, scope, args)
}

function operandOf({ of, fields }: Operand, scope: Scope, args: Value[]): Value {
  const isCall = of.kind === 'function' && fields.length === 0
  let value = isCall ? callOf(of.name, args) : startOf(of, scope)
  for (const [index, field] of fields.entries())
    value = fieldOf(value, field, index === fields.length - 1 ? args : [])
  if (!isCall && fields.length === 0 && args.length > 0)
    throw new Untranslatable('a value takes no arguments')
  return value
}

function startOf(of: Operand['of'], scope: Scope): Value {
  switch (of.kind) {
    case 'dot':
      return scope.dot
    case 'nil':
      return { code: 'undefined', type: 'any' }
    case 'bool':
      return { code: String(of.value), type: 'bool' }
    case 'number':
      return { code: String(of.value), type: 'number' }
    case 'string':
      return { code: quoted(of.value), type: 'string', literal: of.value }
    case 'pipe':
      return pipelineValue(of.pipe, scope)
    case 'function':
      return callOf(of.name, [])
    case 'variable': {
      const known = scope.find(of.name)
      if (known === undefined) throw new Untranslatable(`unknown variable ${of.name}`)
      return { code: of.name, ...known }
    }
  }
}

function fieldOf(value: Value, field: string, args: Value[]): Value {
  const { code, type, isNil } = value
  const method = METHODS[type]?.[field]
  if (method !== undefined) {
    const [name, gives, count] = method
    if (args.length !== count)
      throw new Untranslatable(`.${field} takes ${count} arguments, not ${args.length}`)
    return { code: called(name, [value, ...args]), type: gives, isNil }
  }
  if (type === 'any' && args.length > 0 && METHODS.time?.[field] !== undefined)
    return fieldOf({ code, type: 'time', isNil: true }, field, args)
  if (args.length > 0) throw new Untranslatable(`.${field} takes no arguments`)
  const dot = isNil ? '?.' : '.'
  const known = FIELDS[type]?.[field]
  if (known !== undefined) return { code: `${code}${dot}${known[0]}`, type: known[1], isNil }
  if (type === 'texts' && !isNil) return { code: `${code}.${field}`, type: 'string' }
  if (type !== 'any' && type !== 'texts') throw new Untranslatable(`unknown field .${field}`)
  const fieldType = type === 'texts' ? 'string' : typeOfField(field)
  return { code: `go.field(${code}, ${quoted(field)})`, type: fieldType, isNil: true }
}

/** The type that a field of this name has in alerts or payloads. */
function typeOfField(field: string): GoType {
  return FIELDS.alert?.[field]?.[1] ?? FIELDS.payload?.[field]?.[1] ?? 'any'
}

const SCALARS = new Set<GoType>(['string', 'number', 'bool'])

/** The types of what Go calls a slice, which are arrays in JavaScript. */
export const LISTS = new Set<GoType>(['alerts', 'pairs', 'list'])

function callOf(written: string, args: Value[]): Value {
  const name = plainName(written)
  const last = args.at(-1)
  const isNil = args.some((each) => each.isNil)
  if (RETURN_THEIR_ARGUMENT.has(name) && last !== undefined) return last
  switch (name) {
    case 'and':
    case 'or': {
      const type = args.every((each) => each.type === last?.type) ? (last?.type ?? 'any') : 'any'
      if (!args.every((each) => SCALARS.has(each.type)))
        return { code: called(name, args), type, isNil }
      return {
        code: `(${args.map(({ code }) => code).join(name === 'and' ? ' && ' : ' || ')})`,
        type,
        isNil,
      }
    }
    case 'not':
      if (last === undefined) break
      return { code: `!${SCALARS.has(last.type) ? last.code : truth(last)}`, type: 'bool' }
    case 'len':
      if (last === undefined || !isList(last)) break
      return { code: `${last.code}.length`, type: 'number' }
    case 'index':
    case 'first':
    case 'last': {
      const [of] = args
      if (of === undefined) break
      const type = args.length > 2 ? 'any' : elementOf(of.type)
      // Only `first` and `last` return nil; in Go, an index out of range is an error.
      return { code: called(name, args), type, isNil: name !== 'index' || of.isNil }
    }
    case 'default':
    case 'ternary': {
      const [a, b] = args
      const type = a?.type === b?.type ? (a?.type ?? 'any') : 'any'
      return { code: called(name, args), type, isNil }
    }
  }
  const type = FUNCTIONS.get(name)
  if (type === undefined) throw new Untranslatable(`unknown function ${JSON.stringify(written)}`)
  return { code: called(name, args), type }
}

function called(name: string, args: readonly Value[]): string {
  return `go.${name}(${args.map(({ code }) => code).join(', ')})`
}

/** JavaScript that tests whether Go treats a value as true. */
export function truth(value: Value): string {
  const { code, type } = value
  if (SCALARS.has(type)) return code
  return isList(value) ? `(${code}.length > 0)` : `go.truth(${code})`
}

/** Whether `for … of` iterates over the value as Go's `range` does. */
export function isList({ type, isNil }: Value): boolean {
  return LISTS.has(type) && !isNil
}

/** JavaScript for the text that Go prints for a value. */
export function printed({ code, type, isNil }: Value): string {
  return SCALARS.has(type) && !isNil ? code : `go.printed(${code})`
}

/** A JavaScript string literal without template tags and without `${`, which begins a variable of OCP. */
export function quoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll('<%', '\\x3c%')
    .replaceAll('%>', '%\\x3e')
    .replaceAll('${', '\\x24{')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
}
