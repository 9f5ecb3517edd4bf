import type { AlertQuery } from '../queries.ts'
import type { SqlValue, Tx } from '../tx.ts'
import { readNewestAlert, selectOfMessages, selectWaiting } from './deliveries.ts'
import { readColumn, readValue, Where } from './rows.ts'
import { IN_STATE, OPEN } from './schema.ts'

const BATCH_SIZE = 500

/** Ids in one scan. Most columns of alerts have no index, so lists are scanned by ranges of ids. */
const SCAN_WIDTH = 20_000
/** Ids in the first scan for alerts that wait, are being sent or are dead. If these are rare, the next scan is larger. */
const FIRST_SCAN_WIDTH = 2_000
const GROWTH = 8

interface IdRange {
  low: number
  high: number
}

/** Ids of alerts that may match, in the order of the list. `edge` is the last id that the scan has passed. */
interface Candidates {
  ids: number[]
  edge: number
  isLast: boolean
}

/** Yields batches of alerts that may match; the caller compares each with the query. */
export async function* scanCandidates(tx: Tx, query: AlertQuery): AsyncGenerator<Candidates> {
  const { order = 'newest', message, state } = query
  const isNewest = order === 'newest'
  const isSparse = state === 'pending' || state === 'sending' || state === 'dead'
  let { low, high } = await readIdRange(tx, query)
  let width = isSparse ? FIRST_SCAN_WIDTH : SCAN_WIDTH
  while (low <= high) {
    // A message finds its alerts by itself, whatever their ids.
    const step = message === undefined ? width : Number.POSITIVE_INFINITY
    const from = isNewest ? Math.max(low, high - step + 1) : low
    const to = isNewest ? high : Math.min(high, low + step - 1)
    const { sql, values } = candidatesSql(query, { low: from, high: to })
    const direction = isNewest ? 'DESC' : 'ASC'
    const ids = await readColumn<number>(
      tx,
      `${sql} ORDER BY id ${direction} LIMIT ${BATCH_SIZE}`,
      values,
    )
    const isFull = ids.length === BATCH_SIZE
    const edge = isFull ? (ids.at(-1) as number) : isNewest ? from : to
    if (isNewest) high = edge - 1
    else low = edge + 1
    yield { ids, edge, isLast: low > high }
    if (isSparse && !isFull) width *= GROWTH
  }
}

interface Sql {
  sql: string
  values: readonly SqlValue[]
}

/** Selects from `alerts` in a range of ids by the query's channel, levels, status and fingerprint. */
export function scanSql(
  { channel, levels, status, fingerprint }: AlertQuery,
  { low, high }: IdRange,
  { columns = 'id', only = 'TRUE' } = {},
): Sql {
  const where = new Where(['id > $1 AND id <= $2', only], [low - 1, high])
    .add('channel = ?', channel)
    .add('level IN LIST(?, BIGINT)', levels)
    .add('status = ?', status)
    .add('fingerprint = ?', fingerprint)
  return { sql: `SELECT ${columns} FROM alerts WHERE ${where.sql}`, values: where.values }
}

/** Selects ids of alerts that may match: by message, or by state and channel. */
function candidatesSql(query: AlertQuery, range: IdRange): Sql {
  const { message, state, channel } = query
  const bounds = [range.low - 1, range.high]
  const distinct = (sql: string, value?: SqlValue): Sql => ({
    sql: `SELECT DISTINCT alert AS id FROM (${sql}) c`,
    values: value === undefined ? bounds : [...bounds, value],
  })
  const columns = 'd.alert'
  if (message !== undefined)
    return distinct(selectOfMessages('id = $3', { columns }), Number(message))
  const ofChannel = channel === undefined ? '' : 'AND d.channel = $3'
  const deliveries = { columns, and: ofChannel }
  switch (state) {
    case 'pending':
      return distinct(selectWaiting(deliveries), channel)
    case 'sending':
      return distinct(selectOfMessages(OPEN, deliveries), channel)
    case 'dead':
      return distinct(
        `SELECT d.id AS alert FROM alerts d WHERE d.final_state = 'dead' AND d.id > $1 AND d.id <= $2 ${ofChannel}
         UNION ALL ${selectOfMessages(IN_STATE.dead, deliveries)}`,
        channel,
      )
    case 'suppressed':
      return scanSql(query, range, { only: SUPPRESSED })
    default:
      return scanSql(query, range)
  }
}

/** SQL: suppressed alerts, which the index alerts_final_state finds. */
export const SUPPRESSED = `final_state = 'suppressed'`

/** Around an instant, this many rows may be out of order, because several processes accept alerts. */
const DISORDER = 1_000

/** The range of ids that contains the alerts of a list. Ids ascend nearly with the time of receipt. */
export async function readIdRange(tx: Tx, query: AlertQuery): Promise<IdRange> {
  const { from, to, before, order = 'newest', message } = query
  const range = { low: 1, high: Number.MAX_SAFE_INTEGER }
  if (message === undefined) {
    range.low = (await readValue(tx, 'SELECT MIN(id) FROM alerts')) ?? 1
    range.high = await readNewestAlert(tx)
  }
  if (from !== undefined)
    range.low = (await readValue(tx, FIRST_SINCE, [tx.ms(from)])) ?? range.high + 1
  if (to !== undefined)
    range.high = (await readValue(tx, LAST_BEFORE, [tx.ms(to)])) ?? range.low - 1
  if (before === undefined) return range
  return order === 'newest'
    ? { ...range, high: Math.min(range.high, Number(before) - 1) }
    : { ...range, low: Math.max(range.low, Number(before) + 1) }
}

const FIRST_SINCE = `SELECT MIN(id) AS id FROM (
  SELECT id FROM alerts WHERE payload >= (SELECT MIN(id) FROM (
    SELECT id FROM payloads WHERE received_at >= $1 ORDER BY received_at, id LIMIT ${DISORDER}) p)
  ORDER BY payload, id LIMIT ${DISORDER}) a`

const LAST_BEFORE = `SELECT MAX(id) AS id FROM (
  SELECT id FROM alerts WHERE payload <= (SELECT MAX(id) FROM (
    SELECT id FROM payloads WHERE received_at < $1 ORDER BY received_at DESC, id DESC LIMIT ${DISORDER}) p)
  ORDER BY payload DESC, id DESC LIMIT ${DISORDER}) a`
