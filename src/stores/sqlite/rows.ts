import type { MessageKind, MessageState } from '../../model/message.ts'
import type { StoredAttempt, StoredMessage } from '../store.ts'
import type { Database } from './database.ts'

export const MESSAGE_COLUMNS = `id, uuid, robot, queue, channel, kind, state, title, text, body,
  length(CAST(body AS BLOB)) AS bytes, alert_count, created_at, due_at, sent_at, reason, attempts`

export interface MessageRow {
  id: number
  uuid: string
  robot: string
  queue: string
  channel: string
  kind: MessageKind
  state: MessageState
  title: string
  text: string
  body: string
  bytes: number
  alert_count: number
  created_at: number
  due_at: number | null
  sent_at: number | null
  reason: string | null
  attempts: number
}

export function messageFrom(row: MessageRow, attempts: StoredAttempt[]): StoredMessage {
  const { uuid, robot, queue, channel, kind, state, title, text, body, bytes } = row
  return {
    id: String(row.id),
    uuid,
    robot,
    queue,
    channel,
    kind,
    state,
    title,
    text,
    body,
    bytes,
    alertCount: row.alert_count,
    createdAt: new Date(row.created_at),
    dueAt: row.due_at === null ? undefined : new Date(row.due_at),
    sentAt: row.sent_at === null ? undefined : new Date(row.sent_at),
    reason: row.reason ?? undefined,
    attemptCount: row.attempts,
    attempts,
  }
}

/** A message's attempts, oldest first; `last` gives the last one only. */
export function attemptsOf(db: Database, message: number, which: 'all' | 'last'): StoredAttempt[] {
  const rows = db.all<{
    at: number
    robot: string
    result: string
    http_status: number | null
    errcode: number | null
    errmsg: string | null
    words: string
    duration_ms: number
  }>(
    `SELECT at, robot, result, http_status, errcode, errmsg, words, duration_ms FROM attempts
     WHERE message = ? ORDER BY id ${which === 'last' ? 'DESC LIMIT 1' : ''}`,
    message,
  )
  return rows.map((row) => ({
    at: new Date(row.at),
    robot: row.robot,
    result: row.result,
    httpStatus: row.http_status ?? undefined,
    errcode: row.errcode ?? undefined,
    errmsg: row.errmsg ?? undefined,
    words: row.words,
    durationMs: row.duration_ms,
  }))
}
