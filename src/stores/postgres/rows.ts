import type { MessageKind, MessageState } from '../../model/message.ts'
import type { StoredAttempt, StoredMessage } from '../store.ts'
import type { Tx } from './database.ts'

export const MESSAGE_COLUMNS = `id, uuid, robot, queue, channel, kind, state, title, text, body,
  octet_length(body) AS bytes, alert_count, created_at, due_at, sent_at, reason, attempts`

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

export function messageFrom(tx: Tx, row: MessageRow, attempts: StoredAttempt[]): StoredMessage {
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
    createdAt: tx.date(row.created_at),
    dueAt: row.due_at === null ? undefined : tx.date(row.due_at),
    sentAt: row.sent_at === null ? undefined : tx.date(row.sent_at),
    reason: row.reason ?? undefined,
    attemptCount: row.attempts,
    attempts,
  }
}

interface AttemptRow {
  message: number
  at: number
  robot: string
  result: string
  http_status: number | null
  errcode: number | null
  errmsg: string | null
  words: string
  duration_ms: number
}

/** The attempts of messages, oldest first; `last` gives the last one of each only. */
export async function attemptsOf(
  tx: Tx,
  messages: readonly number[],
  which: 'all' | 'last',
): Promise<Map<number, StoredAttempt[]>> {
  const rows = await tx.all<AttemptRow>(
    `SELECT ${which === 'last' ? 'DISTINCT ON (message)' : ''}
       message, at, robot, result, http_status, errcode, errmsg, words, duration_ms FROM attempts
     WHERE message = ANY($1::bigint[]) ORDER BY message, id ${which === 'last' ? 'DESC' : ''}`,
    messages,
  )
  const found = new Map<number, StoredAttempt[]>()
  for (const row of rows) {
    const attempts = found.get(row.message) ?? []
    attempts.push({
      at: tx.date(row.at),
      robot: row.robot,
      result: row.result,
      httpStatus: row.http_status ?? undefined,
      errcode: row.errcode ?? undefined,
      errmsg: row.errmsg ?? undefined,
      words: row.words,
      durationMs: row.duration_ms,
    })
    found.set(row.message, attempts)
  }
  return found
}

/** Rows as columns, `width` of them, which `unnest` makes rows of again: one statement for any number. */
export function columns<T>(
  width: number,
  rows: readonly T[],
  valuesOf: (row: T) => readonly unknown[],
): unknown[][] {
  const found: unknown[][] = Array.from({ length: width }, () => [])
  for (const row of rows)
    for (const [index, value] of valuesOf(row).entries()) found[index]?.push(value)
  return found
}

/**
 * Waits for each name's turn, and has it until the transaction ends; everyone asks in the order of names. What is
 * decided from several rows of a queue, or from the calls of a key, is so decided by one replica after another.
 */
export async function takeTurns(tx: Tx, names: readonly string[]): Promise<void> {
  await tx.run(
    `INSERT INTO turns (name, taken) SELECT name, 1 FROM unnest($1::text[]) AS n (name)
     ON CONFLICT (name) DO UPDATE SET taken = turns.taken + 1`,
    [...new Set(names)].sort(),
  )
}

/** A pattern for ILIKE of whatever holds a text as it is written. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

export function queueTurn(queue: string): string {
  return `queue ${queue}`
}
