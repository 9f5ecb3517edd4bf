import type {
  HistoryCounts,
  MessageCounts,
  MessageCountsQuery,
  QueuePlace,
  TimeRange,
} from '../queries.ts'
import type { Tx } from '../tx.ts'

/** Maximum rows that one query counts, which bounds how long it delays accepts. */
const MAX_COUNTED = 20_000

export async function history(tx: Tx, { from, to }: TimeRange): Promise<HistoryCounts> {
  const range = [tx.ms(from), tx.ms(to)] as const
  const payloads = await tx.get<{ first: number | null; last: number | null }>(
    'SELECT MIN(id) AS first, MAX(id) AS last FROM payloads WHERE received_at >= $1 AND received_at < $2',
    range,
  )
  const ended = await countEnded(tx, range)
  if (payloads?.first == null) return { received: 0, suppressed: [], ended }
  const received = await tx.get<{ n: number }>(
    'SELECT COUNT(*) AS n FROM alerts WHERE payload BETWEEN $1 AND $2',
    [payloads.first, payloads.last],
  )
  const suppressed = await tx.all<HistoryCounts['suppressed'][number]>(
    `SELECT channel, COALESCE(reason, '') AS reason, COUNT(*) AS count FROM (
       SELECT channel, reason FROM alerts WHERE payload BETWEEN $1 AND $2 AND final_state = 'suppressed'
       LIMIT ${MAX_COUNTED}) s
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [payloads.first, payloads.last],
  )
  return { received: received?.n ?? 0, suppressed: suppressed.map((row) => ({ ...row })), ended }
}

/** Counts messages by their final attempt. A split is none: its alerts wait again. */
async function countEnded(
  tx: Tx,
  range: readonly [number, number],
): Promise<HistoryCounts['ended']> {
  const rows = await tx.all<HistoryCounts['ended'][number]>(
    `SELECT channel, state, COUNT(*) AS messages, CAST(SUM(alert_count) AS BIGINT) AS alerts FROM (
       SELECT m.channel, m.state, m.alert_count FROM (
         SELECT id, message, result FROM attempts WHERE at >= $1 AND at < $2 ORDER BY at LIMIT ${MAX_COUNTED}) a
       JOIN messages m ON m.id = a.message
       WHERE (m.state = 'sent' AND a.result = 'ok')
         OR (m.state = 'dead' AND a.result <> 'too_long'
           AND NOT EXISTS (SELECT 1 FROM attempts l WHERE l.message = a.message AND l.id > a.id))) e
     GROUP BY 1, 2 ORDER BY 1, 2`,
    range,
  )
  return rows.map((row) => ({ ...row }))
}

export async function messageCounts(tx: Tx, query: MessageCountsQuery): Promise<MessageCounts[]> {
  const counts: MessageCounts[] = []
  for (const place of query.places) counts.push(await countMessages(tx, place, query))
  return counts
}

/** Counts a place's messages since the start of the hour and of the day, without tests. */
export async function countMessages(
  tx: Tx,
  { queue, channel }: QueuePlace,
  { hourStart, dayStart }: { hourStart: Date; dayStart: Date },
): Promise<MessageCounts> {
  const row = await tx.get<{ hour: number; day: number }>(
    `SELECT COUNT(*) FILTER (WHERE created_at >= $3) AS hour, COUNT(*) FILTER (WHERE created_at >= $4) AS day
     FROM messages WHERE queue = $1 AND channel = $2 AND kind <> 'test' AND created_at >= LEAST($3, $4)`,
    [queue, channel, tx.ms(hourStart), tx.ms(dayStart)],
  )
  return { queue, channel, messagesThisHour: row?.hour ?? 0, messagesToday: row?.day ?? 0 }
}
