import type { Spellings } from '../store.ts'
import { BodyReader } from './bodies.ts'
import type { Database } from './database.ts'

/** A pattern for LIKE … ESCAPE '\' of whatever holds a text; the case of ASCII letters does not matter. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/**
 * Whether a payload holds each of the words in one of its spellings, in capitals or not; alerts of one payload in a
 * row cost one look, and payloads that came together are unpacked once.
 */
export function payloadHolds(
  db: Database,
  words: readonly Spellings[],
): (payload: number) => boolean {
  const reader = new BodyReader(db)
  const wanted = words.map((spellings) => spellings.map((each) => each.toLowerCase()))
  const last = { payload: -1, holds: false }
  return (payload) => {
    if (payload === last.payload) return last.holds
    const text = reader.payload(payload)?.text.toLowerCase()
    const holds =
      text !== undefined &&
      wanted.every((spellings) => spellings.some((each) => text.includes(each)))
    Object.assign(last, { payload, holds })
    return holds
  }
}
