import type { Level } from '../../model/level.ts'
import type { QueuePlace } from '../queries.ts'
import type { Tx } from '../tx.ts'
import { readColumn, readValue } from './rows.ts'
import { OPEN } from './schema.ts'

/** Lock name of a queue. Accepts share it; whatever moves alerts or messages of the queue holds it exclusively. */
export function queueLock(queue: string): string {
  return `queue ${queue}`
}

/** Locks a message's queue and `others`; returns the queue, or undefined if there is no such message. */
export async function lockQueueOf(
  tx: Tx,
  message: number,
  others: readonly string[] = [],
): Promise<string | undefined> {
  const sql = 'SELECT queue FROM messages WHERE id = $1'
  const queue = await readValue<string>(tx, sql, [message])
  if (queue !== undefined) await tx.lock([...others, queueLock(queue)])
  return queue
}

/** Sorts by queue, then channel. */
export function byPlace(a: QueuePlace, b: QueuePlace): number {
  return compare(a.queue, b.queue) || compare(a.channel, b.channel)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** SQL: the message of delivery `d`; NULL or 0 while the alert waits. */
export const MESSAGE_OF = `COALESCE(d.message, (SELECT r.message FROM delivery_ranges r
  WHERE r.queue = d.queue AND r.channel = d.channel AND r.level = d.level AND r.up_to >= d.alert
  ORDER BY r.up_to LIMIT 1))`

/** SQL: the deliveries `d` of watermark `w`, waiting or not. */
export const OF_WATERMARK = 'd.queue = w.queue AND d.channel = w.channel AND d.level = w.level'

/** Parts of a query on deliveries `d`: its columns, and a further condition that begins with AND. */
interface DeliveryQuery {
  columns: string
  and?: string
}

/** SQL: waiting deliveries of alerts with $1 < id <= $2. */
export function selectWaiting({ columns, and = '' }: DeliveryQuery): string {
  return `SELECT ${columns} FROM watermarks w CROSS JOIN deliveries d
      WHERE ${OF_WATERMARK} AND d.alert > GREATEST(w.up_to, $1) AND d.alert <= $2 AND d.message IS NULL ${and}
    UNION ALL SELECT ${columns} FROM deliveries d WHERE d.message = 0 AND d.alert > $1 AND d.alert <= $2 ${and}`
}

/** SQL: deliveries of alerts with $1 < id <= $2 in those messages that meet a condition, in digests as well. */
export function selectOfMessages(condition: string, { columns, and = '' }: DeliveryQuery): string {
  const messages = `(SELECT id FROM messages WHERE ${condition}) m`
  return `SELECT ${columns} FROM ${messages} CROSS JOIN deliveries d
      WHERE d.message = m.id AND d.alert > $1 AND d.alert <= $2 ${and}
    UNION ALL SELECT ${columns} FROM ${messages} CROSS JOIN delivery_ranges r CROSS JOIN deliveries d
      WHERE r.message = m.id AND d.queue = r.queue AND d.channel = r.channel AND d.level = r.level
        AND d.alert > GREATEST(r.after, $1) AND d.alert <= LEAST(r.up_to, $2) AND d.message IS NULL ${and}`
}

/** SQL: true if any queue contains the alert in a row of `alerts`, which is the name or alias of that table. */
export function hasDelivery(alerts: string): string {
  return `EXISTS (SELECT 1 FROM watermarks w CROSS JOIN deliveries d WHERE w.channel = ${alerts}.channel
    AND w.level = ${alerts}.level AND ${OF_WATERMARK} AND d.alert = ${alerts}.id)`
}

/**
 * Returns those alerts that a place let through and will not deliver: their message is dead, their channel was removed,
 * or they moved to another queue. Pruned alerts are not returned.
 */
export async function findUndeliverable(
  tx: Tx,
  { queue, channel }: QueuePlace,
  alerts: readonly number[],
): Promise<ReadonlySet<number>> {
  if (alerts.length === 0) return new Set()
  return new Set(await readColumn<number>(tx, UNDELIVERABLE, [queue, channel, alerts]))
}

/** A suppressed alert may be a valid last entry of its group (resolved_off, muted), unless a move found it outdated. */
const UNDELIVERABLE = `SELECT a.id FROM alerts a
  LEFT JOIN deliveries d ON d.queue = $1 AND d.channel = $2 AND d.level = a.level AND d.alert = a.id
  WHERE a.id IN LIST($3, BIGINT) AND CASE WHEN d.alert IS NULL
    THEN COALESCE(a.final_state, '') <> 'suppressed' OR COALESCE(a.reason, '') = 'outdated'
    ELSE EXISTS (SELECT 1 FROM messages m WHERE m.id = ${MESSAGE_OF} AND m.state = 'dead') END`

/** The id of the newest alert; 0 without any. */
export async function readNewestAlert(tx: Tx): Promise<number> {
  return (await readValue<number>(tx, 'SELECT MAX(id) FROM alerts')) ?? 0
}

/** When alerts were received, by id. */
export async function readReceivedAt(
  tx: Tx,
  alerts: readonly number[],
): Promise<Map<number, Date>> {
  const rows = await tx.all<{ id: number; at: number }>(
    `SELECT a.id, p.received_at AS at FROM alerts a JOIN payloads p ON p.id = a.payload
     WHERE a.id IN LIST($1, BIGINT)`,
    [alerts],
  )
  return new Map(rows.map(({ id, at }) => [id, tx.date(at)]))
}

/** What blocks the waiting alerts of a place: open messages about the same alerts, which must arrive first. */
export interface Blocked {
  /** Fingerprints in open messages other than digests. */
  fingerprints: string[]
  /**
   * Start of an open digest's ranges. Alerts whose predecessor is newer than this are blocked, because the digest may
   * contain it.
   */
  after: number | undefined
}

/** Reads which alerts of a place are blocked. Ignores the message `except`, which is being claimed. */
export async function readBlocked(
  tx: Tx,
  { queue, channel }: QueuePlace,
  except = 0,
): Promise<Blocked> {
  const open = await readColumn<number>(
    tx,
    `SELECT id FROM messages WHERE queue = $1 AND channel = $2 AND ${OPEN} AND id <> $3`,
    [queue, channel, except],
  )
  if (open.length === 0) return { fingerprints: [], after: undefined }
  const fingerprints = await readColumn<string>(
    tx,
    `SELECT DISTINCT a.fingerprint FROM deliveries d CROSS JOIN alerts a
     WHERE d.message IN LIST($1, BIGINT) AND a.id = d.alert`,
    [open],
  )
  const ranges = 'SELECT MIN(after) FROM delivery_ranges WHERE message IN LIST($1, BIGINT)'
  return { fingerprints, after: await readValue<number>(tx, ranges, [open]) }
}

export function isBlocked(
  { fingerprint, previous }: { fingerprint: string; previous: number },
  { fingerprints, after }: Blocked,
): boolean {
  return (after !== undefined && previous > after) || fingerprints.includes(fingerprint)
}

/** SQL: alert `a` is not blocked. Binds `blockedValues` from parameter `first` on. */
export function unblocked(first: number): string {
  return `AND a.previous <= $${first} AND a.fingerprint NOT IN LIST($${first + 1}, TEXT)`
}

export function blockedValues({ fingerprints, after }: Blocked): [number, string[]] {
  return [after ?? Number.MAX_SAFE_INTEGER, fingerprints]
}

export const LEVELS_IN_ORDER: readonly Level[] = [1, 2, 3, 4, 5]

/** Reads, for each level that a place ever had, the id up to which all its alerts were taken or skipped. */
export async function readWatermarks(
  tx: Tx,
  { queue, channel }: QueuePlace,
): Promise<Map<Level, number>> {
  const rows = await tx.all<{ level: Level; up_to: number }>(
    'SELECT level, up_to FROM watermarks WHERE queue = $1 AND channel = $2 ORDER BY level',
    [queue, channel],
  )
  return new Map(rows.map(({ level, up_to }) => [level, up_to]))
}

/** Places that have ever had alerts, of all channels or of these. */
export async function readPlaces(tx: Tx, channels?: readonly string[]): Promise<QueuePlace[]> {
  return tx.all<QueuePlace>(
    `SELECT DISTINCT queue, channel FROM watermarks ${channels === undefined ? '' : 'WHERE channel IN LIST($1, TEXT)'}
     ORDER BY queue, channel`,
    [...(channels === undefined ? [] : [channels])],
  )
}

/** Moves a level's watermark to just below the first alert that still waits, after `claimed` were taken. */
export async function advanceWatermark(
  tx: Tx,
  { queue, channel, level, upTo }: QueuePlace & { level: Level; upTo: number },
  claimed: readonly number[],
): Promise<void> {
  const first = await readValue<number>(
    tx,
    `SELECT MIN(alert) FROM deliveries
     WHERE queue = $1 AND channel = $2 AND level = $3 AND alert > $4 AND message IS NULL`,
    [queue, channel, level, upTo],
  )
  const next = first === undefined ? Math.max(upTo, ...claimed) : first - 1
  if (next > upTo)
    await tx.run(
      'UPDATE watermarks SET up_to = $4 WHERE queue = $1 AND channel = $2 AND level = $3',
      [queue, channel, level, next],
    )
}

/** Makes a message's alerts wait again in their queue. Returns their number. */
export async function requeue(tx: Tx, message: number): Promise<number> {
  await expandRanges(tx, message)
  return tx.run('UPDATE deliveries SET message = 0 WHERE message = $1', [message])
}

/** Replaces a digest's ranges by its id in each delivery that they cover. */
export async function expandRanges(tx: Tx, message: number): Promise<void> {
  for (const range of await readRanges(tx, message))
    await tx.run(`UPDATE deliveries SET message = $6 WHERE ${IN_RANGE}`, [
      ...rangeValues(range),
      message,
    ])
  await tx.run('DELETE FROM delivery_ranges WHERE message = $1', [message])
}

/** Deliveries that a digest contains: those with `after` < alert <= `up_to` whose message is NULL. */
interface DeliveryRange extends QueuePlace {
  level: Level
  after: number
  up_to: number
}

/** SQL: the deliveries of a range that no message has taken by itself. Binds rangeValues. */
export const IN_RANGE =
  'queue = $1 AND channel = $2 AND level = $3 AND alert > $4 AND alert <= $5 AND message IS NULL'

export function rangeValues({ queue, channel, level, after, up_to }: DeliveryRange) {
  return [queue, channel, level, after, up_to] as const
}

export async function readRanges(tx: Tx, message: number): Promise<DeliveryRange[]> {
  return tx.all<DeliveryRange>(
    'SELECT queue, channel, level, after, up_to FROM delivery_ranges WHERE message = $1',
    [message],
  )
}

/**
 * The last alert of a page of a range's deliveries; undefined if fewer are left. `waits` is an SQL condition on them.
 */
export async function readPageEnd(
  tx: Tx,
  range: DeliveryRange,
  { size, waits = 'd.message IS NULL' }: { size: number; waits?: string },
): Promise<number | undefined> {
  return readValue(
    tx,
    `SELECT alert FROM deliveries d WHERE queue = $1 AND channel = $2 AND level = $3 AND alert > $4 AND alert <= $5
       AND ${waits} ORDER BY alert LIMIT 1 OFFSET $6`,
    [...rangeValues(range), size - 1],
  )
}

/** A message with its queue and channel, which are needed to find its alerts. */
export interface PlacedMessage extends QueuePlace {
  id: number
}

/** A delivery in a message; `level` is that of its row. */
export interface MessageDelivery {
  alert: number
  level: Level
}

const ALERTS_BY_ID = `SELECT alert FROM deliveries
  WHERE message = $1 AND queue = $2 AND channel = $3 AND level = $4 AND alert > $5 ORDER BY alert LIMIT $6`
const ALERTS_BY_RANGE = `SELECT alert FROM deliveries WHERE ${IN_RANGE} ORDER BY alert LIMIT $6`

/** A page of a message's alerts after a given one: the most severe first, then the oldest. Uses only index lookups. */
export async function readMessageAlerts(
  tx: Tx,
  { id, queue, channel }: PlacedMessage,
  { after, limit }: { after?: MessageDelivery | undefined; limit: number },
): Promise<MessageDelivery[]> {
  const ranges = await readRanges(tx, id)
  const carried: MessageDelivery[] = []
  for (const level of LEVELS_IN_ORDER) {
    if (level < (after?.level ?? 1)) continue
    const from = level === after?.level ? after.alert : 0
    const left = limit - carried.length
    const values = [id, queue, channel, level, from, left]
    const alerts = await readColumn<number>(tx, ALERTS_BY_ID, values)
    for (const range of ranges.filter((each) => each.level === level)) {
      const rest = rangeValues({ ...range, after: Math.max(from, range.after) })
      alerts.push(...(await readColumn<number>(tx, ALERTS_BY_RANGE, [...rest, left])))
    }
    alerts.sort((a, b) => a - b)
    for (const alert of alerts.slice(0, left)) carried.push({ alert, level })
    if (carried.length === limit) break
  }
  return carried
}
