import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { AlertState } from '../../model/message.ts'
import {
  type AlertQuery,
  type MessageWithAlerts,
  MOST_LISTED_ALERTS,
  type Page,
  type Spellings,
  type StoredAlert,
  type StoredPayload,
} from '../store.ts'
import type { Tx } from './database.ts'
import { attemptsOf, containing, MESSAGE_COLUMNS, type MessageRow, messageFrom } from './rows.ts'

/** Newest first, so that a page before the newest begins here. */
const NEWEST = Number.MAX_SAFE_INTEGER

/** Rows looked at for one page of a filter that few rows pass; the page then ends early, its `next` goes on. */
const MOST_SCANNED = 20_000
const SCANNED_AT_ONCE = 500
/** Alerts whose payload is read for words: each costs as much as several others. */
const MOST_READ = 5_000

export async function message(
  tx: Tx,
  id: string,
  most = MOST_LISTED_ALERTS,
): Promise<MessageWithAlerts | undefined> {
  const byNumber = /^\d{1,15}$/.test(id)
  const row = await tx.one<MessageRow>(
    `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE ${byNumber ? 'id = $1::bigint' : 'uuid = $1::text'}`,
    id,
  )
  if (row === undefined) return undefined
  const ids = await tx.all<{ alert: number }>(
    'SELECT alert FROM tellings WHERE message = $1 ORDER BY level, alert LIMIT $2',
    row.id,
    most,
  )
  const alerts = await alertsOf(
    tx,
    ids.map((each) => each.alert),
  )
  const attempts = await attemptsOf(tx, [row.id], 'all')
  return {
    message: messageFrom(tx, row, attempts.get(row.id) ?? []),
    alerts,
  }
}

export async function alerts(tx: Tx, query: AlertQuery): Promise<Page<StoredAlert>> {
  const { channel, limit, state, words } = query
  const most = words === undefined ? MOST_SCANNED : MOST_READ
  const items: StoredAlert[] = []
  let before = Number(query.before ?? NEWEST)
  let more = true
  for (let scanned = 0; more && scanned < most && items.length < limit; ) {
    const ids = await candidates(tx, query, before)
    more = ids.length === SCANNED_AT_ONCE
    scanned += ids.length
    const found = await alertsOf(tx, ids)
    const holds = words === undefined ? undefined : await payloadsThatHold(tx, found, words)
    for (const alert of found) {
      before = Number(alert.id)
      if (state !== undefined && alert.state !== state) continue
      if (channel !== undefined && alert.channel !== channel) continue
      if (holds?.has(alert.payload) === false) continue
      items.push(alert)
      if (items.length === limit) {
        more = true
        break
      }
    }
  }
  const next = more && (await candidates(tx, query, before)).length > 0 ? String(before) : null
  return { items, next }
}

/** Those of the alerts' payloads that hold each of the words in one of its spellings. */
async function payloadsThatHold(
  tx: Tx,
  found: readonly StoredAlert[],
  words: readonly Spellings[],
): Promise<Set<number>> {
  const conditions = words.map((_, index) => `AND text ILIKE ANY($${index + 2}::text[])`)
  const rows = await tx.all<{ id: number }>(
    `SELECT id FROM payloads WHERE id = ANY($1::bigint[]) ${conditions.join(' ')}`,
    [...new Set(found.map((each) => each.payload))],
    ...words.map((spellings) => spellings.map(containing)),
  )
  return new Set(rows.map((row) => row.id))
}

/** Alerts that may be in the wanted state, newest first; whether they are is looked at one by one. */
async function candidates(
  tx: Tx,
  { channel, state, message }: AlertQuery,
  before: number,
): Promise<number[]> {
  const [sql, value] =
    message === undefined ? [CANDIDATES[state ?? 'any'], channel] : [TOLD_BY, Number(message)]
  const rows = await tx.all<{ id: number }>(
    sql.replace('$channel', value === undefined ? '' : 'AND channel = $3'),
    before,
    SCANNED_AT_ONCE,
    ...(value === undefined ? [] : [value]),
  )
  return rows.map((row) => row.id)
}

