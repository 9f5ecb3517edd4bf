import { AppError } from '../../errors.ts'
import { atOnce, type Steps } from '../../turns.ts'
import type { CallClaim, Claim, ClaimAgain, Claimed, Lease, NewMessage, Warning } from '../store.ts'
import type { Database } from './database.ts'
import type { Rows } from './engine.ts'
import { recoverRobot } from './keeping.ts'
import { waitsUpTo } from './waiting.ts'

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

/** `gathered`: how much of what it takes is written down by `gather` already, if that was done. */
export function claim(
  rows: Rows,
  { now, message, alerts, call }: Claim,
  gathered?: number,
): Claimed | undefined {
  const db = rows.database
  if (gathered === undefined) forgetGathered(db)
  if (!mayCall(db, { robot: message.robot, call, now })) return undefined
  const taken =
    alerts.kind === 'some'
      ? allOf(rows, message, alerts.ids)
      : upTo(rows, message, { ...alerts, gathered })
  if (taken === undefined) return undefined
  const id = insertMessage(db, message, { now, state: 'sending', attempts: 1 })
  taken(id)
  const made = insertCall(db, call, { now, message: id })
  return {
    id: String(id),
    call: made,
    uuid: message.uuid,
    body: message.body,
    attempts: 0,
    results: new Map(),
  }
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
  const results = db.all<{ result: string; count: number }>(
    'SELECT result, COUNT(*) AS count FROM attempts WHERE message = ? GROUP BY result',
    Number(id),
  )
  return {
    id,
    call: made,
    ...row,
    results: new Map(results.map(({ result, count }) => [result, count])),
  }
}

export function enqueue(db: Database, messages: readonly NewMessage[], now: Date): string[] {
  forgetGathered(db)
  return messages.map((message) =>
    String(insertMessage(db, message, { now, state: 'pending', attempts: 0 })),
  )
}

export function warn(db: Database, { now, month, scope, mark, message }: Warning): boolean {
  const { changes } = db.run(
    `INSERT INTO marks (month, scope, mark) VALUES (?, ?, ?)
     ON CONFLICT (month, scope) DO UPDATE SET mark = excluded.mark WHERE excluded.mark > mark`,
    month,
    scope,
    mark,
  )
  if (changes === 1) enqueue(db, [message], now)
  return changes === 1
}

