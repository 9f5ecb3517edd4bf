import { SAME_ROBOT_MS } from '../../model/message.ts'
import type { Lease, Renewal } from '../store.ts'
import type { Tx } from '../tx.ts'
import { readColumn, readValue } from './rows.ts'
import { IN_STATE, IS_CONFIGURATION, OPEN } from './schema.ts'

/** Upper bound of a lease. A longer one dates from before the clock was set back. */
const MAX_LEASE_MS = 5 * 60_000

/** SQL: a lease in force at parameter `now`. */
export function inForce(now: string): string {
  return `until > ${now} AND until <= ${now} + ${MAX_LEASE_MS}`
}

function isInForce(until: number, at: number): boolean {
  return until > at && until <= at + MAX_LEASE_MS
}

/** A robot whose messages in flight a lease has made pending, and their number; for `from` see Notice. */
export interface TakenOver {
  robot: string
  from: string
  recovered: number
}

/**
 * Takes or renews a lease. On a change of owner, messages in flight become due at once. With `unconfirmed`, those of
 * this owner do as well: a claim may have been committed although its answer was lost.
 */
export async function lease(
  tx: Tx,
  { robot, owner, now, until, skipIfUntil, places = [] }: Lease,
  unconfirmed: boolean,
): Promise<{ isHeld: boolean; takenOver?: TakenOver }> {
  const at = tx.ms(now)
  const current = await tx.get<{ owner: string; until: number; places: string }>(
    'SELECT owner, until, places FROM leases WHERE robot = $1',
    [robot],
  )
  const placesJson = JSON.stringify(places.map(({ queue, channel }) => [queue, channel]))
  // Reads before it writes, because most replicas poll every few seconds for a robot that another one holds.
  const held = current !== undefined && isInForce(current.until, at) ? current : undefined
  if (held !== undefined && held.owner !== owner) return { isHeld: false }
  const isLongEnough =
    held !== undefined && skipIfUntil !== undefined && held.until >= tx.ms(skipIfUntil)
  if (isLongEnough && held.places === placesJson && !unconfirmed) return { isHeld: true }
  const written = await tx.run(
    `INSERT INTO leases AS l (robot, owner, until, places) VALUES ($1, $2, $3, $5)
     ON CONFLICT (robot) DO UPDATE SET owner = excluded.owner, until = excluded.until, places = excluded.places
     WHERE l.owner = excluded.owner OR l.until <= $4 OR l.until > $4 + ${MAX_LEASE_MS}`,
    [robot, owner, tx.ms(until), at, placesJson],
  )
  if (written === 0) return { isHeld: false }
  if (current?.owner === owner && !unconfirmed) return { isHeld: true }
  const recovered = await requeueInFlight(tx, robot, at)
  return { isHeld: true, takenOver: { robot, from: current?.owner ?? '', recovered } }
}

/** Extends an owner's leases. Shortens only a lease that a clock set back has made too long. */
export async function renew(tx: Tx, { owner, robots, now, until }: Renewal): Promise<void> {
  for (const robot of robots.toSorted())
    await tx.run(
      `UPDATE leases SET until = CASE WHEN until > CAST($3 AS BIGINT) + ${MAX_LEASE_MS} THEN $3 ELSE GREATEST(until, $3) END
       WHERE robot = $1 AND owner = $2 AND until > $4`,
      [robot, owner, tx.ms(until), tx.ms(now)],
    )
}

export async function release(tx: Tx, owner: string): Promise<void> {
  await tx.run(`UPDATE leases SET owner = '', until = 0 WHERE owner = $1`, [owner])
}

export async function recover(tx: Tx, now: Date): Promise<number> {
  const at = tx.ms(now)
  await clampFutureTimes(tx, at)
  const robots = await readColumn<string>(
    tx,
    `SELECT DISTINCT robot FROM messages m WHERE ${IN_STATE.sending}
     AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.robot = m.robot AND ${inForce('$1')}) ORDER BY robot`,
    [at],
  )
  let recovered = 0
  for (const robot of robots) {
    // Locks the lease: no process can take the robot and claim for it in between.
    const until = await readValue<number>(
      tx,
      `INSERT INTO leases AS l (robot, owner, until, places) VALUES ($1, '', 0, '[]')
       ON CONFLICT (robot) DO UPDATE SET owner = l.owner RETURNING until`,
      [robot],
    )
    if (!isInForce(until ?? 0, at)) recovered += await requeueInFlight(tx, robot, at)
  }
  return recovered
}

/** Makes a robot's messages in flight due at once. They may have arrived, so their calls count as made now. */
async function requeueInFlight(tx: Tx, robot: string, at: number): Promise<number> {
  const inFlight = `robot = $1 AND ${IN_STATE.sending}`
  await tx.run(
    `UPDATE calls SET until = GREATEST(until, $2) WHERE id IN (SELECT call FROM messages WHERE ${inFlight})`,
    [robot, at],
  )
  return tx.run(
    `UPDATE messages SET state = 'pending', due_at = $2, call = NULL,
       elsewhere_at = GREATEST(COALESCE(elsewhere_at, 0), $3) WHERE ${inFlight}`,
    [robot, at, at + SAME_ROBOT_MS],
  )
}

/**
 * Repairs instants that lie in the future because the clock was set back. Calls and pauses that seem to begin in the
 * future begin now and keep their length. A message's due time moves only if its creation or an attempt lies in the
 * future as well.
 */
async function clampFutureTimes(tx: Tx, at: number): Promise<void> {
  await tx.run('UPDATE calls SET until = until - at + $1, at = $1 WHERE at > $1', [at])
  // Configurations are only compared with each other.
  await tx.run(
    `UPDATE pauses SET until = until - since + $1, since = $1 WHERE since > $1 AND NOT ${IS_CONFIGURATION}`,
    [at],
  )
  await tx.run(
    `UPDATE messages SET due_at = $1 WHERE ${IN_STATE.pending} AND due_at > $1
       AND (created_at > $1 OR EXISTS (SELECT 1 FROM attempts a WHERE a.message = messages.id AND a.at > $1))`,
    [at],
  )
  await tx.run(`UPDATE messages SET elsewhere_at = $1 WHERE ${OPEN} AND elsewhere_at > $1`, [
    at + SAME_ROBOT_MS,
  ])
}

export async function shift(tx: Tx, byMs: number): Promise<void> {
  await tx.run('UPDATE calls SET at = at + $1, until = until + $1', [byMs])
  await tx.run('UPDATE pauses SET since = since + $1, until = until + $1', [byMs])
  await tx.run(
    `UPDATE messages SET due_at = due_at + $1, elsewhere_at = elsewhere_at + $1
     WHERE ${OPEN}`,
    [byMs],
  )
  await tx.run('UPDATE leases SET until = until + $1 WHERE until > 0', [byMs])
}