const TOLD_BY = `SELECT alert AS id FROM tellings WHERE alert < $1 AND message = $3 ORDER BY alert DESC LIMIT $2`

const ANY = 'SELECT id FROM alerts WHERE id < $1 $channel ORDER BY id DESC LIMIT $2'

const CANDIDATES: Record<AlertState | 'any', string> = {
  any: ANY,
  sent: ANY,
  suppressed: `SELECT id FROM alerts WHERE fate = 'suppressed' AND id < $1 $channel ORDER BY id DESC LIMIT $2`,
  pending: `SELECT DISTINCT alert AS id FROM tellings WHERE message IS NULL AND alert < $1 $channel
    ORDER BY id DESC LIMIT $2`,
  sending: `SELECT DISTINCT alert AS id FROM tellings WHERE message IN
    (SELECT id FROM messages WHERE state IN ('pending', 'sending')) AND alert < $1 $channel ORDER BY id DESC LIMIT $2`,
  dead: `SELECT id FROM alerts WHERE (fate = 'dead' OR id IN (SELECT alert FROM tellings WHERE message IN
    (SELECT id FROM messages WHERE state = 'dead'))) AND id < $1 $channel ORDER BY id DESC LIMIT $2`,
}

interface AlertRow {
  id: number
  channel: string
  source: StoredPayload['source']
  fingerprint: string
  status: Status
  level: Level
  fate: 'suppressed' | 'dead' | null
  reason: string | null
  received_at: number
  repeats: number
  position: number
  payload: number
}

interface TellingRow {
  alert: number
  message: number | null
  state: string | null
  reason: string | null
  sent_at: number | null
}

/** Alerts by their numbers, in that order; those that are gone are left out. */
async function alertsOf(tx: Tx, ids: readonly number[]): Promise<StoredAlert[]> {
  if (ids.length === 0) return []
  const rows = await tx.all<AlertRow>(
    `SELECT a.id, a.channel, p.source, a.fingerprint, a.status, a.level, a.fate, a.reason, p.received_at, a.repeats,
       a.position, a.payload FROM unnest($1::bigint[]) WITH ORDINALITY AS n (id, place)
     JOIN alerts a ON a.id = n.id JOIN payloads p ON p.id = a.payload ORDER BY n.place`,
    ids,
  )
  const tellings = await tx.all<TellingRow>(
    `SELECT t.alert, t.message, m.state, m.reason, m.sent_at FROM tellings t
     LEFT JOIN messages m ON m.id = t.message WHERE t.alert = ANY($1::bigint[]) ORDER BY t.alert, t.message`,
    ids,
  )
  const byAlert = Map.groupBy(tellings, (each) => each.alert)
  return rows.map((row) => alertFrom(tx, row, byAlert.get(row.id) ?? []))
}

function alertFrom(tx: Tx, row: AlertRow, tellings: readonly TellingRow[]): StoredAlert {
  const dead = tellings.find((each) => each.state === 'dead')
  const state: AlertState =
    row.fate !== null
      ? row.fate
      : tellings.some((each) => each.message === null)
        ? 'pending'
        : tellings.some((each) => each.state === 'pending' || each.state === 'sending')
          ? 'sending'
          : dead !== undefined
            ? 'dead'
            : 'sent'
  const sent = tellings.flatMap((each) => each.sent_at ?? [])
  return {
    id: String(row.id),
    channel: row.channel,
    source: row.source,
    fingerprint: row.fingerprint,
    status: row.status,
    level: row.level,
    state,
    reason: row.reason ?? (state === 'dead' ? (dead?.reason ?? undefined) : undefined),
    messageIds: tellings.flatMap((each) => (each.message === null ? [] : [String(each.message)])),
    receivedAt: tx.date(row.received_at),
    toldAt: sent.length === 0 ? undefined : tx.date(Math.min(...sent)),
    repeats: row.repeats,
    position: row.position,
    payload: row.payload,
  }
}
