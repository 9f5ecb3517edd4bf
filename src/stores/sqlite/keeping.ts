import { STAYS_MS } from '../../model/message.ts'
import type { Home } from '../store.ts'
import type { Database } from './database.ts'

/** Rows that one call of prune takes of each table at most, so that it never holds up accepting for long. */
const AT_ONCE = 5_000
const KEEP_CALLS_MS = 25 * 3_600_000
const KEEP_REQUESTS_MS = 3_600_000

const REMOVED = 'its channel or robot was removed from the configuration'

/** What is in flight for a robot whose lease is in force is its owner's, and stays. */
export function recover(db: Database, now: Date, robot: string | undefined): number {
  const rows = db.all<{ robot: string }>(
    `SELECT DISTINCT robot FROM messages WHERE state IN ('pending', 'sending') AND state = 'sending'
     AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.robot = messages.robot AND l.until > ?)`,
    now.getTime(),
  )
  return rows
    .filter((each) => robot === undefined || each.robot === robot)
    .reduce((sum, each) => sum + recoverRobot(db, each.robot, now), 0)
}

/** Nobody works the robot: what is in flight for it becomes due at once. */
export function recoverRobot(db: Database, robot: string, now: Date): number {
  return db.run(
    `UPDATE messages SET state = 'pending', due_at = ?, elsewhere_at = ?, call = NULL
     WHERE state IN ('pending', 'sending') AND state = 'sending' AND robot = ?`,
    now.getTime(),
    now.getTime() + STAYS_MS,
    robot,
  ).changes
}

export function rehome(
  db: Database,
  homes: readonly Home[],
  now: Date,
): { moved: number; dead: number } {
  const total = { moved: 0, dead: 0 }
  const open = db.all<{ queue: string; channel: string }>(
    'SELECT DISTINCT queue, channel FROM tellings WHERE open = 1',
  )
  const lost = db.all<{ queue: string; channel: string }>(
    `SELECT DISTINCT queue, channel FROM messages WHERE state IN ('pending', 'sending')`,
  )
  const seen = new Set<string>()
  for (const { queue, channel } of [...open, ...lost]) {
    const queues = homes.find((home) => home.channel === channel)?.queues ?? []
    const key = `${queue}\0${channel}`
    if (queues.includes(queue) || seen.has(key)) continue
    seen.add(key)
    // A message was made for its robot: its alerts are told anew, in the queues that remain.
    db.run(
      `UPDATE tellings SET message = NULL WHERE open = 1 AND queue = ? AND channel = ? AND message IS NOT NULL`,
      queue,
      channel,
    )
    db.run(
      `UPDATE messages SET state = 'dead', reason = ?, due_at = NULL, call = NULL
       WHERE queue = ? AND channel = ? AND state IN ('pending', 'sending')`,
      REMOVED,
      queue,
      channel,
    )
    const counts =
      queues.length > 0 ? move(db, { queue, channel, queues }) : bury(db, { queue, channel, now })
    total.moved += counts.moved
    total.dead += counts.dead
  }
  return total
}

function move(
  db: Database,
  { queue, channel, queues }: { queue: string; channel: string; queues: readonly string[] },
): { moved: number; dead: number } {
  for (const to of queues)
    db.run(
      `INSERT INTO tellings (alert, queue, channel, level, fingerprint, message, open)
       SELECT alert, ?, channel, level, fingerprint, NULL, 1 FROM tellings
       WHERE open = 1 AND queue = ? AND channel = ? ON CONFLICT (alert, queue) DO NOTHING`,
      to,
      queue,
      channel,
    )
  const { changes } = db.run(
    'DELETE FROM tellings WHERE open = 1 AND queue = ? AND channel = ?',
    queue,
    channel,
  )
  return { moved: changes, dead: 0 }
}

function bury(
  db: Database,
  { queue, channel }: { queue: string; channel: string; now: Date },
): { moved: number; dead: number } {
  const { changes } = db.run(
    `UPDATE alerts SET fate = 'dead', reason = ? WHERE fate IS NULL AND id IN
       (SELECT alert FROM tellings WHERE open = 1 AND queue = ? AND channel = ?)`,
    REMOVED,
    queue,
    channel,
  )
  db.run(
    'UPDATE tellings SET open = 0 WHERE open = 1 AND queue = ? AND channel = ?',
    queue,
    channel,
  )
  return { moved: 0, dead: changes }
}

export function prune(db: Database, before: Date, now: Date): { messages: number; alerts: number } {
  const limit = before.getTime()
  const messages = db
    .all<{ id: number }>(
      `SELECT id FROM messages WHERE state IN ('sent', 'dead') AND created_at < ? ORDER BY id LIMIT ?`,
      limit,
      AT_ONCE,
    )
    .map((row) => row.id)
  for (const id of messages) {
    db.run('DELETE FROM attempts WHERE message = ?', id)
    db.run('DELETE FROM messages WHERE id = ?', id)
  }
  const alerts = db
    .all<{ id: number }>(
      `SELECT a.id FROM payloads p JOIN alerts a ON a.payload = p.id WHERE p.received_at < ?
       AND NOT EXISTS (SELECT 1 FROM tellings t LEFT JOIN messages m ON m.id = t.message
         WHERE t.alert = a.id AND (t.open = 1 OR m.id IS NOT NULL))
       ORDER BY p.id LIMIT ?`,
      limit,
      AT_ONCE,
    )
    .map((row) => row.id)
  for (const id of alerts) {
    db.run('DELETE FROM tellings WHERE alert = ?', id)
    db.run('DELETE FROM alerts WHERE id = ?', id)
  }
  db.run(
    `DELETE FROM payloads WHERE id IN (SELECT p.id FROM payloads p WHERE p.received_at < ?
       AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.payload = p.id) LIMIT ?)`,
    limit,
    AT_ONCE,
  )
  db.run(
    'DELETE FROM requests WHERE key IN (SELECT key FROM requests WHERE at < ? LIMIT ?)',
    now.getTime() - KEEP_REQUESTS_MS,
    AT_ONCE,
  )
  db.run('DELETE FROM calls WHERE until < ?', now.getTime() - KEEP_CALLS_MS)
  db.run(
    `DELETE FROM passed WHERE (channel, grp) IN (SELECT channel, grp FROM passed WHERE at < ? LIMIT ?)`,
    limit,
    AT_ONCE,
  )
  return { messages: messages.length, alerts: alerts.length }
}
