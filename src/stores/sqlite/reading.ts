import type { SQLInputValue } from 'node:sqlite'
import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { AlertState } from '../../model/message.ts'
import {
  type AlertPage,
  type AlertQuery,
  type MessageQuery,
  type MessageWithAlerts,
  MOST_LISTED_ALERTS,
  type Page,
  type StoredAlert,
  type StoredMessage,
  type StoredPayload,
} from '../store.ts'
import type { Database } from './database.ts'
import { attemptsOf, MESSAGE_COLUMNS, type MessageRow, messageFrom } from './rows.ts'
import { payloads } from './waiting.ts'

/** Newest first, so that a page before the newest begins here. */
const NEWEST = Number.MAX_SAFE_INTEGER

/** Rows looked at for one page of a filter that few rows pass; the page then ends early, its `next` goes on. */
const MOST_SCANNED = 20_000
const SCANNED_AT_ONCE = 500

export function messages(db: Database, query: MessageQuery): Page<StoredMessage> {
  const conditions = ['id < ?']
  const values: SQLInputValue[] = [Number(query.before ?? NEWEST)]
  for (const column of ['channel', 'robot', 'state'] as const) {
    const value = query[column]
    if (value === undefined) continue
    conditions.push(`${column} = ?`)
    values.push(value)
  }
  const rows = db.all<MessageRow>(
    `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`,
    ...values,
    query.limit + 1,
  )
  const items = rows
    .slice(0, query.limit)
    .map((row) => messageFrom(row, attemptsOf(db, row.id, 'last')))
  return { items, next: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null }
}

export function message(db: Database, id: string): MessageWithAlerts | undefined {
  const row = /^\d{1,15}$/.test(id)
    ? db.get<MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ?`, Number(id))
    : db.get<MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE uuid = ?`, id)
  if (row === undefined) return undefined
  const ids = db.all<{ alert: number }>(
    'SELECT alert FROM tellings WHERE message = ? ORDER BY level, alert LIMIT ?',
    row.id,
    MOST_LISTED_ALERTS,
  )
  const alerts = ids.flatMap(({ alert }) => alertOf(db, alert) ?? [])
  return {
    message: messageFrom(row, attemptsOf(db, row.id, 'all')),
    alerts,
    payloads: payloadsOf(db, alerts),
  }
}

export function alerts(db: Database, query: AlertQuery): AlertPage {
  const items: StoredAlert[] = []
  let before = Number(query.before ?? NEWEST)
  let more = true
  for (let scanned = 0; more && scanned < MOST_SCANNED && items.length < query.limit; ) {
    const ids = candidates(db, query, before)
    more = ids.length === SCANNED_AT_ONCE
    scanned += ids.length
    for (const id of ids) {
      before = id
      const alert = alertOf(db, id)
      if (alert === undefined || (query.state !== undefined && alert.state !== query.state))
        continue
      items.push(alert)
      if (items.length === query.limit) {
        more = true
        break
      }
    }
  }
  const next = more && candidates(db, query, before).length > 0 ? String(before) : null
  return { items, next, payloads: payloadsOf(db, items) }
}

/** Alerts that may be in the wanted state, newest first; whether they are is looked at one by one. */
function candidates(db: Database, { channel, state }: AlertQuery, before: number): number[] {
  const ofChannel = channel === undefined ? '' : 'AND channel = ?'
  const values: SQLInputValue[] = [before, ...(channel === undefined ? [] : [channel])]
  const sql = CANDIDATES[state ?? 'any'].replace('$channel', ofChannel)
  return db.all<{ id: number }>(sql, ...values, SCANNED_AT_ONCE).map((row) => row.id)
}

const ANY = 'SELECT id FROM alerts WHERE id < ? $channel ORDER BY id DESC LIMIT ?'

const CANDIDATES: Record<AlertState | 'any', string> = {
  any: ANY,
  sent: ANY,
  suppressed: `SELECT id FROM alerts WHERE fate = 'suppressed' AND id < ? $channel ORDER BY id DESC LIMIT ?`,
  pending: `SELECT DISTINCT alert AS id FROM tellings WHERE open = 1 AND message IS NULL AND alert < ? $channel
    ORDER BY alert DESC LIMIT ?`,
  sending: `SELECT DISTINCT alert AS id FROM tellings WHERE open = 1 AND message IN
    (SELECT id FROM messages WHERE state IN ('pending', 'sending')) AND alert < ? $channel ORDER BY alert DESC LIMIT ?`,
  dead: `SELECT id FROM alerts WHERE (fate = 'dead' OR id IN (SELECT alert FROM tellings WHERE message IN
    (SELECT id FROM messages WHERE state = 'dead'))) AND id < ? $channel ORDER BY id DESC LIMIT ?`,
}

function alertOf(db: Database, id: number): StoredAlert | undefined {
  const row = db.get<{
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
  }>(
    `SELECT a.id, a.channel, p.source, a.fingerprint, a.status, a.level, a.fate, a.reason, p.received_at, a.repeats,
       a.position, a.payload FROM alerts a JOIN payloads p ON p.id = a.payload WHERE a.id = ?`,
    id,
  )
  if (row === undefined) return undefined
  const tellings = db.all<{
    open: number
    message: number | null
    state: string | null
    reason: string | null
    sent_at: number | null
  }>(
    `SELECT t.open, t.message, m.state, m.reason, m.sent_at FROM tellings t LEFT JOIN messages m ON m.id = t.message
     WHERE t.alert = ? ORDER BY t.message`,
    id,
  )
  const dead = tellings.find((each) => each.open === 0 && each.state === 'dead')
  const state: AlertState =
    row.fate !== null
      ? row.fate
      : tellings.some((each) => each.open === 1 && each.message === null)
        ? 'pending'
        : tellings.some((each) => each.open === 1)
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
    receivedAt: new Date(row.received_at),
    toldAt: sent.length === 0 ? undefined : new Date(Math.min(...sent)),
    repeats: row.repeats,
    position: row.position,
    payload: row.payload,
  }
}

function payloadsOf(db: Database, items: readonly StoredAlert[]): Map<number, StoredPayload> {
  return payloads(db, [...new Set(items.map((each) => each.payload))])
}
