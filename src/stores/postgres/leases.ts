import { STAYS_MS } from '../../model/message.ts'
import type { Renewal } from '../shared.ts'
import type { Lease } from '../store.ts'
import type { Tx } from './database.ts'

/** A robot that changed hands, and what its former owner had in flight. */
export interface Taken {
  robot: string
  from: string
  recovered: number
}

/**
 * Takes or renews a lease. Whoever asks is between two messages, so what is in flight for the robot was left by an
 * owner that is gone, or by a claim of its own whose answer was lost: it becomes due at once.
 */
export async function lease(
  tx: Tx,
  { robot, owner, now, until, enough }: Lease,
): Promise<{ held: boolean; taken?: Taken }> {
  const at = tx.ms(now)
  const found = await tx.one<{ owner: string; until: number }>(
    'SELECT owner, until FROM leases WHERE robot = $1',
    robot,
  )
  // Looking writes nothing: most replicas ask every few seconds for what another works.
  if (found !== undefined && found.owner !== owner && found.until > at) return { held: false }
  const lasts =
    enough !== undefined &&
    found?.owner === owner &&
    found.until >= tx.ms(enough) &&
    found.until > at
  if (!lasts) {
    const written = await tx.run(
      `INSERT INTO leases (robot, owner, fence, until) VALUES ($1, $2, 1, $3)
       ON CONFLICT (robot) DO UPDATE SET owner = excluded.owner, until = excluded.until,
         fence = leases.fence + CASE WHEN leases.owner = excluded.owner THEN 0 ELSE 1 END
       WHERE leases.owner = excluded.owner OR leases.until <= $4`,
      robot,
      owner,
      tx.ms(until),
      at,
    )
    if (written === 0) return { held: false }
  }
  const recovered = await recoverRobot(tx, robot, at)
  const changed = found?.owner !== owner
  return changed || recovered > 0
    ? { held: true, taken: { robot, from: found?.owner ?? '', recovered } }
    : { held: true }
}

/** Extends what an owner has leased and still has. */
export async function renew(tx: Tx, { owner, robots, now, until }: Renewal): Promise<void> {
  await tx.run(
    `UPDATE leases SET until = GREATEST(until, $2) WHERE robot = ANY(ARRAY(
       SELECT robot FROM leases WHERE owner = $1 AND until > $3 AND robot = ANY($4::text[]) ORDER BY robot FOR UPDATE))`,
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
  const rows = await tx.all<{ robot: string }>(
    `SELECT DISTINCT robot FROM messages m WHERE state = 'sending' AND ($2::text IS NULL OR robot = $2)
     AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.robot = m.robot AND l.until > $1) ORDER BY robot`,
    at,
    robot ?? null,
  )
  let recovered = 0
  for (const each of rows) {
    // Locks the lease, so that nobody takes the robot and claims for it in between.
    await tx.run(
      `INSERT INTO leases (robot, owner, fence, until) VALUES ($1, '', 0, 0)
       ON CONFLICT (robot) DO UPDATE SET fence = leases.fence`,
      each.robot,
    )
    const free = await tx.one(
      'SELECT 1 FROM leases WHERE robot = $1 AND until <= $2',
      each.robot,
      at,
    )
    if (free !== undefined) recovered += await recoverRobot(tx, each.robot, at)
  }
  return recovered
}

async function recoverRobot(tx: Tx, robot: string, at: number): Promise<number> {
  return tx.run(
    `UPDATE messages SET state = 'pending', due_at = $2, elsewhere_at = $3, call = NULL
     WHERE robot = $1 AND state = 'sending'`,
    robot,
    at,
    at + STAYS_MS,
  )
}
