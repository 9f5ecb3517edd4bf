import { messageOf } from '../../errors.ts'
import { jsonErrorIn } from './json-error.ts'

export type JsonObject = Record<string, unknown>

export type ReadJson = { kind: 'json'; value: unknown } | { kind: 'fault'; words: string }

/** Deeper nesting is rejected: a hostile body could otherwise overflow the stack when it is serialized. */
export const MAX_DEPTH = 64

/** Longer texts get V8's own message, because finding the position takes ten times as long as parsing. */
const MAX_SEARCHED_LENGTH = 256 * 1024

/** Parses strict JSON, nested up to MAX_DEPTH. A fault describes the error, with line and column. */
export function readJson(text: string): ReadJson {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (isTooDeep(text)) return TOO_DEEP
    const words = text.length > MAX_SEARCHED_LENGTH ? messageOf(error) : jsonErrorIn(text)
    return { kind: 'fault', words: `it is not JSON: ${words}` }
  }
  // Walking the parsed value costs an eighth of scanning the text.
  return isDeeper(value) ? TOO_DEEP : { kind: 'json', value }
}

/** Like readJson, without diagnostics: undefined if invalid or nested too deeply. */
export function parsedJson(text: string): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isDeeper(value) ? undefined : { value }
  } catch {
    return undefined
  }
}

const TOO_DEEP = { kind: 'fault', words: `it is nested deeper than ${MAX_DEPTH} levels` } as const

/** Whether a parsed value nests more than `left` levels; stops at that depth. */
export function isDeeper(value: unknown, left = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left === 0) return true
  if (Array.isArray(value))
    return value.some((each) => typeof each === 'object' && isDeeper(each, left - 1))
  for (const name in value) {
    const each = (value as JsonObject)[name]
    if (typeof each === 'object' && isDeeper(each, left - 1)) return true
  }
  return false
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether brackets outside of strings nest deeper than MAX_DEPTH. Linear; allocates nothing. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfText(text, at + 1)
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1
      if (depth > MAX_DEPTH) return true
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1
    at += 1
  }
  return false
}

const QUOTE = 34
const BACKSLASH = 92
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93

/**
 * The closing quote of the string whose content starts at `from`: the first quote after an even number of backslashes.
 */
function endOfText(text: string, from: number): number {
  // Most of a body is strings, which the native search skips quickly.
  let quote = text.indexOf('"', from)
  while (quote >= 0) {
    let before = quote
    while (before > from && text.charCodeAt(before - 1) === BACKSLASH) before -= 1
    if ((quote - before) % 2 === 0) return quote
    quote = text.indexOf('"', quote + 1)
  }
  return text.length
}
