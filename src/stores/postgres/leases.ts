import { STAYS_MS } from '../../model/message.ts'
import type { Renewal } from '../shared.ts'
import type { Lease } from '../store.ts'
import type { Tx } from './database.ts'

/** No lease is taken for longer; one that seems to last so long was taken before the database's clock was set back. */
const LONGEST_MS = 5 * 60_000

/** Of a lease that is in force at $1. */
export const IN_FORCE = `until > $1 AND until <= $1::bigint + ${LONGEST_MS}`

/** A robot that changed hands, and what its former owner had in flight. */
export interface Taken {
  robot: string
  from: string
  recovered: number
}

/**
 * Takes or renews a lease. What its former owner had in flight becomes due at once; `unsure`, also what a claim of the
 * owner's own may have left there, whose answer was lost: it is waited for first, since it has locked the lease.
 */
export async function lease(
  tx: Tx,
  { robot, owner, now, until, enough }: Lease,
  unsure: boolean,
): Promise<{ held: boolean; taken?: Taken }> {
  const at = tx.ms(now)
  const found = await tx.one<{ owner: string; until: number }>(
    'SELECT owner, until FROM leases WHERE robot = $1',
    robot,
  )
  // Looking writes nothing: most replicas ask every few seconds for what another works.
  const inForce = found !== undefined && found.until > at && found.until <= at + LONGEST_MS
  if (inForce && found.owner !== owner) return { held: false }
  const lasts = inForce && enough !== undefined && found.until >= tx.ms(enough)
  if (lasts && !unsure) return { held: true }
  const written = await tx.run(
    `INSERT INTO leases (robot, owner, fence, until) VALUES ($1, $2, 1, $3)
       ON CONFLICT (robot) DO UPDATE SET owner = excluded.owner, until = excluded.until,
         fence = leases.fence + CASE WHEN leases.owner = excluded.owner THEN 0 ELSE 1 END
       WHERE leases.owner = excluded.owner OR leases.until <= $4 OR leases.until > $4::bigint + ${LONGEST_MS}`,
    robot,
    owner,
    tx.ms(until),
    at,
  )
  if (written === 0) return { held: false }
  if (found?.owner === owner && !unsure) return { held: true }
  const recovered = await recoverRobot(tx, robot, at)
  return { held: true, taken: { robot, from: found?.owner ?? '', recovered } }
}

/** Extends what an owner has leased and still has; never shortens it, but for what a clock that was set back has left. */
export async function renew(tx: Tx, { owner, robots, now, until }: Renewal): Promise<void> {
  await tx.run(
    `UPDATE leases SET until = CASE WHEN until > $2::bigint + ${LONGEST_MS} THEN $2 ELSE GREATEST(until, $2) END
     WHERE robot = ANY(ARRAY(SELECT robot FROM leases WHERE owner = $1 AND until > $3 AND robot = ANY($4::text[])
       ORDER BY robot FOR UPDATE))`,
    owner,
    tx.ms(until),
    tx.ms(now),
    robots,
  )
}

/** The row stays, so that the fence goes on counting. */
export async function release(tx: Tx, owner: string): Promise<void> {
  await tx.run(`UPDATE leases SET owner = '', until = 0 WHERE owner = $1`, owner)
}

/** What is in flight for robots that nobody works becomes due at once. */
export async function recover(tx: Tx, now: Date, robot: string | undefined): Promise<number> {
  const at = tx.ms(now)
  if (robot === undefined) await comeBack(tx, at)
  const rows = await tx.all<{ robot: string }>(
    `SELECT DISTINCT robot FROM messages m WHERE state = 'sending' AND ($2::text IS NULL OR robot = $2)
     AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.robot = m.robot AND ${IN_FORCE}) ORDER BY robot`,
    at,
    robot ?? null,
  )
  let recovered = 0
  for (const each of rows) {
    // Locks the lease, so that nobody takes the robot and claims for it in between.
    const found = await tx.one<{ held: boolean }>(
      `INSERT INTO leases (robot, owner, fence, until) VALUES ($2, '', 0, 0)
       ON CONFLICT (robot) DO UPDATE SET fence = leases.fence
       RETURNING ${IN_FORCE.replaceAll('until', 'leases.until')} AS held`,
      at,
      each.robot,
    )
    if (found?.held === false) recovered += await recoverRobot(tx, each.robot, at)
  }
  return recovered
}

/** Nobody works the robot: what is in flight for it becomes due at once, and its calls count until now. */
async function recoverRobot(tx: Tx, robot: string, at: number): Promise<number> {
  await tx.run(
    `UPDATE calls SET until = GREATEST(until, $2)
     WHERE id IN (SELECT call FROM messages WHERE robot = $1 AND state = 'sending')`,
    robot,
    at,
  )
  return tx.run(
    `UPDATE messages SET state = 'pending', due_at = $2, elsewhere_at = $3, call = NULL
     WHERE robot = $1 AND state = 'sending'`,
    robot,
    at,
    at + STAYS_MS,
  )
}

/**
 * The database's clock was set back: nothing that is over lies in the future, and nothing waits longer than it was meant
 * to when the clock was right. What is due later for another reason has no attempt in the future.
 */
async function comeBack(tx: Tx, at: number): Promise<void> {
  await tx.run('UPDATE calls SET until = until - at + $1, at = $1 WHERE at > $1', at)
  await tx.run('UPDATE pauses SET until = until - since + $1, since = $1 WHERE since > $1', at)
  await tx.run(
    `UPDATE messages m SET due_at = $1, elsewhere_at = NULL WHERE state = 'pending' AND due_at > $1
     AND EXISTS (SELECT 1 FROM attempts a WHERE a.message = m.id AND a.at > $1)`,
    at,
  )
}
