import { AppError } from '../../errors.ts'
import type { CallClaim, Claim, ClaimAgain, Claimed, Lease, NewMessage } from '../store.ts'
import type { Database } from './database.ts'
import { recoverRobot } from './keeping.ts'
import { unblocked } from './waiting.ts'

export function lease(db: Database, { robot, owner, now, until, enough }: Lease): boolean {
  // Reading is free; each renewal is a flush of the disk.
  if (
    enough !== undefined &&
    db.get(
      'SELECT 1 FROM leases WHERE robot = ? AND owner = ? AND until >= ?',
      robot,
      owner,
      enough.getTime(),
    ) !== undefined
  )
    return true
  const held = db.get<{ owner: string }>('SELECT owner FROM leases WHERE robot = ?', robot)
  const { changes } = db.run(
    `INSERT INTO leases (robot, owner, until) VALUES (?, ?, ?)
     ON CONFLICT (robot) DO UPDATE SET owner = excluded.owner, until = excluded.until
     WHERE owner = excluded.owner OR until <= ?`,
    robot,
    owner,
    until.getTime(),
    now.getTime(),
  )
  if (changes === 1 && held?.owner !== owner) recoverRobot(db, robot, now)
  return changes === 1
}

export function release(db: Database, owner: string): void {
  db.run('DELETE FROM leases WHERE owner = ?', owner)
}

export function claim(db: Database, { now, message, alerts, call }: Claim): Claimed | undefined {
  if (!mayCall(db, { robot: message.robot, call, now })) return undefined
  const ids = alerts.kind === 'some' ? alerts.ids : waitingUpTo(db, message, alerts.upTo)
  if (alerts.kind === 'upTo' && ids.length !== alerts.count) return undefined
  if (alerts.kind === 'some' && !allWait(db, message.queue, ids)) return undefined
  const id = insertMessage(db, message, { now, state: 'sending', attempts: 1 })
  for (const alert of ids)
    db.run(
      'UPDATE tellings SET message = ? WHERE alert = ? AND queue = ?',
      id,
      alert,
      message.queue,
    )
  const made = insertCall(db, call, { now, message: id })
  return { id: String(id), call: made, uuid: message.uuid, body: message.body, attempts: 0 }
}

export function claimAgain(
  db: Database,
  { now, id, robot, call }: ClaimAgain,
): Claimed | undefined {
  const row = db.get<{ uuid: string; body: string; attempts: number }>(
    `SELECT uuid, body, attempts FROM messages WHERE id = ? AND state = 'pending'
     AND (robot = ? OR COALESCE(elsewhere_at, 0) <= ?)`,
    Number(id),
    robot,
    now.getTime(),
  )
  if (row === undefined || !mayCall(db, { robot, call, now })) return undefined
  db.run(
    `UPDATE messages SET state = 'sending', robot = ?, due_at = NULL, attempts = attempts + 1 WHERE id = ?`,
    robot,
    Number(id),
  )
  const made = insertCall(db, call, { now, message: Number(id) })
  return { id, call: made, ...row }
}

export function enqueue(db: Database, messages: readonly NewMessage[], now: Date): string[] {
  return messages.map((message) =>
    String(insertMessage(db, message, { now, state: 'pending', attempts: 0 })),
  )
}

export function resend(db: Database, id: string, now: Date): { queue: string } {
  const row = db.get<{ queue: string; state: string }>(
    'SELECT queue, state FROM messages WHERE id = ?',
    Number(id),
  )
  if (row === undefined) throw new AppError('not_found', `there is no message ${id}`)
  if (row.state !== 'dead')
    throw new AppError(
      'not_dead',
      `message ${id} is ${row.state}; only a dead one can be sent again`,
    )
  db.run(
    `UPDATE messages SET state = 'pending', due_at = ?, reason = NULL WHERE id = ?`,
    now.getTime(),
    Number(id),
  )
  db.run('UPDATE tellings SET open = 1 WHERE message = ?', Number(id))
  return { queue: row.queue }
}

/** Whether the lease is held and the limit has a call left. */
function mayCall(
  db: Database,
  { robot, call, now }: { robot: string; call: CallClaim; now: Date },
): boolean {
  const held = db.get(
    'SELECT 1 FROM leases WHERE robot = ? AND owner = ? AND until > ?',
    robot,
    call.owner,
    now.getTime(),
  )
  if (held === undefined) return false
  const used = db.get<{ n: number }>(
    'SELECT COUNT(*) AS n FROM calls WHERE key = ? AND until > ?',
    call.key,
    call.since.getTime(),
  )
  return (used?.n ?? 0) < call.messages
}

function waitingUpTo(db: Database, { queue, channel }: NewMessage, upTo: number): number[] {
  return db
    .all<{ alert: number }>(
      `SELECT t.alert FROM tellings t WHERE t.queue = ? AND t.channel = ? AND t.open = 1 AND t.message IS NULL
         AND t.alert <= ? ${unblocked(db, queue)}`,
      queue,
      channel,
      upTo,
    )
    .map((row) => row.alert)
}

function allWait(db: Database, queue: string, ids: readonly number[]): boolean {
  const condition = unblocked(db, queue)
  const sql = `SELECT 1 FROM tellings t WHERE t.alert = ? AND t.queue = ? AND t.open = 1 AND t.message IS NULL ${condition}`
  return ids.length > 0 && ids.every((alert) => db.get(sql, alert, queue) !== undefined)
}

function insertMessage(
  db: Database,
  message: NewMessage,
  { now, state, attempts }: { now: Date; state: 'pending' | 'sending'; attempts: number },
): number {
  const at = now.getTime()
  return db.run(
    `INSERT INTO messages (uuid, robot, queue, channel, kind, state, title, text, body, alert_count, storm, created_at, due_at,
       attempts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    message.uuid,
    message.robot,
    message.queue,
    message.channel,
    message.kind,
    state,
    message.title,
    message.text,
    message.body,
    message.alertCount,
    message.storm ? 1 : 0,
    at,
    state === 'pending' ? at : null,
    attempts,
  ).id
}

function insertCall(
  db: Database,
  call: CallClaim,
  { now, message }: { now: Date; message: number },
): number {
  const { id } = db.run(
    'INSERT INTO calls (key, at, until, month) VALUES (?, ?, ?, ?)',
    call.key,
    now.getTime(),
    call.until.getTime(),
    call.month,
  )
  db.run(
    `INSERT INTO months (month, key, calls) VALUES (?, ?, 1) ON CONFLICT (month, key) DO UPDATE SET calls = calls + 1`,
    call.month,
    call.key,
  )
  db.run('UPDATE messages SET call = ? WHERE id = ?', id, message)
  return id
}
