import { STAYS_MS } from '../../model/message.ts'
import type { Home, Rehomed } from '../store.ts'
import type { Database } from './database.ts'
import type { Rows } from './engine.ts'
import { WAITS } from './waiting.ts'

/** Rows that one call of prune takes of each table at most, so that it never holds up accepting for long. */
const AT_ONCE = 5_000
const KEEP_CALLS_MS = 25 * 3_600_000

const REMOVED = 'its channel or robot was removed from the configuration'

/** What is in flight for a robot whose lease is in force is its owner's, and stays. */
export function recover(db: Database, now: Date, robot: string | undefined): number {
  // One robot alone is taken over from another process, whose clock is this one's.
  if (robot === undefined) comeBack(db, now.getTime())
  const rows = db.all<{ robot: string }>(
    `SELECT DISTINCT robot FROM messages WHERE state IN ('pending', 'sending') AND state = 'sending'
     AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.robot = messages.robot AND l.until > ?)`,
    now.getTime(),
  )
  return rows
    .filter((each) => robot === undefined || each.robot === robot)
    .reduce((sum, each) => sum + recoverRobot(db, each.robot, now), 0)
}

/** Nobody works the robot: what is in flight for it becomes due at once, and its calls count until now. */
export function recoverRobot(db: Database, robot: string, now: Date): number {
  const at = now.getTime()
  const inFlight = `state IN ('pending', 'sending') AND state = 'sending' AND robot = ?`
  db.run(
    `UPDATE calls SET until = MAX(until, ?) WHERE id IN (SELECT call FROM messages WHERE ${inFlight})`,
    at,
    robot,
  )
  return db.run(
    `UPDATE messages SET state = 'pending', due_at = ?, elsewhere_at = ?, call = NULL WHERE ${inFlight}`,
    at,
    at + STAYS_MS,
    robot,
  ).changes
}

/** Nothing that is over lies in the future, and nothing waits longer than it was meant to when the clock was right. */
function comeBack(db: Database, at: number): void {
  db.run('UPDATE calls SET until = until - at + ?, at = ? WHERE at > ?', at, at, at)
  db.run('UPDATE pauses SET until = until - since + ?, since = ? WHERE since > ?', at, at, at)
  db.run(
    `UPDATE messages SET due_at = ?, elsewhere_at = NULL WHERE state = 'pending' AND due_at > ?`,
    at,
    at,
  )
}

export function shift(db: Database, byMs: number): void {
  db.run('UPDATE calls SET at = at + ?, until = until + ?', byMs, byMs)
  db.run('UPDATE pauses SET since = since + ?, until = until + ?', byMs, byMs)
  db.run(
    `UPDATE messages SET due_at = due_at + ?1, elsewhere_at = elsewhere_at + ?1 WHERE state = 'pending'`,
    byMs,
  )
}

/** What a message tells waits again in a queue, unless it waits or was told there already. */
export function waitAgain(db: Database, message: number, queue: number): number {
  const { changes } = db.run(
    `INSERT OR IGNORE INTO waits (queue, channel, level, alert, subject, resolved)
     SELECT ?, a.channel, a.level, a.id, a.subject, a.resolved
     FROM tellings t JOIN alerts a ON a.id = t.alert WHERE t.message = ?`,
    queue,
    message,
  )
  db.run('DELETE FROM tellings WHERE message = ?', message)
  return changes
}

export function rehome(rows: Rows, homes: readonly Home[]): Rehomed {
  const { database: db, names } = rows
  const total: Rehomed = { moved: 0, dead: [] }
  for (const { queue, channel } of places(db)) {
    const queues = homes.find((home) => home.channel === channel)?.queues ?? []
    if (queues.includes(queue)) continue
    const from = { queue: names.queue(queue), channel: names.channel(channel) }
    // A message was made for its robot: its alerts are told anew, in the queues that remain.
    for (const { id } of db.all<{ id: number }>(
      `SELECT id FROM messages WHERE queue = ? AND channel = ? AND state IN ('pending', 'sending')`,
      queue,
      channel,
    )) {
      waitAgain(db, id, from.queue)
      db.run(
        `UPDATE messages SET state = 'dead', reason = ?, due_at = NULL, call = NULL WHERE id = ?`,
        REMOVED,
        id,
      )
    }
    if (queues.length > 0) total.moved += move(rows, from, queues)
    else total.dead.push({ channel, count: bury(db, from) })
  }
  return total
}

/** Where something waits or is under way. */
function places(db: Database): { queue: string; channel: string }[] {
  return db.all<{ queue: string; channel: string }>(
    `SELECT q.name AS queue, c.name AS channel FROM (SELECT DISTINCT queue, channel FROM waits) w
       JOIN queues q ON q.id = w.queue JOIN channels c ON c.id = w.channel
     UNION SELECT queue, channel FROM messages WHERE state IN ('pending', 'sending')`,
  )
}

