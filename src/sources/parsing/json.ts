import { messageOf } from '../../errors.ts'
import { jsonErrorIn, tooDeep } from './json-error.ts'

export type JsonObject = Record<string, unknown>

/** Deeper nesting is rejected: a hostile body could otherwise overflow the stack when it is serialized. */
export const MAX_DEPTH = 64

/** Longer texts get V8's own message, because finding the position takes ten times as long as parsing. */
const MAX_SEARCHED_LENGTH = 256 * 1024

/** Parses strict JSON, nested up to MAX_DEPTH. A fault describes the error, with line and column. */
export function readJson(
  text: string,
): { kind: 'json'; value: unknown } | { kind: 'fault'; problem: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const problem =
      text.length > MAX_SEARCHED_LENGTH ? messageOf(error) : jsonErrorIn(text, MAX_DEPTH)
    return { kind: 'fault', problem: `it is not JSON: ${problem}` }
  }
  // Walking the parsed value costs an eighth of scanning the text.
  return isDeeper(value)
    ? { kind: 'fault', problem: `it is ${tooDeep(MAX_DEPTH)}` }
    : { kind: 'json', value }
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

/** Whether a parsed value nests more than `left` levels; stops at that depth. */
function isDeeper(value: unknown, left = MAX_DEPTH): boolean {
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
