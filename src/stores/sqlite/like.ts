import type { Spellings } from '../store.ts'
import type { Database } from './database.ts'

/** A pattern for LIKE … ESCAPE '\' of whatever holds a text; the case of ASCII letters does not matter. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/** Whether a payload holds each of the words in one of its spellings; alerts of one payload in a row cost one look. */
export function payloadHolds(
  db: Database,
  words: readonly Spellings[],
): (payload: number) => boolean {
  const conditions = words.map(
    (spellings) => `(${spellings.map(() => `text LIKE ? ESCAPE '\\'`).join(' OR ')})`,
  )
  const sql = ['SELECT 1 FROM payloads WHERE id = ?', ...conditions].join(' AND ')
  const values = words.flat().map(containing)
  const last = { payload: -1, holds: false }
  return (payload) => {
    if (payload !== last.payload)
      Object.assign(last, { payload, holds: db.get(sql, payload, ...values) !== undefined })
    return last.holds
  }
}
