import type { Level } from '../../model/level.ts'
import type { AlertState, MessageState } from '../../model/message.ts'
import {
  type AlertQuery,
  type MessageWithAlerts,
  MOST_LISTED_ALERTS,
  type Page,
  type StoredAlert,
  type StoredPayload,
} from '../store.ts'
import type { Database } from './database.ts'
import type { Rows } from './engine.ts'
import { payloadHolds } from './like.ts'
import { attemptsOf, MESSAGE_COLUMNS, type MessageRow, messageFrom } from './rows.ts'
import { statusOf } from './waiting.ts'

/** Newest first, so that a page before the newest begins here. */
const NEWEST = Number.MAX_SAFE_INTEGER

/** Rows looked at for one page of a filter that few rows pass; the page then ends early, its `next` goes on. */
const MOST_SCANNED = 20_000
const SCANNED_AT_ONCE = 500
/** Rows whose payload is read for words: each costs as much as several others. */
const MOST_READ = 5_000
/** Numbers of alerts looked at for those of one channel, of which no index keeps track. */
const SCANNED_FOR_CHANNEL = 50_000
const WINDOW_COSTS = 2_500

export function message(
  db: Database,
  id: string,
  most = MOST_LISTED_ALERTS,
): MessageWithAlerts | undefined {
  const row = /^\d{1,15}$/.test(id)
    ? db.get<MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ?`, Number(id))
    : db.get<MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE uuid = ?`, id)
  if (row === undefined) return undefined
  const ids = db.all<{ alert: number }>(
    `SELECT t.alert FROM tellings t JOIN alerts a ON a.id = t.alert WHERE t.message = ?
     ORDER BY a.level, a.id LIMIT ?`,
    row.id,
    most,
  )
  const alerts = ids.flatMap(({ alert }) => alertOf(db, alert) ?? [])
  return { message: messageFrom(row, attemptsOf(db, row.id, 'all')), alerts }
}

export function alerts(rows: Rows, query: AlertQuery): Page<StoredAlert> {
  const db = rows.database
  const { state, limit, words } = query
  const holds = words === undefined ? undefined : payloadHolds(db, words)
  const most = holds === undefined ? MOST_SCANNED : MOST_READ
  const channel = query.channel === undefined ? undefined : rows.names.knownChannel(query.channel)
  const items: StoredAlert[] = []
  const page = (next: number | null): Page<StoredAlert> => ({
    items,
    next: next === null ? null : String(next),
  })
  let before = Number(query.before ?? NEWEST)
  for (let scanned = 0; scanned < most; scanned += SCANNED_AT_ONCE) {
    const found = candidates(db, { message: query.message, state, channel, before })
    for (const id of found.ids) {
      const alert = holds?.(payloadOf(db, id)) === false ? undefined : alertOf(db, id)
      if (
        alert !== undefined &&
        (state === undefined || alert.state === state) &&
        (query.channel === undefined || alert.channel === query.channel)
      ) {
        if (items.length === limit) return page(before)
        items.push(alert)
      }
      before = id
    }
    if (found.downTo === undefined) return page(null)
    before = found.downTo
    if (found.ids.length < SCANNED_AT_ONCE) scanned += WINDOW_COSTS
  }
  return page(before)
}

interface Candidates {
  ids: number[]
  /** All from here to where the search began are given; undefined when there are none below. */
  downTo: number | undefined
}

/** Alerts that may be in the wanted state, newest first; whether they are is looked at one by one. */
function candidates(
  db: Database,
  {
    message,
    state,
    channel,
    before,
  }: {
    message: string | undefined
    state: AlertState | undefined
    channel: number | undefined
    before: number
  },
): Candidates {
  if (message !== undefined)
    return those(
      db
        .all<{ id: number }>(TOLD_BY_ONE, Number(message), before, SCANNED_AT_ONCE)
        .map((row) => row.id),
    )
  switch (state) {
    case 'pending':
      return those(waitingBefore(db, before))
    case 'sending':
    case 'dead':
      return those(
        db.all<{ id: number }>(ENDS[state], before, SCANNED_AT_ONCE).map((row) => row.id),
      )
    default: {
      const fate = state === 'suppressed' ? `AND fate = 'suppressed'` : ''
      if (channel === undefined) return those(idsOf(db, `id < ? ${fate}`, [before]))
      const newest = db.get<{ id: number | null }>('SELECT MAX(id) AS id FROM alerts')?.id ?? 0
      const from = Math.min(before, newest + 1) - SCANNED_FOR_CHANNEL
      const ids = idsOf(db, `id < ? AND id >= ? AND channel = ? ${fate}`, [before, from, channel])
      if (ids.length === SCANNED_AT_ONCE) return those(ids)
      return { ids, downTo: from > 1 ? from : undefined }
    }
  }
}

