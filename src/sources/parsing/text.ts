import { createHash, hash } from 'node:crypto'
import { TextDecoder } from 'node:util'

/** Replaces NUL and lone surrogates, so that every store and encoder accepts the text. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole
}

/** Decodes a body that may be UTF-8 bytes. */
export function textFrom(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : UTF_8.decode(body)
}

const UTF_8 = new TextDecoder()

/** Converts any value to clean text, objects and lists as JSON; undefined for null, undefined and the empty text. */
export function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  if (typeof value === 'string') return cleanText(value)
  return typeof value === 'object' ? cleanText(JSON.stringify(value)) : String(value)
}

/** The first of the named texts that exists. */
export function firstOf(
  texts: Readonly<Record<string, string>>,
  names: readonly string[],
): string | undefined {
  for (const name of names) {
    const value = texts[name]
    if (value !== undefined) return value
  }
  return undefined
}

/** A hash of texts in this order, 16 hex digits. */
export function digest(parts: readonly string[]): string {
  return hash('sha256', parts.join('\0')).slice(0, 16)
}

/** Like `digest`, for texts added one by one, because together they may be too large for memory. */
export function createDigest(): {
  add: (part: string, encoding?: 'utf8' | 'latin1') => void
  end: () => string
} {
  const sum = createHash('sha256')
  let isFirst = true
  return {
    add(part, encoding = 'utf8') {
      if (!isFirst) sum.update('\0')
      sum.update(part, encoding)
      isFirst = false
    },
    end: () => sum.digest('hex').slice(0, 16),
  }
}
