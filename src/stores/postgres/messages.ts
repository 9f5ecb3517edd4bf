import type { MessageQuery, Page, StoredMessage } from '../store.ts'
import type { Tx } from './database.ts'
import { attemptsOf, containing, MESSAGE_COLUMNS, type MessageRow, messageFrom } from './rows.ts'

/** Newest first, so that a page before the newest begins here. */
const NEWEST = Number.MAX_SAFE_INTEGER

/** Messages whose text is looked at in one go. */
const MOST_READ = 1_000

/** Rare states have an index of their own. */
const OF_STATE = {
  pending: `state IN ('pending', 'sending') AND state = 'pending'`,
  sending: `state IN ('pending', 'sending') AND state = 'sending'`,
  dead: `state = 'dead'`,
  sent: `state = 'sent'`,
  any: 'TRUE',
} as const

/** Messages, newest first; of a text that is looked for, a page may end early. */
export async function messages(tx: Tx, query: MessageQuery): Promise<Page<StoredMessage>> {
  const { limit, text } = query
  const { where, values } = filtered(query)
  const idsOf = async (more: string, ...others: unknown[]): Promise<number[]> => {
    const rows = await tx.all<{ id: number }>(
      `SELECT id FROM messages WHERE ${where} ${more}`,
      ...values,
      ...others,
    )
    return rows.map((row) => row.id)
  }
  const at = values.length
  const newest = `ORDER BY id DESC LIMIT $${at + 1}`
  if (text === undefined) {
    const ids = await idsOf(newest, limit + 1)
    return pageOf(tx, ids.slice(0, limit), ids.length > limit ? ids[limit - 1] : undefined)
  }
  const read = await idsOf(newest, MOST_READ)
  const last = read.at(-1)
  if (last === undefined) return { items: [], next: null }
  const found = await idsOf(
    `AND id >= $${at + 2} AND (title ILIKE $${at + 3} OR text ILIKE $${at + 3}) ${newest}`,
    limit + 1,
    last,
    containing(text),
  )
  if (found.length > limit) return pageOf(tx, found.slice(0, limit), found[limit - 1])
  return pageOf(tx, found, read.length === MOST_READ ? last : undefined)
}

function filtered(query: MessageQuery): { where: string; values: unknown[] } {
  const values: unknown[] = [Number(query.before ?? NEWEST)]
  const conditions = [OF_STATE[query.state ?? 'any'], 'id < $1']
  for (const column of ['channel', 'robot'] as const) {
    const value = query[column]
    if (value === undefined) continue
    values.push(value)
    conditions.push(`${column} = $${values.length}`)
  }
  return { where: conditions.join(' AND '), values }
}

async function pageOf(
  tx: Tx,
  ids: readonly number[],
  next: number | undefined,
): Promise<Page<StoredMessage>> {
  const rows = await tx.all<MessageRow>(
    `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ANY($1::bigint[]) ORDER BY id DESC`,
    ids,
  )
  const attempts = await attemptsOf(tx, ids, 'last')
  return {
    items: rows.map((row) => messageFrom(tx, row, attempts.get(row.id) ?? [])),
    next: next === undefined ? null : String(next),
  }
}
