import { messageOf } from '../../errors.ts'
import { jsonErrorIn } from './json-error.ts'

export type JsonObject = Record<string, unknown>

export type ReadJson = { kind: 'json'; value: unknown } | { kind: 'fault'; words: string }

/** What nests deeper is hostile: writing it as JSON again would overflow the stack. */
export const MAX_DEPTH = 64

/** In a longer text V8's own words must do: to find the place takes ten times as long as to parse it. */
const MAX_SEARCHED_LENGTH = 256 * 1024

/** Reads strict JSON, nested up to DEEPEST; a fault says what is wrong, and in which line and column. */
export function readJson(text: string): ReadJson {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (isTooDeep(text)) return TOO_DEEP
    const words = text.length > MAX_SEARCHED_LENGTH ? messageOf(error) : jsonErrorIn(text)
    return { kind: 'fault', words: `it is no JSON: ${words}` }
  }
  // A walk over what was parsed costs an eighth of one over its text.
  return isDeeper(value) ? TOO_DEEP : { kind: 'json', value }
}

/** The same for who does not ask what is wrong: undefined for what is no JSON, or nested deeper. */
export function parsedJson(text: string): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isDeeper(value) ? undefined : { value }
  } catch {
    return undefined
  }
}

const TOO_DEEP = { kind: 'fault', words: `it is nested deeper than ${MAX_DEPTH} levels` } as const

/** Whether a parsed value nests more levels than `left`; looks no deeper than that. */
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

/** Whether brackets outside of texts nest deeper than DEEPEST; linear, and builds nothing. */
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

/** The quote that ends the text begun before `from`: the next one that an even number of backslashes precedes. */
function endOfText(text: string, from: number): number {
  // Texts are most of a body, so the native search does the walking.
  let quote = text.indexOf('"', from)
  while (quote >= 0) {
    let before = quote
    while (before > from && text.charCodeAt(before - 1) === BACKSLASH) before -= 1
    if ((quote - before) % 2 === 0) return quote
    quote = text.indexOf('"', quote + 1)
  }
  return text.length
}