function idsOf(db: Database, where: string, values: readonly number[]): number[] {
  return db
    .all<{ id: number }>(
      `SELECT id FROM alerts WHERE ${where} ORDER BY id DESC LIMIT ?`,
      ...values,
      SCANNED_AT_ONCE,
    )
    .map((row) => row.id)
}

function those(ids: number[]): Candidates {
  return { ids, downTo: ids.length === SCANNED_AT_ONCE ? ids.at(-1) : undefined }
}

/** Each place where alerts wait is in their order; the newest of all places together. */
function waitingBefore(db: Database, before: number): number[] {
  const found = new Set<number>()
  for (const { queue, channel, level } of db.all<{ queue: number; channel: number; level: number }>(
    'SELECT DISTINCT queue, channel, level FROM waits',
  ))
    for (const { alert } of db.all<{ alert: number }>(
      `SELECT alert FROM waits WHERE queue = ? AND channel = ? AND level = ? AND alert < ?
       ORDER BY alert DESC LIMIT ?`,
      queue,
      channel,
      level,
      before,
      SCANNED_AT_ONCE,
    ))
      found.add(alert)
  return [...found].sort((a, b) => b - a).slice(0, SCANNED_AT_ONCE)
}

/** Alerts that messages in some states tell. */
const TOLD_BY = `SELECT t.alert AS id FROM messages m JOIN tellings t ON t.message = m.id
  WHERE t.alert < ?1 AND m.state`

const ENDS = {
  sending: `${TOLD_BY} IN ('pending', 'sending') GROUP BY t.alert ORDER BY t.alert DESC LIMIT ?2`,
  dead: `SELECT id FROM alerts WHERE fate = 'dead' AND id < ?1 UNION ${TOLD_BY} = 'dead' ORDER BY id DESC LIMIT ?2`,
} as const

const TOLD_BY_ONE = `SELECT alert AS id FROM tellings WHERE message = ? AND alert < ?
  ORDER BY alert DESC LIMIT ?`

function payloadOf(db: Database, id: number): number {
  return db.get<{ payload: number }>('SELECT payload FROM alerts WHERE id = ?', id)?.payload ?? 0
}

function alertOf(db: Database, id: number): StoredAlert | undefined {
  const row = db.get<{
    channel: number
    name: string
    source: StoredPayload['source']
    fingerprint: string
    resolved: number
    level: Level
    fate: 'suppressed' | 'dead' | null
    reason: string | null
    received_at: number
    repeats: number
    position: number
    payload: number
  }>(
    `SELECT a.channel, c.name, r.source, a.fingerprint, a.resolved, a.level, a.fate, a.reason, r.received_at,
       a.repeats, a.position, a.payload
     FROM alerts a JOIN channels c ON c.id = a.channel JOIN requests r ON r.id = a.payload WHERE a.id = ?`,
    id,
  )
  if (row === undefined) return undefined
  const tellings = db.all<{
    message: number
    state: MessageState
    reason: string | null
    sent_at: number | null
  }>(
    `SELECT m.id AS message, m.state, m.reason, m.sent_at FROM tellings t JOIN messages m ON m.id = t.message
     WHERE t.alert = ? ORDER BY m.id`,
    id,
  )
  const dead = tellings.find((each) => each.state === 'dead')
  const state = row.fate ?? stateOf(db, { id, ...row }, tellings)
  const sent = tellings.flatMap((each) => each.sent_at ?? [])
  return {
    id: String(id),
    channel: row.name,
    source: row.source,
    fingerprint: row.fingerprint,
    status: statusOf(row.resolved),
    level: row.level,
    state,
    reason: row.reason ?? (state === 'dead' ? (dead?.reason ?? undefined) : undefined),
    messageIds: tellings.map((each) => String(each.message)),
    receivedAt: new Date(row.received_at),
    toldAt: sent.length === 0 ? undefined : new Date(Math.min(...sent)),
    repeats: row.repeats,
    position: row.position,
    payload: row.payload,
  }
}

/** Of an alert that is neither suppressed nor buried: what is still to be done for any of its groups comes first. */
function stateOf(
  db: Database,
  { id, channel, level }: { id: number; channel: number; level: Level },
  tellings: readonly { state: MessageState }[],
): AlertState {
  const waits = db.get(
    `SELECT 1 FROM queues q CROSS JOIN waits w
     WHERE w.queue = q.id AND w.channel = ? AND w.level = ? AND w.alert = ? LIMIT 1`,
    channel,
    level,
    id,
  )
  if (waits !== undefined) return 'pending'
  if (tellings.some(({ state }) => state === 'pending' || state === 'sending')) return 'sending'
  return tellings.some(({ state }) => state === 'dead') ? 'dead' : 'sent'
}
