import type { Happened, Pushed, PushedQuestion, Span } from '../store.ts'
import type { Database } from './database.ts'

/** Rows counted in one go at most, so that accepting waits for no more than that. */
const MOST_COUNTED = 20_000

/**
 * Counts of a span. Keys grow with time, so the rows of a span are found by halving, without an index that accepting
 * would have to write.
 */
export function happened(db: Database, { from, to }: Span): Happened {
  const alerts = rangeOf(db, 'alerts', { from, to })
  const attempts = rangeOf(db, 'attempts', { from, to })
  return {
    received: Math.max(0, alerts.end - alerts.start),
    suppressed: suppressedIn(db, alerts),
    ended: endedIn(db, attempts),
  }
}

interface Range {
  /** Keys from `start` up to, but not including, `end`. */
  start: number
  end: number
}

function suppressedIn(db: Database, { start, end }: Range): Happened['suppressed'] {
  return db
    .all<{ channel: string; reason: string | null; count: number }>(
      `SELECT c.name AS channel, s.reason, s.count FROM
         (SELECT channel, reason, COUNT(*) AS count FROM
           (SELECT channel, reason FROM alerts WHERE fate = 'suppressed' AND id >= ? AND id < ? LIMIT ?)
          GROUP BY channel, reason) s
       JOIN channels c ON c.id = s.channel ORDER BY c.name, s.reason`,
      start,
      end,
      MOST_COUNTED,
    )
    .map((row) => ({ ...row, reason: row.reason ?? '' }))
}

/** By the attempt that ended each; of a message that was split its alerts wait again, so it ended nothing. */
function endedIn(db: Database, { start, end }: Range): Happened['ended'] {
  return db
    .all<Happened['ended'][number]>(
      `SELECT channel, state, COUNT(*) AS messages, SUM(alert_count) AS alerts FROM
       (SELECT m.channel, m.state, m.alert_count FROM
         (SELECT id, message, result FROM attempts WHERE id >= ? AND id < ? ORDER BY id LIMIT ?) a
        JOIN messages m ON m.id = a.message
        WHERE (m.state = 'sent' AND a.result = 'ok')
          OR (m.state = 'dead' AND a.result <> 'too_long'
            AND NOT EXISTS (SELECT 1 FROM attempts l WHERE l.message = a.message AND l.id > a.id)))
     GROUP BY channel, state ORDER BY channel, state`,
      start,
      end,
      MOST_COUNTED,
    )
    .map((row) => ({ ...row }))
}

/** The first row from a key on, with its instant. */
const ROW = {
  alerts: `SELECT a.id, r.received_at AS at FROM alerts a JOIN requests r ON r.id = a.payload
    WHERE a.id >= ? ORDER BY a.id LIMIT 1`,
  attempts: 'SELECT id, at FROM attempts WHERE id >= ? ORDER BY id LIMIT 1',
} as const

const NEWEST = {
  alerts: 'SELECT MAX(id) AS id FROM alerts',
  attempts: 'SELECT MAX(id) AS id FROM attempts',
} as const

function rangeOf(db: Database, table: keyof typeof ROW, { from, to }: Span): Range {
  const newest = db.get<{ id: number | null }>(NEWEST[table])?.id ?? 0
  const start = firstSince(db, table, { instant: from.getTime(), low: 1, high: newest + 1 })
  const end = firstSince(db, table, { instant: to.getTime(), low: start, high: newest + 1 })
  return { start, end }
}

/** The first key from `low` up to `high` whose row is not before an instant. */
function firstSince(
  db: Database,
  table: keyof typeof ROW,
  { instant, low, high }: { instant: number; low: number; high: number },
): number {
  let from = low
  let to = high
  while (from < to) {
    const middle = from + Math.floor((to - from) / 2)
    const row = db.get<{ id: number; at: number }>(ROW[table], middle)
    if (row === undefined || row.at >= instant) to = middle
    else from = row.id + 1
  }
  return to
}

export function pushed(db: Database, { hourStart, dayStart, places }: PushedQuestion): Pushed[] {
  const since = (queue: string, channel: string, instant: Date): number =>
    db.get<{ n: number }>(
      `SELECT COUNT(*) AS n FROM messages WHERE queue = ? AND channel = ? AND created_at >= ? AND kind <> 'test'`,
      queue,
      channel,
      instant.getTime(),
    )?.n ?? 0
  return places.map(({ queue, channel }) => ({
    queue,
    channel,
    messagesThisHour: since(queue, channel, hourStart),
    messagesToday: since(queue, channel, dayStart),
  }))
}
