import type { AlertState } from '../../model/message.ts'
import {
  type AlertQuery,
  MAX_LISTED_ALERTS,
  type MessageWithAlerts,
  type Page,
  type Spellings,
  type StoredAlert,
  type Total,
} from '../queries.ts'
import type { Tx } from '../tx.ts'
import { readIdRange, SUPPRESSED, scanCandidates, scanSql } from './alert-scan.ts'
import { MESSAGE_OF, OF_WATERMARK, readMessageAlerts } from './deliveries.ts'
import { MAX_TOTAL, totalOf } from './message-list.ts'
import { findMessage } from './messages.ts'
import { readPayloadTexts } from './payload-blobs.ts'
import { fromRow, readValue } from './rows.ts'

/** Alerts that one query reads for a rare filter; the page then ends early, and `next` continues. */
const MAX_READ = 3_000
/** Fewer when the query reads payloads, which cost several times as much. */
const MAX_SEARCHED = 1_000
/** Scans that one query makes at most, even if they find few alerts. */
const MAX_SCANS = 12
/** Fewer for a query by fingerprint, whose matches are close together. */
const MAX_NEAR_SCANS = 4

export async function message(
  tx: Tx,
  name: string,
  limit = MAX_LISTED_ALERTS,
): Promise<MessageWithAlerts | undefined> {
  const message = await findMessage(tx, name)
  if (message === undefined) return undefined
  const carried = await readMessageAlerts(tx, { ...message, id: Number(message.id) }, { limit })
  const ids = carried.map(({ alert }) => alert)
  const byId = await readAlerts(tx, ids)
  return { message, alerts: ids.flatMap((id) => byId.get(id) ?? []) }
}

/** A page of alerts. A rare filter may end a page early. */
export async function alerts(tx: Tx, query: AlertQuery): Promise<Page<StoredAlert>> {
  const { limit, words } = query
  const maxRead = words === undefined ? MAX_READ : MAX_SEARCHED
  const maxScans = query.fingerprint === undefined ? MAX_SCANS : MAX_NEAR_SCANS
  const items: StoredAlert[] = []
  let read = 0
  let scans = 0
  let last: number | undefined
  for await (const { ids, edge, isLast } of scanCandidates(tx, query)) {
    const byId = await readAlerts(tx, ids)
    const payloads = words && (await findPayloads(tx, [...byId.values()], words))
    for (const id of ids) {
      const alert = byId.get(id)
      if (alert !== undefined && matches(alert, query, payloads)) {
        if (items.length === limit) return { items, next: String(last) }
        items.push(alert)
      }
      last = id
    }
    last = edge
    read += ids.length
    scans += 1
    if (isLast) break
    if (read >= maxRead || scans >= maxScans)
      return { items, next: String(edge), ...(await readReached(tx, edge)) }
  }
  return { items, next: null }
}

/** Counts by a scan of up to MAX_TOTAL alerts, or by the index of suppressed alerts; undefined for other queries. */
export async function alertTotal(tx: Tx, query: AlertQuery): Promise<Total | undefined> {
  const { state, words, message, channel, levels, status, fingerprint } = query
  if (words !== undefined || message !== undefined) return undefined
  if (state !== undefined && state !== 'suppressed') return undefined
  const isNarrow = [channel, levels, status, fingerprint].some((each) => each !== undefined)
  if (isNarrow && state !== undefined) return undefined
  const { low, high } = await readIdRange(tx, query)
  // A filtered count scans only MAX_TOTAL ids, from the beginning of the list.
  const bounded =
    state === undefined && isNarrow && high - low >= MAX_TOTAL
      ? query.order === 'oldest'
        ? { low, high: low + MAX_TOTAL - 1 }
        : { low: high - MAX_TOTAL + 1, high }
      : { low, high }
  const { sql, values } = scanSql(query, bounded, {
    columns: '1',
    only: state === undefined ? 'TRUE' : SUPPRESSED,
  })
  const found = `SELECT COUNT(*) FROM (${sql} LIMIT ${MAX_TOTAL + 1}) a`
  const { count, isExact } = totalOf((await readValue(tx, found, values)) ?? 0)
  return { count, isExact: isExact && bounded.low === low && bounded.high === high }
}

