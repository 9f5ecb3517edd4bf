import type { FailedPage, FailedQuery, Snapshot } from '../queries.ts'
import type { SqlValue, Tx } from '../tx.ts'
import { FAILED, isId, patternOf } from './messages.ts'

/** Maximum number of messages that one query reads, because it searches the text of each. */
const MAX_SCANNED = 1_000

const MAX_COUNTED = 10_000

/** Failed messages, oldest first. A page may have fewer than `limit`; its `next` continues. */
export async function failed(tx: Tx, query: FailedQuery): Promise<FailedPage> {
  const { text, ids, limit } = query
  const values: SqlValue[] = [Number(query.after ?? 0)]
  const conditions = [FAILED, 'id > $1']
  for (const column of ['channel', 'robot'] as const) {
    const value = query[column]
    if (value === undefined) continue
    values.push(value)
    conditions.push(`${column} = $${values.length}`)
  }
  if (ids !== undefined) {
    values.push(ids.filter(isId).map(Number))
    conditions.push(`id IN LIST($${values.length}, BIGINT)`)
  }
  const most = Math.min(limit, MAX_SCANNED)
  values.push(most)
  const scanned = await tx.all<{ id: number }>(
    `SELECT id FROM messages WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT $${values.length}`,
    values,
  )
  const next = scanned.length === most ? String(scanned.at(-1)?.id) : undefined
  const found = text === undefined ? scanned : await withText(tx, scanned, text)
  return { ids: found.map(({ id }) => String(id)), next }
}

/** How many messages have failed, counted up to MAX_COUNTED. */
export async function failedCount(tx: Tx): Promise<Snapshot['failed']> {
  const row = await tx.get<{ n: number; severe: number; oldest: number | null }>(
    `SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE level <= 2) AS severe, MIN(created_at) AS oldest
     FROM (SELECT level, created_at FROM messages WHERE ${FAILED} ORDER BY id DESC LIMIT ${MAX_COUNTED}) f`,
  )
  return {
    count: row?.n ?? 0,
    severe: row?.severe ?? 0,
    oldest: row?.oldest == null ? undefined : tx.date(row.oldest),
  }
}

function withText(
  tx: Tx,
  rows: readonly { id: number }[],
  text: string,
): Promise<{ id: number }[]> {
  return tx.all(
    `SELECT id FROM messages WHERE id IN LIST($1, BIGINT)
       AND (title ILIKE $2 ESCAPE '\\' OR text ILIKE $2 ESCAPE '\\') ORDER BY id`,
    [rows.map(({ id }) => id), patternOf(text)],
  )
}

/** Dismisses those of the messages that are dead and not dismissed; returns how many. */
export function dismiss(
  tx: Tx,
  ids: readonly string[],
  { at, by }: { at: Date; by: string },
): Promise<number> {
  return tx.run(
    `UPDATE messages SET dismissed_at = $2, dismissed_by = $3
     WHERE id IN LIST($1, BIGINT) AND state = 'dead' AND dismissed_at IS NULL`,
    [ids.filter(isId).map(Number), tx.ms(at), by],
  )
}
