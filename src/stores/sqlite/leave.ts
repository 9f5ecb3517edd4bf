import { existsSync } from 'node:fs'
import { AppError } from '../../errors.ts'
import type { Belongings, Departure, Kind } from '../moving.ts'
import { Database } from './database.ts'

const QUERIES: Record<Kind, string> = {
  payloads: 'SELECT id, source, received_at AS receivedAt, text FROM payloads ORDER BY id',
  alerts: `SELECT a.id, a.payload, a.position, a.channel, a.fingerprint, a.status, a.level, s.name, s.cluster, a.repeats,
    a.fate, a.reason FROM alerts a JOIN subjects s ON s.id = a.subject ORDER BY a.id`,
  tellings: `SELECT alert, queue, channel, level, fingerprint, message FROM tellings
    WHERE open = 1 OR message IS NOT NULL ORDER BY alert, queue`,
  messages: `SELECT id, uuid, robot, queue, channel, kind, state, title, text, body, alert_count AS alertCount, storm,
    created_at AS createdAt, due_at AS dueAt, elsewhere_at AS elsewhereAt, sent_at AS sentAt, reason, attempts
    FROM messages ORDER BY id`,
  attempts: `SELECT id, message, at, robot, result, http_status AS httpStatus, errcode, errmsg, words,
    duration_ms AS durationMs FROM attempts ORDER BY id`,
  passed: `SELECT channel, grp AS "group", status, fingerprint, firing_at AS firingAt, resolved_at AS resolvedAt, alert,
    repeats, at FROM passed ORDER BY channel, grp`,
  requests: 'SELECT key, at FROM requests ORDER BY key',
  calls: 'SELECT id, key, at, until, month FROM calls ORDER BY id',
  months: 'SELECT month, key, calls FROM months ORDER BY month, key',
  pauses: 'SELECT scope, until, since, reason FROM pauses ORDER BY scope',
  robots: `SELECT key, failures, body_bytes AS bodyBytes, last_result AS lastResult, last_at AS lastAt FROM robots
    ORDER BY key`,
}

/**
 * A SQLite file that is to be left for another store. AppError store_unavailable when it is not there, or while a
 * receiver holds it.
 */
export function leaveSqlite(path: string): Departure {
  if (!existsSync(path)) throw new AppError('store_unavailable', `there is no store at ${path}`)
  const db = new Database(path)
  return { rows: (kind) => rowsOf(db, kind), close: () => db.close() }
}

function* rowsOf<K extends Kind>(db: Database, kind: K): Iterable<Belongings[K]> {
  for (const row of db.iterate<Record<string, unknown>>(QUERIES[kind])) {
    // SQLite has no booleans.
    if ('storm' in row) row['storm'] = row['storm'] === 1
    yield row as unknown as Belongings[K]
  }
}
