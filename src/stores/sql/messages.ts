import type { StoredAttempt, StoredMessage } from '../queries.ts'
import type { NewMessage, QuotaWarning } from '../store.ts'
import type { Tx } from '../tx.ts'
import { queueLock } from './deliveries.ts'
import { fromRow, insertRow, readValue } from './rows.ts'
import { IN_STATE } from './schema.ts'

/**
 * Inserts a message and returns its id. With the id of a call, the message is in flight on its first attempt. Without
 * one, it is due at once and comes after alerts (`by_hand`).
 */
export function insertMessage(
  tx: Tx,
  { robotKey, alertCount, storm, ...same }: NewMessage,
  { now, call }: { now: Date; call?: number },
): Promise<number> {
  const { uuid, robot, queue, channel, kind, title, text, body, level } = same
  const at = tx.ms(now)
  const isSending = call !== undefined
  return insertRow(tx, 'messages', {
    ...{ uuid, robot, queue, channel, kind, title, text, body, level, call },
    robot_key: robotKey,
    alert_count: alertCount,
    storm: storm ? 1 : 0,
    created_at: at,
    state: isSending ? 'sending' : 'pending',
    by_hand: isSending ? 0 : 1,
    due_at: isSending ? null : at,
    attempts: isSending ? 1 : 0,
  })
}

export async function enqueue(
  tx: Tx,
  messages: readonly NewMessage[],
  now: Date,
): Promise<string[]> {
  await tx.lock(messages.map(({ queue }) => queueLock(queue)))
  const ids: string[] = []
  for (const message of messages) {
    const pending = message.kind === 'test' ? await findPendingTest(tx, message) : undefined
    ids.push(String(pending ?? (await insertMessage(tx, message, { now }))))
  }
  return ids
}

function findPendingTest(tx: Tx, { queue, robotKey }: NewMessage): Promise<number | undefined> {
  return readValue(
    tx,
    `SELECT id FROM messages WHERE queue = $1 AND robot_key = $2 AND kind = 'test'
     AND ${IN_STATE.pending} ORDER BY id LIMIT 1`,
    [queue, robotKey],
  )
}

export async function warn(
  tx: Tx,
  { now, month, scope, percent, message }: QuotaWarning,
): Promise<boolean> {
  const written = await tx.run(
    `INSERT INTO quota_warnings AS w (month, scope, percent) VALUES ($1, $2, $3)
     ON CONFLICT (month, scope) DO UPDATE SET percent = excluded.percent WHERE excluded.percent > w.percent`,
    [month, scope, percent],
  )
  if (written === 1 && message !== undefined) await insertMessage(tx, message, { now })
  return written === 1
}

const COLUMNS = `CAST(id AS TEXT) AS id, uuid, robot, queue, channel, kind, state, title, text, body,
  octet_length(body) AS bytes, alert_count, created_at, due_at, sent_at, reason, attempts AS attempt_count, dismissed_at,
  dismissed_by`

interface MessageRow {
  id: string
  dismissed_at: number | null
  dismissed_by: string | null
}

function messageFrom(
  tx: Tx,
  { dismissed_at, dismissed_by, ...row }: MessageRow,
  attempts: StoredAttempt[] = [],
): StoredMessage {
  return {
    ...fromRow<Omit<StoredMessage, 'dismissed' | 'attempts'>>(tx, row),
    dismissed:
      dismissed_at === null ? undefined : { at: tx.date(dismissed_at), by: dismissed_by ?? '' },
    attempts,
  }
}

/** One message by id or uuid, with all its attempts. */
export async function findMessage(tx: Tx, name: string): Promise<StoredMessage | undefined> {
  const row = await tx.get<MessageRow>(
    `SELECT ${COLUMNS} FROM messages WHERE ${isId(name) ? 'id = $1' : 'uuid = $1'}`,
    [isId(name) ? Number(name) : name],
  )
  return row && messageFrom(tx, row, (await readAttempts(tx, [Number(row.id)], 'all')).get(row.id))
}

export function isId(name: string): boolean {
  return /^\d{1,15}$/.test(name)
}

/** Attempts by message, oldest first; `last` reads only the last one of each. */
async function readAttempts(
  tx: Tx,
  messages: readonly number[],
  which: 'all' | 'last',
): Promise<Map<string, StoredAttempt[]>> {
  const rows = await tx.all<{ message: number }>(
    `SELECT message, at, robot, result, http_status, errcode, errmsg, words AS explanation, duration_ms FROM attempts t
     WHERE message IN LIST($1, BIGINT)
       ${which === 'last' ? 'AND NOT EXISTS (SELECT 1 FROM attempts l WHERE l.message = t.message AND l.id > t.id)' : ''}
     ORDER BY message, id`,
    [messages],
  )
  const byMessage = new Map<string, StoredAttempt[]>()
  for (const { message, ...row } of rows) {
    const attempt = fromRow<StoredAttempt>(tx, row)
    const others = byMessage.get(String(message))
    if (others === undefined) byMessage.set(String(message), [attempt])
    else others.push(attempt)
  }
  return byMessage
}

/** Messages with their last attempt, in the order of the ids. */
export async function readMessages(tx: Tx, ids: readonly number[]): Promise<StoredMessage[]> {
  const rows = await tx.all<MessageRow>(
    `SELECT ${COLUMNS} FROM messages WHERE id IN LIST($1, BIGINT)`,
    [ids],
  )
  const attempts = await readAttempts(tx, ids, 'last')
  const byId = new Map(rows.map((row) => [Number(row.id), row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    return row === undefined ? [] : [messageFrom(tx, row, attempts.get(row.id))]
  })
}
