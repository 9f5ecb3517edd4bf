import type { AlertState } from '../../model/message.ts'
import type { AlertQuery } from '../queries.ts'
import type { SqlValue, Tx } from '../tx.ts'
import { IN_RANGE, OF_WATERMARK } from './deliveries.ts'

export const BATCH_SIZE = 500

/** Ids in one scan. Most columns of alerts have no index, so lists are scanned by ranges of ids. */
const SCAN_WIDTH = 20_000
/** Ids in the first scan for alerts that wait, are being sent or are dead. If these are rare, the next scan is larger. */
const FIRST_SCAN_WIDTH = 2_000
const GROWTH = 8

export interface IdRange {
  low: number
  high: number
}

/** Ids of alerts that may match, in the order of the list. All ids up to `edge` have been scanned. */
export interface Candidates {
  ids: number[]
  edge: number
  isLast: boolean
}

/** Yields batches of alerts that may match; the caller compares each with the query. */
export async function* candidatesOf(tx: Tx, query: AlertQuery): AsyncGenerator<Candidates> {
  const { order = 'newest', message, state } = query
  const isNewest = order === 'newest'
  const isSparse = state === 'pending' || state === 'sending' || state === 'dead'
  let { low, high } = await idRangeOf(tx, query)
  let width = isSparse ? FIRST_SCAN_WIDTH : SCAN_WIDTH
  while (low <= high) {
    const whole = message !== undefined
    const from = isNewest && !whole ? Math.max(low, high - width + 1) : low
    const to = isNewest || whole ? high : Math.min(high, low + width - 1)
    const ids = await idsBetween(tx, query, { low: from, high: to })
    const isFull = ids.length === BATCH_SIZE
    const edge = isFull ? (ids.at(-1) as number) : isNewest ? from : to
    if (isNewest) high = edge - 1
    else low = edge + 1
    yield { ids, edge, isLast: low > high }
    if (isSparse && !isFull) width *= GROWTH
  }
}

async function idsBetween(tx: Tx, query: AlertQuery, { low, high }: IdRange): Promise<number[]> {
  const { message, state = 'any', order = 'newest' } = query
  const { values, sql } =
    message === undefined
      ? CANDIDATES[state](query)
      : { sql: OF_MESSAGE, values: [Number(message)] }
  const direction = order === 'newest' ? 'DESC' : 'ASC'
  const rows = await tx.all<{ id: number }>(`${sql} ORDER BY id ${direction} LIMIT ${BATCH_SIZE}`, [
    low,
    high,
    ...values,
  ])
  return rows.map(({ id }) => id)
}

const OF_MESSAGE = `SELECT alert AS id FROM (
    SELECT alert FROM deliveries WHERE message = $3
    UNION ALL SELECT d.alert FROM delivery_ranges r CROSS JOIN deliveries d
      WHERE r.message = $3 AND ${IN_RANGE}) c WHERE alert BETWEEN $1 AND $2`

interface Sql {
  sql: string
  values: SqlValue[]
}

/** Selects from `alerts` by the query's channel, levels, status and fingerprint. */
export function scanSql(query: AlertQuery, columns = 'id', more = ''): Sql {
  const { channel, levels, status, fingerprint } = query
  const values: SqlValue[] = []
  const conditions: string[] = []
  const given = (value: SqlValue): string => `$${values.push(value) + 2}`
  if (channel !== undefined) conditions.push(`AND channel = ${given(channel)}`)
  if (levels !== undefined) conditions.push(`AND level IN LIST(${given([...levels])}, BIGINT)`)
  if (status !== undefined) conditions.push(`AND status = ${given(status)}`)
  if (fingerprint !== undefined) conditions.push(`AND fingerprint = ${given(fingerprint)}`)
  const where = `id BETWEEN $1 AND $2 ${more} ${conditions.join(' ')}`
  return { sql: `SELECT ${columns} FROM alerts WHERE ${where}`, values }
}

/** Selects from deliveries by channel; the caller compares the other filters later. */
function deliverySql(
  { channel }: AlertQuery,
  sql: (of: (column: string) => string) => string,
): Sql {
  const of = (column: string): string => (channel === undefined ? '' : `AND ${column} = $3`)
  return { sql: sql(of), values: channel === undefined ? [] : [channel] }
}

