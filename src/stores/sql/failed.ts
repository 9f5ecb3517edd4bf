import type { FailedPage, FailedQuery, Snapshot } from '../queries.ts'
import type { Tx } from '../tx.ts'
import { FAILED, listConditions, searchConditions } from './message-list.ts'
import { isId } from './messages.ts'

/** Maximum number of messages that one query reads, because it searches the text of each. */
const MAX_SCANNED = 1_000

const MAX_COUNTED = 10_000

/** Failed messages, oldest first. A page may have fewer than `limit`; its `next` continues. */
export async function failed(tx: Tx, query: FailedQuery): Promise<FailedPage> {
  const { ids, after = '0', limit, ...filters } = query
  const asked = { ...filters, failed: true, state: 'dead', order: 'oldest', before: after } as const
  const listed = await listConditions(tx, { ...asked, limit })
  if (ids !== undefined) {
    listed.values.push(ids.filter(isId).map(Number))
    listed.where += ` AND id IN LIST($${listed.values.length}, BIGINT)`
  }
  const maxRows = Math.min(limit, MAX_SCANNED)
  const scanned = await tx.all<{ id: number }>(
    `SELECT id FROM messages WHERE ${listed.where} ORDER BY id LIMIT ${maxRows}`,
    listed.values,
  )
  const next = scanned.length === maxRows ? String(scanned.at(-1)?.id) : undefined
  const search = searchConditions(query, { where: 'TRUE', values: [scanned.map(({ id }) => id)] })
  const found =
    search === undefined
      ? scanned
      : await tx.all<{ id: number }>(
          `SELECT id FROM messages WHERE id IN LIST($1, BIGINT) AND ${search.where} ORDER BY id`,
          search.values,
        )
  return { ids: found.map(({ id }) => String(id)), next }
}

/** Counts failed messages up to MAX_COUNTED. A quota warning has a level but no alerts, and is never severe. */
export async function failedCount(tx: Tx): Promise<Snapshot['failed']> {
  const row = await tx.get<{ n: number; severe: number; oldest: number | null }>(
    `SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE level <= 2 AND alert_count > 0) AS severe, MIN(created_at) AS oldest
     FROM (SELECT level, alert_count, created_at FROM messages WHERE ${FAILED} ORDER BY id DESC LIMIT ${MAX_COUNTED}) f`,
  )
  return {
    count: row?.n ?? 0,
    severe: row?.severe ?? 0,
    oldest: row?.oldest == null ? undefined : tx.date(row.oldest),
  }
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
