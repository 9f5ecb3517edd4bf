import { messageOf } from '../../errors.ts'
import type { Accepted, Arrival, Arriving, LastTold, ReasonToSuppress } from '../store.ts'
import type { Database } from './database.ts'

export type Result<T> = { value: T } | { error: string }

interface Passed {
  status: 'firing' | 'resolved'
  fingerprint: string
  firing_at: number | null
  resolved_at: number | null
  alert: number
  repeats: number
}

/**
 * Takes requests in one transaction, so that many share a flush. One that cannot be written costs only itself; when
 * the flush fails, none was taken.
 */
export function acceptAll(
  db: Database,
  arrivals: readonly Arrival[],
  reasonToSuppress: ReasonToSuppress,
): Result<Accepted>[] {
  try {
    return db.transaction(() => {
      const subjects: Subjects = new Map()
      return arrivals.map((arrival) => ({
        value: acceptOne(db, arrival, { reasonToSuppress, subjects }),
      }))
    })
  } catch (error) {
    if (arrivals.length === 1) return [{ error: messageOf(error) }]
    return arrivals.flatMap((arrival) => acceptAll(db, [arrival], reasonToSuppress))
  }
}

/** Numbers of names and clusters that this transaction has met: alerts that come together are often of one rule. */
type Subjects = Map<string, number>

function acceptOne(
  db: Database,
  arrival: Arrival,
  { reasonToSuppress, subjects }: { reasonToSuppress: ReasonToSuppress; subjects: Subjects },
): Accepted {
  const now = arrival.now.getTime()
  if (isRepeat(db, arrival)) return { repeated: true, queues: [], suppressed: [] }
  const payload = db.run(
    'INSERT INTO payloads (source, received_at, text) VALUES (?, ?, ?)',
    arrival.source,
    now,
    arrival.text,
  ).id
  const queues = new Set<string>()
  const suppressed = new Map<string, { channel: string; reason: string; count: number }>()
  for (const alert of arrival.alerts) {
    const last = lastPassed(db, alert)
    const reason =
      alert.suppressed ?? reasonToSuppress(alert, last && lastTold(db, last), arrival.now)
    const repeats = reason === undefined ? (last?.repeats ?? 0) : 0
    const id = insertAlert(db, {
      alert,
      payload,
      subject: subjectOf(db, alert, subjects),
      repeats,
      reason,
    })
    if (reason === undefined)
      for (const queue of alert.queues) {
        insertTelling(db, { alert, id, queue })
        queues.add(queue)
      }
    else {
      const key = `${alert.channel}\0${reason}`
      const seen = suppressed.get(key) ?? { channel: alert.channel, reason, count: 0 }
      suppressed.set(key, { ...seen, count: seen.count + 1 })
    }
    if (reason === 'aggregated') countRepeat(db, alert)
    else letPass(db, { alert, id, last, now })
  }
  return { repeated: false, queues: [...queues], suppressed: [...suppressed.values()] }
}

/** A key that was seen lately, unless one of its alerts has changed its status since: then it is news again. */
function isRepeat(db: Database, { key, now, repeatWithinMs, alerts }: Arrival): boolean {
  const at = now.getTime()
  const seen = db.get<{ at: number }>('SELECT at FROM requests WHERE key = ?', key)
  if (
    seen !== undefined &&
    Math.abs(at - seen.at) < repeatWithinMs &&
    alerts.every((alert) => lastPassed(db, alert)?.status === alert.status)
  )
    return true
  db.run(
    'INSERT INTO requests (key, at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at',
    key,
    at,
  )
  return false
}

function lastPassed(db: Database, { channel, group }: Arriving): Passed | undefined {
  return db.get<Passed>(
    'SELECT status, fingerprint, firing_at, resolved_at, alert, repeats FROM passed WHERE channel = ? AND grp = ?',
    channel,
    group,
  )
}

function lastTold(db: Database, last: Passed): LastTold {
  const dead = db.get(
    `SELECT 1 FROM tellings t JOIN messages m ON m.id = t.message
     WHERE t.alert = ? AND t.open = 0 AND m.state = 'dead' LIMIT 1`,
    last.alert,
  )
  return {
    status: last.status,
    fingerprint: last.fingerprint,
    firingAt: last.firing_at === null ? undefined : new Date(last.firing_at),
    resolvedAt: last.resolved_at === null ? undefined : new Date(last.resolved_at),
    dead: dead !== undefined,
  }
}

function insertAlert(
  db: Database,
  {
    alert,
    payload,
    subject,
    repeats,
    reason,
  }: {
    alert: Arriving
    payload: number
    subject: number
    repeats: number
    reason: string | undefined
  },
): number {
  return db.run(
    `INSERT INTO alerts (payload, position, channel, fingerprint, status, level, subject, repeats, fate, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    payload,
    alert.position,
    alert.channel,
    alert.fingerprint,
    alert.status,
    alert.level,
    subject,
    repeats,
    reason === undefined ? null : 'suppressed',
    reason ?? null,
  ).id
}

function subjectOf(db: Database, { name, cluster }: Arriving, subjects: Subjects): number {
  const key = `${name}\0${cluster}`
  const met = subjects.get(key)
  if (met !== undefined) return met
  const found = db.get<{ id: number }>(
    'SELECT id FROM subjects WHERE name = ? AND cluster = ?',
    name,
    cluster,
  )
  const id =
    found?.id ?? db.run('INSERT INTO subjects (name, cluster) VALUES (?, ?)', name, cluster).id
  subjects.set(key, id)
  return id
}

function insertTelling(
  db: Database,
  { alert, id, queue }: { alert: Arriving; id: number; queue: string },
): void {
  db.run(
    'INSERT INTO tellings (alert, queue, channel, level, fingerprint, message, open) VALUES (?, ?, ?, ?, ?, NULL, 1)',
    id,
    queue,
    alert.channel,
    alert.level,
    alert.fingerprint,
  )
}

function countRepeat(db: Database, { channel, group }: Arriving): void {
  db.run('UPDATE passed SET repeats = repeats + 1 WHERE channel = ? AND grp = ?', channel, group)
}

function letPass(
  db: Database,
  { alert, id, last, now }: { alert: Arriving; id: number; last: Passed | undefined; now: number },
): void {
  const firing = alert.status === 'firing'
  db.run(
    `INSERT INTO passed (channel, grp, status, fingerprint, firing_at, resolved_at, alert, repeats, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)
     ON CONFLICT (channel, grp) DO UPDATE SET status = excluded.status, fingerprint = excluded.fingerprint,
       firing_at = excluded.firing_at, resolved_at = excluded.resolved_at, alert = excluded.alert, repeats = 0,
       at = excluded.at`,
    alert.channel,
    alert.group,
    alert.status,
    alert.fingerprint,
    firing ? now : (last?.firing_at ?? null),
    firing ? (last?.resolved_at ?? null) : now,
    id,
    now,
  )
}