/** SQL: alerts of messages in the given states. */
const ofMessages = (states: string, channel: string): string => `
  SELECT d.alert AS id FROM messages m CROSS JOIN deliveries d
    WHERE m.state ${states} AND d.message = m.id AND d.alert BETWEEN $1 AND $2 ${channel}
  UNION SELECT d.alert FROM messages m CROSS JOIN delivery_ranges r CROSS JOIN deliveries d
    WHERE m.state ${states} AND r.message = m.id AND ${IN_RANGE} AND d.alert BETWEEN $1 AND $2 ${channel}`

const CANDIDATES: Record<AlertState | 'any', (query: AlertQuery) => Sql> = {
  any: (query) => scanSql(query),
  sent: (query) => scanSql(query),
  suppressed: (query) => scanSql(query, 'id', `AND final_state = 'suppressed'`),
  pending: (query) =>
    deliverySql(
      query,
      (channel) => `
    SELECT d.alert AS id FROM watermarks w CROSS JOIN deliveries d WHERE ${OF_WATERMARK}
      AND d.alert BETWEEN $1 AND $2 AND d.alert > w.up_to AND d.message IS NULL ${channel('w.channel')}
    UNION SELECT alert FROM deliveries WHERE message = 0 AND alert BETWEEN $1 AND $2 ${channel('channel')}`,
    ),
  sending: (query) =>
    deliverySql(query, (channel) => ofMessages(`IN ('pending', 'sending')`, channel('d.channel'))),
  dead: (query) =>
    deliverySql(
      query,
      (channel) =>
        `SELECT id FROM alerts WHERE final_state = 'dead' AND id BETWEEN $1 AND $2 ${channel('channel')}
     UNION ${ofMessages(`= 'dead'`, channel('d.channel'))}`,
    ),
}

/** Around an instant, this many rows may be out of order, because several processes accept alerts. */
const DISORDER = 1_000

/** The range of ids that contains the alerts of a list. Ids ascend nearly with the time of receipt. */
export async function idRangeOf(tx: Tx, query: AlertQuery): Promise<IdRange> {
  const { from, to, before, order = 'newest', message } = query
  const range = { low: 1, high: Number.MAX_SAFE_INTEGER }
  if (message === undefined) {
    const ends = await tx.get<{ low: number | null; high: number | null }>(
      'SELECT (SELECT MIN(id) FROM alerts) AS low, (SELECT MAX(id) FROM alerts) AS high',
    )
    Object.assign(range, { low: ends?.low ?? 1, high: ends?.high ?? 0 })
  }
  if (from !== undefined) range.low = (await edgeAt(tx, FIRST_SINCE, from)) ?? range.high + 1
  if (to !== undefined) range.high = (await edgeAt(tx, LAST_BEFORE, to)) ?? range.low - 1
  if (before === undefined) return range
  return order === 'newest'
    ? { ...range, high: Math.min(range.high, Number(before) - 1) }
    : { ...range, low: Math.max(range.low, Number(before) + 1) }
}

async function edgeAt(tx: Tx, sql: string, at: Date): Promise<number | undefined> {
  const row = await tx.get<{ id: number | null }>(sql, [tx.ms(at)])
  return row?.id ?? undefined
}

const FIRST_SINCE = `SELECT MIN(id) AS id FROM (
  SELECT id FROM alerts WHERE payload >= (SELECT MIN(id) FROM (
    SELECT id FROM payloads WHERE received_at >= $1 ORDER BY received_at, id LIMIT ${DISORDER}) p)
  ORDER BY payload, id LIMIT ${DISORDER}) a`

const LAST_BEFORE = `SELECT MAX(id) AS id FROM (
  SELECT id FROM alerts WHERE payload <= (SELECT MAX(id) FROM (
    SELECT id FROM payloads WHERE received_at < $1 ORDER BY received_at DESC, id DESC LIMIT ${DISORDER}) p)
  ORDER BY payload DESC, id DESC LIMIT ${DISORDER}) a`
