import { existsSync } from 'node:fs'
import { AppError } from '../../errors.ts'
import type { Belongings, Departure, Kind } from '../moving.ts'
import { BodyReader } from './bodies.ts'
import { Clearing } from './clearing.ts'
import { Database } from './database.ts'

const QUERIES: Record<Kind, string> = {
  payloads: 'SELECT id, source, received_at AS receivedAt FROM requests ORDER BY id',
  alerts: `SELECT a.id, a.payload, a.position, c.name AS channel, a.fingerprint,
      CASE a.resolved WHEN 1 THEN 'resolved' ELSE 'firing' END AS status, a.level, s.name, s.cluster, a.repeats, a.fate,
      a.reason
    FROM alerts a JOIN channels c ON c.id = a.channel JOIN subjects s ON s.id = a.subject ORDER BY a.id`,
  tellings: `SELECT w.alert, q.name AS queue, c.name AS channel, w.level, a.fingerprint, NULL AS message
    FROM waits w JOIN queues q ON q.id = w.queue JOIN channels c ON c.id = w.channel JOIN alerts a ON a.id = w.alert
    UNION ALL SELECT t.alert, m.queue, m.channel, a.level, a.fingerprint, m.id
    FROM messages m JOIN tellings t ON t.message = m.id JOIN alerts a ON a.id = t.alert`,
  messages: `SELECT id, uuid, robot, queue, channel, kind, state, title, text, body, alert_count AS alertCount, storm,
    created_at AS createdAt, due_at AS dueAt, elsewhere_at AS elsewhereAt, sent_at AS sentAt, reason, attempts
    FROM messages ORDER BY id`,
  attempts: `SELECT id, message, at, robot, result, http_status AS httpStatus, errcode, errmsg, words,
    duration_ms AS durationMs FROM attempts ORDER BY id`,
  // What accepting remembers, made from the rows again.
  passed: `WITH groups AS (
      SELECT channel, COALESCE(grp, fingerprint) AS grp, MAX(id) AS newest,
        MAX(CASE resolved WHEN 0 THEN id END) AS firing, MAX(CASE resolved WHEN 1 THEN id END) AS resolved
      FROM alerts WHERE reason IS NOT 'aggregated' GROUP BY 1, 2),
    repeated AS (
      SELECT g.channel, g.grp, COUNT(*) AS n FROM alerts a
      JOIN groups g ON g.channel = a.channel AND g.grp = COALESCE(a.grp, a.fingerprint)
      WHERE a.reason = 'aggregated' AND a.id > g.newest GROUP BY 1, 2)
    SELECT c.name AS channel, g.grp AS "group", CASE n.resolved WHEN 1 THEN 'resolved' ELSE 'firing' END AS status,
      n.fingerprint, fr.received_at AS firingAt, rr.received_at AS resolvedAt, g.newest AS alert,
      COALESCE(x.n, 0) AS repeats, nr.received_at AS at
    FROM groups g JOIN channels c ON c.id = g.channel
    JOIN alerts n ON n.id = g.newest JOIN requests nr ON nr.id = n.payload
    LEFT JOIN alerts f ON f.id = g.firing LEFT JOIN requests fr ON fr.id = f.payload
    LEFT JOIN alerts r ON r.id = g.resolved LEFT JOIN requests rr ON rr.id = r.payload
    LEFT JOIN repeated x ON x.channel = g.channel AND x.grp = g.grp`,
  requests: 'SELECT key, MAX(received_at) AS at FROM requests GROUP BY key ORDER BY key',
  calls: 'SELECT id, key, at, until, month FROM calls ORDER BY id',
  months: 'SELECT month, key, calls FROM months ORDER BY month, key',
  marks: 'SELECT month, scope, mark FROM marks ORDER BY month, scope',
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
  // What a claim has taken is told by its message, not waiting.
  db.transaction(() => new Clearing(db).finish())
  return { rows: (kind) => rowsOf(db, kind), close: () => db.close() }
}

function* rowsOf<K extends Kind>(db: Database, kind: K): Iterable<Belongings[K]> {
  const bodies = new BodyReader(db)
  for (const row of db.iterate<Record<string, unknown>>(QUERIES[kind])) {
    // SQLite has no booleans, and bodies are kept apart.
    if ('storm' in row) row['storm'] = row['storm'] === 1
    if (kind === 'payloads') row['text'] = bodies.payload(Number(row['id']))?.text ?? ''
    yield row as unknown as Belongings[K]
  }
}
