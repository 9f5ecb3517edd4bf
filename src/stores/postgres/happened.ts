import type { Happened, Pushed, PushedQuestion, Span } from '../store.ts'
import type { Tx } from './database.ts'

/** Rows counted in one go at most. */
const MOST_COUNTED = 20_000

export async function happened(tx: Tx, { from, to }: Span): Promise<Happened> {
  const span = [tx.ms(from), tx.ms(to)]
  const received = await tx.one<{ n: number }>(
    `SELECT COUNT(*) AS n FROM payloads p JOIN alerts a ON a.payload = p.id
     WHERE p.received_at >= $1 AND p.received_at < $2`,
    ...span,
  )
  const suppressed = await tx.all<Happened['suppressed'][number]>(
    `SELECT channel, COALESCE(reason, '') AS reason, COUNT(*) AS count FROM (
       SELECT a.channel, a.reason FROM payloads p JOIN alerts a ON a.payload = p.id
       WHERE p.received_at >= $1 AND p.received_at < $2 AND a.fate = 'suppressed' LIMIT $3) s
     GROUP BY 1, 2 ORDER BY 1, 2`,
    ...span,
    MOST_COUNTED,
  )
  // By the attempt that ended each; of a message that was split its alerts wait again, so it ended nothing.
  const ended = await tx.all<Happened['ended'][number]>(
    `SELECT channel, state, COUNT(*) AS messages, SUM(alert_count)::bigint AS alerts FROM (
       SELECT m.channel, m.state, m.alert_count FROM (
         SELECT id, message, result FROM attempts WHERE at >= $1 AND at < $2 ORDER BY at LIMIT $3) a
       JOIN messages m ON m.id = a.message
       WHERE (m.state = 'sent' AND a.result = 'ok')
         OR (m.state = 'dead' AND a.result <> 'too_long'
           AND NOT EXISTS (SELECT 1 FROM attempts l WHERE l.message = a.message AND l.id > a.id))) e
     GROUP BY 1, 2 ORDER BY 1, 2`,
    ...span,
    MOST_COUNTED,
  )
  return { received: received?.n ?? 0, suppressed, ended }
}

export async function pushed(
  tx: Tx,
  { hourStart, dayStart, places }: PushedQuestion,
): Promise<Pushed[]> {
  const rows = await tx.all<{ hour: number; day: number }>(
    `SELECT (SELECT COUNT(*) FROM messages m WHERE m.queue = n.queue AND m.channel = n.channel AND m.kind <> 'test'
         AND m.created_at >= $3) AS hour,
       (SELECT COUNT(*) FROM messages m WHERE m.queue = n.queue AND m.channel = n.channel AND m.kind <> 'test'
         AND m.created_at >= $4) AS day
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (queue, channel, place) ORDER BY n.place`,
    places.map((each) => each.queue),
    places.map((each) => each.channel),
    tx.ms(hourStart),
    tx.ms(dayStart),
  )
  return places.map(({ queue, channel }, index) => ({
    queue,
    channel,
    messagesThisHour: rows[index]?.hour ?? 0,
    messagesToday: rows[index]?.day ?? 0,
  }))
}
