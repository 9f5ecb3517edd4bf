import type { Settlement } from '../store.ts'
import type { Tx } from './database.ts'
import { queueTurn, takeTurns } from './rows.ts'

/**
 * Records an attempt. The call's number is its fence: a second settlement of the same call, or one that comes when the
 * message was taken over, changes nothing. Gives the queue too, where something waits again.
 */
export async function settle(
  tx: Tx,
  settlement: Settlement,
): Promise<{ told: { receivedAt: Date; count: number }[]; again: string | undefined }> {
  const id = Number(settlement.id)
  const found = await tx.one<{ queue: string }>('SELECT queue FROM messages WHERE id = $1', id)
  if (found === undefined) return { told: [], again: undefined }
  const { queue } = found
  await takeTurns(tx, [queueTurn(queue)])
  const message = await tx.one<{ robot: string }>(
    `SELECT robot FROM messages WHERE id = $1 AND state = 'sending' AND call = $2 FOR UPDATE`,
    id,
    settlement.call,
  )
  if (message === undefined) return { told: [], again: undefined }
  await recordAttempt(tx, settlement, message.robot)
  await recordCall(tx, settlement)
  await recordRobot(tx, settlement)
  const { next } = settlement
  switch (next.kind) {
    case 'sent':
      await tx.run(
        `UPDATE messages SET state = 'sent', sent_at = $2, call = NULL WHERE id = $1`,
        id,
        tx.ms(settlement.now),
      )
      return { told: await receivedOf(tx, id), again: undefined }
    case 'again':
      await tx.run(
        `UPDATE messages SET state = 'pending', due_at = $2, elsewhere_at = $3, call = NULL WHERE id = $1`,
        id,
        tx.ms(next.dueAt),
        next.elsewhereAt === undefined ? null : tx.ms(next.elsewhereAt),
      )
      return { told: [], again: queue }
    case 'dead':
      await die(tx, id, next.reason)
      return { told: [], again: undefined }
    case 'split':
      await die(tx, id, next.reason)
      await tx.run('UPDATE tellings SET message = NULL WHERE message = $1', id)
      await tx.run(
        'UPDATE robots SET body_bytes = $1 WHERE key = $2',
        next.bodyBytes,
        settlement.robot.key,
      )
      return { told: [], again: queue }
  }
}

async function die(tx: Tx, id: number, reason: string): Promise<void> {
  await tx.run(
    `UPDATE messages SET state = 'dead', reason = $2, due_at = NULL, call = NULL WHERE id = $1`,
    id,
    reason,
  )
}

async function recordAttempt(
  tx: Tx,
  { id, at, attempt }: Settlement,
  robot: string,
): Promise<void> {
  await tx.run(
    `INSERT INTO attempts (message, at, robot, result, http_status, errcode, errmsg, words, duration_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    Number(id),
    tx.ms(at),
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
async function recordCall(tx: Tx, { call, now, reached }: Settlement): Promise<void> {
  await tx.run('UPDATE calls SET until = GREATEST(at, $2) WHERE id = $1', call, tx.ms(now))
  if (!reached)
    await tx.run(
      `UPDATE months m SET calls = GREATEST(0, m.calls - 1) FROM calls c
       WHERE c.id = $1 AND m.month = c.month AND m.key = c.key`,
      call,
    )
}

async function recordRobot(tx: Tx, { robot, attempt, now, pause }: Settlement): Promise<void> {
  await tx.run(
    `INSERT INTO robots (key, failures, last_result, last_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, last_result = excluded.last_result,
       last_at = excluded.last_at`,
    robot.key,
    robot.failures,
    attempt.result,
    tx.ms(now),
  )
  if (pause !== undefined)
    await tx.run(
      `INSERT INTO pauses AS p (scope, until, since, reason) VALUES ($1, $2, $3, $4)
       ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason
       WHERE excluded.until > p.until OR p.until <= excluded.since OR p.since > excluded.since`,
      pause.scope,
      tx.ms(pause.until),
      tx.ms(now),
      pause.reason,
    )
}

async function receivedOf(tx: Tx, message: number): Promise<{ receivedAt: Date; count: number }[]> {
  const rows = await tx.all<{ at: number; count: number }>(
    `SELECT p.received_at AS at, COUNT(*) AS count FROM tellings t JOIN alerts a ON a.id = t.alert
     JOIN payloads p ON p.id = a.payload WHERE t.message = $1 GROUP BY p.received_at ORDER BY 1`,
    message,
  )
  return rows.map(({ at, count }) => ({ receivedAt: tx.date(at), count }))
}
