import { nextTurn } from '../../clock.ts'
import type { ReceivedCount, Settlement } from '../store.ts'
import type { Database, Tx } from '../tx.ts'
import {
  IN_RANGE,
  lockQueueOf,
  rangeValues,
  readPageEnd,
  readRanges,
  requeue,
} from './deliveries.ts'
import { insertRow } from './rows.ts'

/**
 * Records an attempt. The call's id is a fencing token: a second settlement of the same call, or one after a takeover,
 * changes nothing and returns undefined. Returns the queue otherwise.
 */
export async function settle(tx: Tx, settlement: Settlement): Promise<string | undefined> {
  const id = Number(settlement.id)
  const queue = await lockQueueOf(tx, id)
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
      break
    case 'retry':
      // A message that may have arrived stays with its robot, whatever the outcome of later attempts.
      await tx.run(
        `UPDATE messages SET state = 'pending', due_at = $2, call = NULL,
           elsewhere_at = CASE WHEN COALESCE(elsewhere_at, 0) > $3 THEN elsewhere_at ELSE NULLIF($3, 0) END
         WHERE id = $1`,
        [id, tx.ms(next.dueAt), next.elsewhereAt === undefined ? 0 : tx.ms(next.elsewhereAt)],
      )
      break
    case 'dead':
      await markDead(tx, id, next.reason)
      break
    case 'split':
      await markDead(tx, id, next.reason)
      await requeue(tx, id)
      await tx.run('UPDATE robots SET body_bytes = $1 WHERE key = $2', [
        next.bodyBytes,
        settlement.robot.key,
      ])
  }
  return queue
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
  await insertRow(tx, 'attempts', {
    message: Number(id),
    at: tx.ms(at),
    robot,
    result: attempt.result,
    http_status: attempt.httpStatus,
    errcode: attempt.errcode,
    errmsg: attempt.errmsg,
    words: attempt.explanation,
    duration_ms: Math.max(0, Math.round(attempt.durationMs)),
  })
}

/**
 * Ends the call now, even if the process was suspended past its deadline. A call that certainly did not reach DingTalk
 * no longer counts for the month.
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
  // The longer pause wins, unless the stored one is over, or begins in the future since the clock was set back.
  await tx.run(
    `INSERT INTO pauses AS p (scope, until, since, reason) VALUES ($1, $2, $3, $4)
     ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason
     WHERE excluded.until > p.until OR p.until <= excluded.since OR p.since > excluded.since`,
    [pause.scope, tx.ms(pause.until), tx.ms(now), pause.reason],
  )
}

/** Alerts in one read. */
const PAGE_SIZE = 4_000

const receivedSql = (deliveries: string): string => `SELECT p.received_at AS at, COUNT(*) AS n
  FROM (SELECT alert FROM deliveries WHERE ${deliveries}) d CROSS JOIN alerts a CROSS JOIN payloads p
  WHERE a.id = d.alert AND p.id = a.payload GROUP BY p.received_at`
const RECEIVED_IN_RANGE = receivedSql(IN_RANGE)
const RECEIVED_BY_ID = receivedSql('message = $1')

/** Counts a message's alerts by the instant of their receipt. Reads a digest page by page. */
export async function countReceived(db: Database, message: number): Promise<ReceivedCount[]> {
  const counts = new Map<number, ReceivedCount>()
  const add = (tx: Tx, rows: readonly { at: number; n: number }[]): void => {
    for (const { at, n } of rows) {
      const entry = counts.get(at)
      if (entry === undefined) counts.set(at, { receivedAt: tx.date(at), count: n })
      else entry.count += n
    }
  }
  const ranges = await db.read(async (tx) => {
    add(tx, await tx.all(RECEIVED_BY_ID, [message]))
    return readRanges(tx, message)
  })
  for (const range of ranges)
    for (let after = range.after; after < range.up_to; ) {
      after = await db.read(async (tx) => {
        const end = await readPageEnd(tx, { ...range, after }, { size: PAGE_SIZE })
        const page = { ...range, after, up_to: end ?? range.up_to }
        add(tx, await tx.all(RECEIVED_IN_RANGE, rangeValues(page)))
        return page.up_to
      })
      // After the last page there is nothing to yield for, so small digests are as quick as other messages.
      if (after < range.up_to) await nextTurn()
    }
  return [...counts.values()]
}
