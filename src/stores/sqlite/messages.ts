import type { SQLInputValue } from 'node:sqlite'
import type { MessageQuery, Page, StoredMessage } from '../store.ts'
import type { Database } from './database.ts'
import { containing } from './like.ts'
import { attemptsOf, MESSAGE_COLUMNS, type MessageRow, messageFrom } from './rows.ts'

/** Newest first, so that a page before the newest begins here. */
const NEWEST = Number.MAX_SAFE_INTEGER

/** Messages whose text is looked at in one go; accepting waits for no more than that. */
const MOST_READ = 1_000

/** Rare states have an index of their own, which is found by these very words only. */
const OF_STATE = {
  pending: `INDEXED BY messages_open WHERE state IN ('pending', 'sending') AND state = 'pending'`,
  sending: `INDEXED BY messages_open WHERE state IN ('pending', 'sending') AND state = 'sending'`,
  dead: `INDEXED BY messages_dead WHERE state = 'dead'`,
  sent: `WHERE state = 'sent'`,
  any: 'WHERE TRUE',
} as const

/** Messages, newest first; of a text that is looked for, a page may end early. */
export function messages(db: Database, query: MessageQuery): Page<StoredMessage> {
  const { limit, text } = query
  const { from, values } = filtered(query)
  if (text === undefined) {
    const ids = idsOf(db, `${from} ORDER BY id DESC LIMIT ?`, [...values, limit + 1])
    return pageOf(db, ids.slice(0, limit), ids.length > limit ? ids[limit - 1] : undefined)
  }
  const read = idsOf(db, `${from} ORDER BY id DESC LIMIT ?`, [...values, MOST_READ])
  const last = read.at(-1)
  if (last === undefined) return { items: [], next: null }
  const found = idsOf(
    db,
    `${from} AND id >= ? AND (title LIKE ? ESCAPE '\\' OR text LIKE ? ESCAPE '\\') ORDER BY id DESC LIMIT ?`,
    [...values, last, containing(text), containing(text), limit + 1],
  )
  if (found.length > limit) return pageOf(db, found.slice(0, limit), found[limit - 1])
  return pageOf(db, found, read.length === MOST_READ ? last : undefined)
}

function filtered(query: MessageQuery): { from: string; values: SQLInputValue[] } {
  const values: SQLInputValue[] = [Number(query.before ?? NEWEST)]
  const conditions = ['id < ?']
  for (const column of ['channel', 'robot'] as const) {
    const value = query[column]
    if (value === undefined) continue
    conditions.push(`${column} = ?`)
    values.push(value)
  }
  return {
    from: `FROM messages ${OF_STATE[query.state ?? 'any']} AND ${conditions.join(' AND ')}`,
    values,
  }
}

function idsOf(db: Database, sql: string, values: readonly SQLInputValue[]): number[] {
  return db.all<{ id: number }>(`SELECT id ${sql}`, ...values).map((row) => row.id)
}

function pageOf(
  db: Database,
  ids: readonly number[],
  next: number | undefined,
): Page<StoredMessage> {
  const items = ids.flatMap((id) => {
    const row = db.get<MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ?`, id)
    return row === undefined ? [] : messageFrom(row, attemptsOf(db, id, 'last'))
  })
  return { items, next: next === undefined ? null : String(next) }
}
