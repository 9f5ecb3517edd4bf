import type { AlertState } from '../../model/message.ts'
import {
  type AlertQuery,
  MAX_LISTED_ALERTS,
  type MessageWithAlerts,
  type Page,
  type Spellings,
  type StoredAlert,
} from '../queries.ts'
import type { SqlValue, Tx } from '../tx.ts'
import { IN_RANGE, MESSAGE_OF, OF_WATERMARK, readCarried } from './deliveries.ts'
import { findMessage } from './messages.ts'
import { readPayloadTexts } from './payload-blobs.ts'

/** The cursor of the first page: lists are newest first. */
const NEWEST_FIRST = Number.MAX_SAFE_INTEGER

/** Rows that one query scans for a rare filter; the page then ends early, and `next` continues. */
const MAX_SCANNED = 20_000
const BATCH_SIZE = 500
/** Fewer when the query reads payloads, which cost several times as much. */
const MAX_SEARCHED = 5_000

export async function message(
  tx: Tx,
  name: string,
  limit = MAX_LISTED_ALERTS,
): Promise<MessageWithAlerts | undefined> {
  const message = await findMessage(tx, name)
  if (message === undefined) return undefined
  const carried = await readCarried(tx, { ...message, id: Number(message.id) }, { limit })
  const ids = carried.map(({ alert }) => alert)
  const byId = await readAlerts(tx, ids)
  return { message, alerts: ids.flatMap((id) => byId.get(id) ?? []) }
}

export async function alerts(tx: Tx, query: AlertQuery): Promise<Page<StoredAlert>> {
  const { limit, words } = query
  const maxScanned = words === undefined ? MAX_SCANNED : MAX_SEARCHED
  const items: StoredAlert[] = []
  let before = Number(query.before ?? NEWEST_FIRST)
  for (let scanned = 0; scanned < maxScanned; scanned += BATCH_SIZE) {
    const ids = await findCandidates(tx, query, before)
    const byId = await readAlerts(tx, ids)
    const payloads = words && (await findPayloads(tx, [...byId.values()], words))
    for (const id of ids) {
      const alert = byId.get(id)
      if (alert !== undefined && matches(alert, query, payloads)) {
        if (items.length === limit) return toPage(items, before)
        items.push(alert)
      }
      before = id
    }
    if (ids.length < BATCH_SIZE) return toPage(items, undefined)
  }
  return toPage(items, before)
}

function matches(
  alert: StoredAlert,
  { state, channel }: AlertQuery,
  payloads: ReadonlySet<number> | undefined,
): boolean {
  return (
    (state === undefined || alert.state === state) &&
    (channel === undefined || alert.channel === channel) &&
    payloads?.has(alert.payload) !== false
  )
}

function toPage(items: StoredAlert[], next: number | undefined): Page<StoredAlert> {
  return { items, next: next === undefined ? null : String(next) }
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

/** Ids of alerts that may match, newest first; the caller checks each. */
async function findCandidates(
  tx: Tx,
  { channel, state, message }: AlertQuery,
  before: number,
): Promise<number[]> {
  const filter = message === undefined ? channel : Number(message)
  const sql =
    message === undefined
      ? CANDIDATES[state ?? 'any'](channel === undefined ? '' : 'AND channel = $2')
      : OF_MESSAGE
  const values: SqlValue[] = filter === undefined ? [before] : [before, filter]
  const rows = await tx.all<{ id: number }>(`${sql} ORDER BY id DESC LIMIT ${BATCH_SIZE}`, values)
  return rows.map(({ id }) => id)
}

const OF_MESSAGE = `SELECT alert AS id FROM (
    SELECT alert FROM deliveries WHERE message = $2
    UNION ALL SELECT d.alert FROM delivery_ranges r CROSS JOIN deliveries d
      WHERE r.message = $2 AND ${IN_RANGE}) c WHERE alert < $1`

const inChannel = (channel: string): string => `SELECT id FROM alerts WHERE id < $1 ${channel}`

/** Alerts of messages in the given states. */
const ofMessages = (states: string, channel: string): string => `
  SELECT d.alert AS id FROM messages m CROSS JOIN deliveries d
    WHERE m.state ${states} AND d.message = m.id AND d.alert < $1 ${channel.replace('channel', 'd.channel')}
  UNION SELECT d.alert FROM messages m CROSS JOIN delivery_ranges r CROSS JOIN deliveries d
    WHERE m.state ${states} AND r.message = m.id AND ${IN_RANGE} AND d.alert < $1
      ${channel.replace('channel', 'd.channel')}`

const CANDIDATES: Record<AlertState | 'any', (channel: string) => string> = {
  any: inChannel,
  sent: inChannel,
  suppressed: (channel) =>
    `SELECT id FROM alerts WHERE final_state = 'suppressed' AND id < $1 ${channel}`,
  pending: (channel) => `
    SELECT d.alert AS id FROM watermarks w CROSS JOIN deliveries d WHERE ${OF_WATERMARK} AND d.alert > w.up_to AND d.alert < $1 AND d.message IS NULL
      ${channel.replace('channel', 'w.channel')}
    UNION SELECT alert FROM deliveries WHERE message = 0 AND alert < $1 ${channel}`,
  sending: (channel) => ofMessages(`IN ('pending', 'sending')`, channel),
  dead: (channel) =>
    `SELECT id FROM alerts WHERE final_state = 'dead' AND id < $1 ${channel}
     UNION ${ofMessages(`= 'dead'`, channel)}`,
}

interface AlertRow
  extends Omit<
    StoredAlert,
    'id' | 'state' | 'reason' | 'messageIds' | 'receivedAt' | 'deliveredAt'
  > {
  id: number
  final_state: 'suppressed' | 'dead' | null
  reason: string | null
  received_at: number
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
  const { id, final_state, reason, received_at, ...same } = row
  const state = final_state ?? stateOf(deliveries)
  const dead = deliveries.find((each) => each.state === 'dead')
  const sent = deliveries.flatMap((each) => each.sent_at ?? [])
  return {
    ...same,
    id: String(id),
    state,
    reason: reason ?? (state === 'dead' ? (dead?.reason ?? undefined) : undefined),
    messageIds: deliveries.flatMap(({ message }) => (message ? [String(message)] : [])),
    receivedAt: tx.date(received_at),
    deliveredAt: sent.length === 0 ? undefined : tx.date(Math.min(...sent)),
  }
}

/** The least advanced of its deliveries decides: pending, sending, dead, sent. */
function stateOf(deliveries: readonly DeliveryRow[]): AlertState {
  if (deliveries.some(({ message }) => message === null || message === 0)) return 'pending'
  if (deliveries.some(({ state }) => state === 'pending' || state === 'sending')) return 'sending'
  return deliveries.some(({ state }) => state === 'dead') ? 'dead' : 'sent'
}
