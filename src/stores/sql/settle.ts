import type { ReceivedCount, Settlement } from '../store.ts'
import type { Database, Tx } from '../tx.ts'
import { type Carried, carriedBy, queueLock, requeue } from './deliveries.ts'

/** What a settlement changed; undefined when it came too late. */
export interface Settled {
  queue: string
  /** Something waits there again. */
  waits: boolean
  sent: boolean
}

/**
 * Records an attempt. The call's id is its fence: a second settlement of the same call, or one that comes after the
 * message was taken over, changes nothing.
 */
export async function settle(tx: Tx, settlement: Settlement): Promise<Settled | undefined> {
  const id = Number(settlement.id)
  const found = await tx.get<{ queue: string }>('SELECT queue FROM messages WHERE id = $1', [id])
  if (found === undefined) return undefined
  const { queue } = found
  await tx.lock([queueLock(queue)])
  const message = await tx.get<{ robot: string }>(
    `SELECT robot FROM messages WHERE id = $1 AND state = 'sending' AND call = $2`,
    [id, settlement.call],
  )
  if (message === undefined) return undefined
  await recordAttempt(tx, settlement, message.robot)
  await recordCall(tx, settlement)
  await recordRobot(tx, settlement)
  const { next } = settlement
  switch (next.kind) {
    case 'sent':
      await tx.run(`UPDATE messages SET state = 'sent', sent_at = $2, call = NULL WHERE id = $1`, [
        id,
        tx.ms(settlement.now),
      ])
      return { queue, waits: false, sent: true }
    case 'retry':
      // Once it may have arrived it stays with its robot, whatever later attempts bring.
      await tx.run(
        `UPDATE messages SET state = 'pending', due_at = $2, call = NULL,
           elsewhere_at = CASE WHEN COALESCE(elsewhere_at, 0) > $3 THEN elsewhere_at ELSE NULLIF($3, 0) END
         WHERE id = $1`,
        [id, tx.ms(next.dueAt), next.elsewhereAt === undefined ? 0 : tx.ms(next.elsewhereAt)],
      )
      return { queue, waits: true, sent: false }
    case 'dead':
      await markDead(tx, id, next.reason)
      return { queue, waits: false, sent: false }
    case 'split':
      await markDead(tx, id, next.reason)
      await requeue(tx, id)
      await tx.run('UPDATE robots SET body_bytes = $1 WHERE key = $2', [
        next.bodyBytes,
        settlement.robot.key,
      ])
      return { queue, waits: true, sent: false }
  }
}

export async function markDead(tx: Tx, id: number, reason: string): Promise<void> {
  await tx.run(
    `UPDATE messages SET state = 'dead', reason = $2, due_at = NULL, call = NULL WHERE id = $1`,
    [id, reason],
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
    [
      Number(id),
      tx.ms(at),
      robot,
      attempt.result,
      attempt.httpStatus,
      attempt.errcode,
      attempt.errmsg,
      attempt.words,
      Math.max(0, Math.round(attempt.durationMs)),
    ],
  )
}

/**
 * The call reached DingTalk by now, if ever, also where the process stood still beyond the attempt's time. A call that
 * surely did not reach it costs nothing of the month.
 */
async function recordCall(tx: Tx, { call, now, reached }: Settlement): Promise<void> {
  const row = await tx.get<{ key: string; month: string }>(
    'UPDATE calls SET until = GREATEST(at, $2) WHERE id = $1 RETURNING key, month',
    [call, tx.ms(now)],
  )
  if (row !== undefined && !reached)
    await tx.run(
      'UPDATE monthly_usage SET calls = GREATEST(0, calls - 1) WHERE month = $1 AND key = $2',
      [row.month, row.key],
    )
}

async function recordRobot(tx: Tx, { robot, attempt, now, pause }: Settlement): Promise<void> {
  await tx.run(
    `INSERT INTO robots (key, failures, last_result, last_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, last_result = excluded.last_result,
       last_at = excluded.last_at`,
    [robot.key, robot.failures, attempt.result, tx.ms(now)],
  )
  if (pause === undefined) return
  await tx.run(
    `INSERT INTO pauses AS p (scope, until, since, reason) VALUES ($1, $2, $3, $4)
     ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason
     WHERE excluded.until > p.until OR p.until <= excluded.since OR p.since > excluded.since`,
    [pause.scope, tx.ms(pause.until), tx.ms(now), pause.reason],
  )
}

/** Alerts of a message that one read looks at. */
const PAGE_SIZE = 2_000

/** When the alerts of a message were received, counted by instant. */
export async function receivedCounts(db: Database, message: number): Promise<ReceivedCount[]> {
  const counts = new Map<number, ReceivedCount>()
  for (let after: Carried | undefined; ; ) {
    const rows = await db.read(async (tx) => {
      const carried = await carriedBy(tx, message, { limit: PAGE_SIZE, ...(after && { after }) })
      const received = await tx.all<{ at: number; n: number }>(
        `SELECT p.received_at AS at, COUNT(*) AS n FROM alerts a CROSS JOIN payloads p
         WHERE a.id IN LIST($1, BIGINT) AND p.id = a.payload GROUP BY p.received_at ORDER BY 1`,
        [carried.map(({ alert }) => alert)],
      )
      for (const { at, n } of received) {
        const seen = counts.get(at)
        if (seen === undefined) counts.set(at, { receivedAt: tx.date(at), count: n })
        else seen.count += n
      }
      return carried
    })
    if (rows.length < PAGE_SIZE) return [...counts.values()]
    after = rows.at(-1)
  }
}
