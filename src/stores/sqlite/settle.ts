import type { Steps } from '../../turns.ts'
import type { Settlement } from '../store.ts'
import type { Database } from './database.ts'
import type { Rows } from './engine.ts'
import { waitAgain } from './keeping.ts'

/** Records an attempt; a second settlement of the same call changes nothing. Whether the message is sent with it. */
export function settle({ database: db, names }: Rows, settlement: Settlement): boolean {
  const { now, next } = settlement
  const id = Number(settlement.id)
  const message = db.get<{ robot: string; queue: string }>(
    `SELECT robot, queue FROM messages WHERE id = ? AND state = 'sending' AND call = ?`,
    id,
    settlement.call,
  )
  if (message === undefined) return false
  recordAttempt(db, settlement, message.robot)
  recordCall(db, settlement)
  recordRobot(db, settlement)
  switch (next.kind) {
    case 'sent':
      db.run(
        `UPDATE messages SET state = 'sent', sent_at = ?, call = NULL WHERE id = ?`,
        now.getTime(),
        id,
      )
      return true
    case 'again':
      db.run(
        `UPDATE messages SET state = 'pending', due_at = ?, elsewhere_at = ?, call = NULL WHERE id = ?`,
        next.dueAt.getTime(),
        next.elsewhereAt?.getTime() ?? null,
        id,
      )
      return false
    case 'dead':
      die(db, id, next.reason)
      return false
    case 'split':
      die(db, id, next.reason)
      waitAgain(db, id, names.queue(message.queue))
      db.run('UPDATE robots SET body_bytes = ? WHERE key = ?', next.bodyBytes, settlement.robot.key)
      return false
  }
}

function die(db: Database, id: number, reason: string): void {
  db.run(
    `UPDATE messages SET state = 'dead', reason = ?, due_at = NULL, call = NULL WHERE id = ?`,
    reason,
    id,
  )
}

function recordAttempt(db: Database, { id, at, attempt }: Settlement, robot: string): void {
  db.run(
    `INSERT INTO attempts (message, at, robot, result, http_status, errcode, errmsg, words, duration_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    Number(id),
    at.getTime(),
    robot,
    attempt.result,
    attempt.httpStatus ?? null,
    attempt.errcode ?? null,
    attempt.errmsg ?? null,
    attempt.words,
    Math.max(0, Math.round(attempt.durationMs)),
  )
}

/**
 * The call reached the peer by now, if ever, also where the process stood still beyond the attempt's time; one that
 * surely did not costs nothing of the month.
 */
function recordCall(db: Database, { call, now, reached }: Settlement): void {
  db.run('UPDATE calls SET until = MAX(at, ?) WHERE id = ?', now.getTime(), call)
  if (!reached)
    db.run(
      `UPDATE months SET calls = MAX(0, calls - 1)
       WHERE (month, key) = (SELECT month, key FROM calls WHERE id = ?)`,
      call,
    )
}

function recordRobot(db: Database, { robot, attempt, now, pause }: Settlement): void {
  db.run(
    `INSERT INTO robots (key, failures, last_result, last_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, last_result = excluded.last_result,
       last_at = excluded.last_at`,
    robot.key,
    robot.failures,
    attempt.result,
    now.getTime(),
  )
  if (pause !== undefined)
    db.run(
      `INSERT INTO pauses (scope, until, since, reason) VALUES (?, ?, ?, ?)
       ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason
       WHERE excluded.until > until OR until <= excluded.since OR since > excluded.since`,
      pause.scope,
      pause.until.getTime(),
      now.getTime(),
      pause.reason,
    )
}

/** When the alerts that a message tells were received. */
export function* receivedOf(
  { database: db, rowsInSlice }: Rows,
  message: number,
): Steps<{ receivedAt: Date; count: number }[]> {
  const byRequest = new Map<number, number>()
  for (let after = 0; ; ) {
    const rows = db.lists<[alert: number, request: number]>(
      `SELECT t.alert, a.payload FROM tellings t JOIN alerts a ON a.id = t.alert
       WHERE t.message = ? AND t.alert > ? ORDER BY t.alert LIMIT ?`,
      message,
      after,
      rowsInSlice,
    )
    for (const [alert, request] of rows) {
      byRequest.set(request, (byRequest.get(request) ?? 0) + 1)
      after = alert
    }
    if (rows.length < rowsInSlice) break
    yield
  }
  const counts = new Map<number, number>()
  let looked = 0
  for (const [request, count] of byRequest) {
    const at = db.get<{ at: number }>(
      'SELECT received_at AS at FROM requests WHERE id = ?',
      request,
    )?.at
    if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + count)
    looked += 1
    if (looked % rowsInSlice === 0) yield
  }
  return [...counts].map(([at, count]) => ({ receivedAt: new Date(at), count }))
}