function matches(
  alert: StoredAlert,
  query: AlertQuery,
  payloads: ReadonlySet<number> | undefined,
): boolean {
  const { state, channel, status, levels, fingerprint, from, to } = query
  return (
    (state === undefined || alert.state === state) &&
    (channel === undefined || alert.channel === channel) &&
    (status === undefined || alert.status === status) &&
    (levels === undefined || levels.includes(alert.level)) &&
    (fingerprint === undefined || alert.fingerprint === fingerprint) &&
    (from === undefined || alert.receivedAt >= from) &&
    (to === undefined || alert.receivedAt < to) &&
    payloads?.has(alert.payload) !== false
  )
}

/** The receipt time of the alert at the edge of a scan. */
async function readReached(tx: Tx, edge: number): Promise<{ reached?: Date }> {
  const at = await readValue<number>(
    tx,
    `SELECT p.received_at FROM alerts a JOIN payloads p ON p.id = a.payload
     WHERE a.id >= $1 ORDER BY a.id LIMIT 1`,
    [edge],
  )
  return at === undefined ? {} : { reached: tx.date(at) }
}

/** Ids of the alerts' payloads that contain every word in one of its spellings, ignoring case. */
async function findPayloads(
  tx: Tx,
  alerts: readonly StoredAlert[],
  words: readonly Spellings[],
): Promise<Set<number>> {
  const lowerWords = words.map((spellings) => spellings.map((each) => each.toLowerCase()))
  const matching = new Set<number>()
  const ids = [...new Set(alerts.map(({ payload }) => payload))]
  for await (const { id, text } of readPayloadTexts(tx, ids)) {
    const lower = text.toLowerCase()
    if (lowerWords.every((spellings) => spellings.some((each) => lower.includes(each))))
      matching.add(id)
  }
  return matching
}

interface AlertRow {
  id: number
  final_state: 'suppressed' | 'dead' | null
  reason: string | null
}

interface DeliveryRow {
  alert: number
  /** NULL or 0 while the alert waits. */
  message: number | null
  state: string | null
  reason: string | null
  sent_at: number | null
}

/** Alerts by id, without pruned ones. */
async function readAlerts(tx: Tx, ids: readonly number[]): Promise<Map<number, StoredAlert>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.all<AlertRow>(
    `SELECT a.id, a.channel, p.source, a.fingerprint, a.status, a.level, a.final_state, a.reason, p.received_at,
       a.repeats, a.position, a.payload
     FROM alerts a JOIN payloads p ON p.id = a.payload WHERE a.id IN LIST($1, BIGINT)`,
    [ids],
  )
  const deliveries = await tx.all<DeliveryRow>(
    `SELECT o.alert, o.message, m.state, m.reason, m.sent_at FROM (
       SELECT d.alert, ${MESSAGE_OF} AS message FROM alerts a CROSS JOIN watermarks w CROSS JOIN deliveries d
       WHERE a.id IN LIST($1, BIGINT) AND w.channel = a.channel AND w.level = a.level
         AND ${OF_WATERMARK} AND d.alert = a.id) o
     LEFT JOIN messages m ON m.id = o.message ORDER BY o.alert, o.message`,
    [ids],
  )
  const byAlert = Map.groupBy(deliveries, ({ alert }) => alert)
  return new Map(rows.map((row) => [row.id, alertFrom(tx, row, byAlert.get(row.id) ?? [])]))
}

function alertFrom(tx: Tx, row: AlertRow, deliveries: readonly DeliveryRow[]): StoredAlert {
  const { id, final_state, reason, ...same } = row
  const state = final_state ?? stateOf(deliveries)
  const dead = deliveries.find((each) => each.state === 'dead')
  const sent = deliveries.flatMap((each) => each.sent_at ?? [])
  return {
    ...fromRow<Omit<StoredAlert, keyof AlertRow | 'state' | 'messageIds' | 'deliveredAt'>>(
      tx,
      same,
    ),
    id: String(id),
    state,
    reason: reason ?? (state === 'dead' ? (dead?.reason ?? undefined) : undefined),
    messageIds: deliveries.flatMap(({ message }) => (message ? [String(message)] : [])),
    deliveredAt: sent.length === 0 ? undefined : tx.date(Math.min(...sent)),
  }
}

/** The least advanced of its deliveries decides: pending, sending, dead, sent. */
function stateOf(deliveries: readonly DeliveryRow[]): AlertState {
  if (deliveries.some(({ message }) => message === null || message === 0)) return 'pending'
  if (deliveries.some(({ state }) => state === 'pending' || state === 'sending')) return 'sending'
  return deliveries.some(({ state }) => state === 'dead') ? 'dead' : 'sent'
}