export function resend(db: Database, id: string, now: Date): { queue: string } {
  const row = db.get<{ queue: string; state: string; alerts: number; told: number }>(
    `SELECT queue, state, alert_count AS alerts,
       EXISTS (SELECT 1 FROM tellings WHERE message = messages.id) AS told FROM messages WHERE id = ?`,
    Number(id),
  )
  if (row === undefined) throw new AppError('not_found', `there is no message ${id}`)
  if (row.state !== 'dead')
    throw new AppError(
      'not_dead',
      `message ${id} is ${row.state}; only a dead one can be sent again`,
    )
  if (row.alerts > 0 && row.told === 0)
    throw new AppError('not_dead', `the alerts of message ${id} are told in others by now`)
  db.run(
    `UPDATE messages SET state = 'pending', due_at = ?, reason = NULL WHERE id = ?`,
    now.getTime(),
    Number(id),
  )
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

/** Makes what waited be told by a message. */
type Take = (message: number) => void

const TELL = 'INSERT INTO tellings (message, alert) VALUES (?, ?)'

/** Some alerts that wait, each with the place where it does; undefined when one of them does not. */
function allOf(rows: Rows, { queue }: NewMessage, ids: readonly number[]): Take | undefined {
  const { database: db, names, underWay } = rows
  const number = names.knownQueue(queue)
  const isUnderWay = underWay.in(queue)
  const found = ids.map((alert) => {
    const row = db.get<{ channel: number; level: number; fingerprint: string }>(
      `SELECT w.channel, w.level, a.fingerprint FROM alerts a JOIN waits w
       ON w.queue = ? AND w.channel = a.channel AND w.level = a.level AND w.alert = a.id WHERE a.id = ?`,
      number,
      alert,
    )
    return row === undefined || isUnderWay?.(row.fingerprint) === true
      ? undefined
      : { ...row, alert }
  })
  const all = found.filter((each) => each !== undefined)
  if (all.length === 0 || all.length < ids.length) return undefined
  return (message) => {
    for (const { channel, level, alert } of all) {
      db.run(TELL, message, alert)
      db.run(
        'DELETE FROM waits WHERE queue = ? AND channel = ? AND level = ? AND alert = ?',
        number,
        channel,
        level,
        alert,
      )
    }
  }
}

/** Everything of a queue and channel up to an alert; undefined when it is not as much as was counted. */
function upTo(
  rows: Rows,
  { queue, channel }: NewMessage,
  { upTo: last, count, gathered }: { upTo: number; count: number; gathered: number | undefined },
): Take | undefined {
  const { database: db, names, underWay, clearing } = rows
  if (underWay.in(queue) === undefined) {
    const where = 'FROM waits WHERE queue = ? AND channel = ? AND alert <= ?'
    const place = [names.knownQueue(queue), names.knownChannel(channel), last] as const
    const there = gathered ?? db.get<{ n: number }>(`SELECT COUNT(*) AS n ${where}`, ...place)?.n
    if (there !== count) return undefined
    if (gathered !== undefined) {
      const [queue, channel] = place
      return () => clearing.begin({ queue, channel, upTo: last })
    }
    return (message) => {
      db.run(`INSERT INTO tellings (message, alert) SELECT ?, alert ${where}`, message, ...place)
      db.run(`DELETE ${where}`, ...place)
    }
  }
  const ids: number[] = []
  atOnce(waitsUpTo(rows, { queue, channel, upTo: last }, ({ alert }) => void ids.push(alert)))
  return ids.length === count ? allOf(rows, { queue } as NewMessage, ids) : undefined
}

/**
 * Writes down what a claim of very many takes, ahead of it and in slices: as tellings of the message that comes next.
 * Until that is there they mean nothing, and any other message that comes instead has them forgotten. How many they are.
 */
export function* gather(
  { database: db, names, underWay, rowsInSlice }: Rows,
  { message: { queue, channel }, alerts }: Claim,
  write: <T>(work: () => T) => T,
): Steps<number | undefined> {
  if (alerts.kind !== 'upTo' || alerts.count <= rowsInSlice) return undefined
  if (underWay.in(queue) !== undefined) return undefined
  const message = write(() => {
    forgetGathered(db)
    return nextMessage(db)
  })
  const rows = Math.max(rowsInSlice, Math.ceil(alerts.count / MOST_SLICES))
  const slice = `FROM waits WHERE queue = ? AND channel = ? AND (level, alert) > (?, ?) AND alert <= ?
    ORDER BY level, alert LIMIT ?`
  let last = { level: 0, alert: 0 }
  let gathered = 0
  for (;;) {
    yield
    const place = [names.knownQueue(queue), names.knownChannel(channel), last.level, last.alert]
    const next = db.get<typeof last>(
      `SELECT level, alert ${slice} OFFSET ?`,
      ...place,
      alerts.upTo,
      rows,
      rows - 1,
    )
    gathered += write(() =>
      db.run(
        `INSERT INTO tellings (message, alert) SELECT ?, alert ${slice}`,
        message,
        ...place,
        alerts.upTo,
        rows,
      ),
    ).changes
    if (next === undefined) return gathered
    last = next
  }
}

/** A claim is to end soon, since its call counts from its beginning. */
const MOST_SLICES = 50

/** What was gathered for a claim that did not come about. */
function forgetGathered(db: Database): void {
  db.run('DELETE FROM tellings WHERE message >= ?', nextMessage(db))
}

function nextMessage(db: Database): number {
  const sequence = `SELECT seq FROM sqlite_sequence WHERE name = 'messages'`
  return (db.get<{ seq: number }>(sequence)?.seq ?? 0) + 1
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