interface Place {
  queue: number
  channel: number
}

function move(
  { database: db, names }: Rows,
  { queue, channel }: Place,
  queues: readonly string[],
): number {
  for (const to of queues)
    db.run(
      `INSERT OR IGNORE INTO waits (queue, channel, level, alert, subject, resolved)
       SELECT ?, w.channel, w.level, w.alert, w.subject, w.resolved FROM waits w
       WHERE w.queue = ? AND w.channel = ? AND NOT EXISTS (SELECT 1 FROM tellings t
         JOIN messages m ON m.id = t.message WHERE t.alert = w.alert AND m.queue = ?)`,
      names.queue(to),
      queue,
      channel,
      to,
    )
  return db.run('DELETE FROM waits WHERE queue = ? AND channel = ?', queue, channel).changes
}

function bury(db: Database, { queue, channel }: Place): number {
  const { changes } = db.run(
    `UPDATE alerts SET fate = 'dead', reason = ? WHERE fate IS NULL AND id IN
       (SELECT alert FROM waits WHERE queue = ? AND channel = ?)`,
    REMOVED,
    queue,
    channel,
  )
  db.run('DELETE FROM waits WHERE queue = ? AND channel = ?', queue, channel)
  return changes
}

export function prune(db: Database, before: Date, now: Date): { messages: number; alerts: number } {
  const messages = pruneMessages(db, before)
  const alerts = pruneAlerts(db, before)
  db.run('DELETE FROM calls WHERE until < ?', now.getTime() - KEEP_CALLS_MS)
  return { messages, alerts }
}

function pruneMessages(db: Database, before: Date): number {
  const messages = db.all<{ id: number }>(
    `SELECT id FROM messages WHERE state IN ('sent', 'dead') AND created_at < ? ORDER BY id LIMIT ?`,
    before.getTime(),
    AT_ONCE,
  )
  for (const { id } of messages) {
    db.run('DELETE FROM attempts WHERE message = ?', id)
    db.run('DELETE FROM tellings WHERE message = ?', id)
    db.run('DELETE FROM messages WHERE id = ?', id)
  }
  return messages.length
}

/** Alerts of old requests, in the order in which they came, but for those that wait or that a message lists. */
function pruneAlerts(db: Database, before: Date): number {
  const recent = db.get<{ id: number }>(
    'SELECT id FROM requests WHERE received_at >= ? ORDER BY id LIMIT 1',
    before.getTime(),
  )
  const alerts: { id: number; payload: number }[] = []
  // Read up to the first that is too young, not beyond: there may be millions.
  for (const alert of db.iterate<{ id: number; payload: number; needed: number }>(
    `SELECT a.id, a.payload, EXISTS (SELECT 1 FROM tellings t WHERE t.alert = a.id) OR ${WAITS} AS needed
     FROM alerts a ORDER BY a.id`,
  )) {
    if (recent !== undefined && alert.payload >= recent.id) break
    if (alert.needed === 0) alerts.push(alert)
    if (alerts.length >= AT_ONCE) break
  }
  const last = new Map(alerts.map(({ id, payload }) => [payload, id]))
  for (const { id } of alerts) db.run('DELETE FROM alerts WHERE id = ?', id)
  for (const [payload, id] of last) if (!hasAlerts(db, payload, id)) forgetRequest(db, payload)
  return alerts.length
}

/** Whether a request has an alert left, of which one was `gone`: its alerts have numbers in a row. */
function hasAlerts(db: Database, payload: number, gone: number): boolean {
  const [before, after] = [
    'SELECT payload FROM alerts WHERE id < ? ORDER BY id DESC LIMIT 1',
    'SELECT payload FROM alerts WHERE id > ? ORDER BY id LIMIT 1',
  ].map((sql) => db.get<{ payload: number }>(sql, gone)?.payload)
  return before === payload || after === payload
}

/** Forgets a request, and its body when no other is in the same row: those have numbers in a row as well. */
function forgetRequest(db: Database, id: number): void {
  const body = db.get<{ body: number }>('SELECT body FROM requests WHERE id = ?', id)?.body
  if (body === undefined) return
  db.run('DELETE FROM requests WHERE id = ?', id)
  const [before, after] = [
    'SELECT body FROM requests WHERE id < ? ORDER BY id DESC LIMIT 1',
    'SELECT body FROM requests WHERE id > ? ORDER BY id LIMIT 1',
  ].map((sql) => db.get<{ body: number }>(sql, id)?.body)
  if (before !== body && after !== body) db.run('DELETE FROM bodies WHERE id = ?', body)
}
