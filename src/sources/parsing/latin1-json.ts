import { isDeeper } from './json.ts'

/** JSON read byte by byte: texts of it that are not ASCII are wrong until `widened` mends them. */
export type Latin1Json = { value: unknown }

/** A smaller body is decoded sooner than it is looked at whether it must be. */
export const FAST_PATH_MIN_BYTES = 16_384

/**
 * JSON in UTF-8, parsed as though each byte were a character: 150 instead of 250 µs for 100 alerts, as most of a
 * payload is text that nobody reads on accept, and this neither decodes nor widens it. Undefined for what must be
 * read as text: small, no JSON, nested too deep, or with escapes that could not be told from bytes.
 */
export function readLatin1Json(bytes: Uint8Array): Latin1Json | undefined {
  if (bytes.length < FAST_PATH_MIN_BYTES) return undefined
  const text = viewOf(bytes).toString('latin1')
  if (hasWideEscape(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isDeeper(value) ? undefined : { value }
  } catch {
    return undefined
  }
}

/** A part of it with its texts as they were sent. */
export function decodeUtf8<T>(part: T): T {
  const text = JSON.stringify(part)
  return isAscii(text) ? part : (JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as T)
}

export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false
  return true
}

/** Whether an escape stands for a character beyond ASCII, or may: Go escapes <, > and &, which are no harm. */
function hasWideEscape(text: string): boolean {
  for (let at = text.indexOf('\\u'); at >= 0; at = text.indexOf('\\u', at + 2))
    if (text[at + 2] !== '0' || text[at + 3] !== '0' || !(text.charCodeAt(at + 4) < 0x38))
      return true
  return false
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
