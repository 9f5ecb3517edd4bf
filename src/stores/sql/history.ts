import { nextTurn } from '../../clock.ts'
import type { SourceName } from '../../model/alert.ts'
import type {
  AlertCount,
  HistoryCounts,
  MessageCounts,
  MessageCountsQuery,
  QueuePlace,
  SourceActivity,
  TimeRange,
} from '../queries.ts'
import type { Database, Tx } from '../tx.ts'
import { readNewestAlert, selectOfMessages, selectWaiting } from './deliveries.ts'
import { readValue } from './rows.ts'
import { IN_STATE, OPEN } from './schema.ts'

/** Range of alert ids that one read counts. Other requests run between reads. */
const PAGE_SIZE = 2_000

/** Maximum number of attempts that are counted, because this query delays accepts. */
const MAX_ATTEMPTS = 20_000

/** Counts the alerts received in a range by their current state, and its attempts. Each page is one transaction. */
export async function history(db: Database, range: TimeRange): Promise<HistoryCounts> {
  const { attempts, first, last } = await db.read(async (tx) => ({
    attempts: await countAttempts(tx, range),
    first: await lastAlertBefore(tx, range.from),
    last: await lastAlertBefore(tx, range.to),
  }))
  const counts = new Map<string, AlertCount>()
  for (let after = first; after < last; after += PAGE_SIZE) {
    if (after > first) await nextTurn()
    const upTo = Math.min(last, after + PAGE_SIZE)
    for (const each of await db.read((tx) => countAlerts(tx, after, upTo))) add(counts, each)
  }
  return { alerts: [...counts.values()], attempts }
}

function add(counts: Map<string, AlertCount>, each: AlertCount): void {
  const key = [each.source, each.channel, each.outcome, each.reason].join('\0')
  const entry = counts.get(key)
  if (entry === undefined) counts.set(key, each)
  else entry.count += each.count
}

/** The id before that of the first alert received at an instant or later; if there is none, the newest id. */
async function lastAlertBefore(tx: Tx, at: Date): Promise<number> {
  const payload = await readValue<number>(
    tx,
    'SELECT id FROM payloads WHERE received_at >= $1 ORDER BY received_at, id LIMIT 1',
    [tx.ms(at)],
  )
  const alert =
    payload &&
    (await readValue<number>(
      tx,
      'SELECT id FROM alerts WHERE payload >= $1 ORDER BY payload, id LIMIT 1',
      [payload],
    ))
  return alert === undefined ? readNewestAlert(tx) : alert - 1
}

interface CountRow {
  source: SourceName
  channel: string
  state: string
  reason: string
  count: number
}

/** Counts the alerts with after < id <= upTo. All that are not suppressed, dead or open are delivered. */
async function countAlerts(tx: Tx, after: number, upTo: number): Promise<AlertCount[]> {
  const all = await tx.all<CountRow>(
    `SELECT p.source, a.channel, COALESCE(a.final_state, '') AS state, COALESCE(a.reason, '') AS reason,
       COUNT(*) AS count
     FROM alerts a CROSS JOIN payloads p WHERE a.id > $1 AND a.id <= $2 AND p.id = a.payload
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    [after, upTo],
  )
  const counts: AlertCount[] = []
  if (all.length === 0) return counts
  const open = await tx.all<CountRow>(NOT_DELIVERED, [after, upTo])
  for (const { source, channel, state, reason, count } of all) {
    const place = { source, channel }
    if (state === 'suppressed') counts.push({ ...place, outcome: 'suppressed', reason, count })
    else if (state === 'dead') counts.push({ ...place, outcome: 'failed', reason: '', count })
    else {
      const ours = open.filter((each) => each.source === source && each.channel === channel)
      const delivered = count - ours.reduce((sum, each) => sum + each.count, 0)
      for (const each of ours)
        counts.push({
          ...place,
          outcome: each.state === 'dead' ? 'failed' : 'waiting',
          reason: '',
          count: each.count,
        })
      if (delivered > 0)
        counts.push({ ...place, outcome: 'delivered', reason: '', count: delivered })
    }
  }
  return counts
}

/** SQL: counts alerts that wait or are dead. An alert with both kinds of deliveries counts as waiting. */
const NOT_DELIVERED = `
  SELECT p.source, a.channel, CASE WHEN o.rank = 0 THEN 'waiting' ELSE 'dead' END AS state, '' AS reason, COUNT(*) AS count
  FROM (SELECT alert, MIN(rank) AS rank FROM (
      ${selectWaiting({ columns: 'd.alert, 0 AS rank' })}
      UNION ALL ${selectOfMessages(OPEN, { columns: 'd.alert, 0 AS rank' })}
      UNION ALL ${selectOfMessages(IN_STATE.dead, { columns: 'd.alert, 1 AS rank' })}) e GROUP BY alert) o
    CROSS JOIN alerts a CROSS JOIN payloads p
  WHERE a.id = o.alert AND a.final_state IS NULL AND p.id = a.payload
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`

async function countAttempts(tx: Tx, { from, to }: TimeRange): Promise<HistoryCounts['attempts']> {
  const rows = await tx.all<HistoryCounts['attempts'][number]>(
    `SELECT robot, result, COUNT(*) AS count FROM (
       SELECT robot, result FROM attempts WHERE at >= $1 AND at < $2 ORDER BY at LIMIT ${MAX_ATTEMPTS}) a
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [tx.ms(from), tx.ms(to)],
  )
  // Rows of node:sqlite have no prototype; callers of either driver get plain objects.
  return rows.map((row) => ({ ...row }))
}

/** `activity` reads only this many of the newest requests and alerts. */
const MAX_LOOKED_BACK = 2_000

export async function activity(tx: Tx, heartbeats: readonly string[]): Promise<SourceActivity[]> {
  const requests = await tx.all<ActivityRow>(
    `SELECT source, '' AS name, COUNT(*) AS count, MIN(received_at) AS first, MAX(received_at) AS last FROM (
       SELECT source, received_at FROM payloads ORDER BY id DESC LIMIT ${MAX_LOOKED_BACK}) p
     GROUP BY 1 ORDER BY 1`,
  )
  const beats = await tx.all<ActivityRow>(
    `SELECT p.source, a.name, COUNT(*) AS count, MIN(p.received_at) AS first, MAX(p.received_at) AS last
     FROM (SELECT name, payload FROM alerts ORDER BY id DESC LIMIT ${MAX_LOOKED_BACK}) a
       CROSS JOIN payloads p
     WHERE a.name IN LIST($1, TEXT) AND p.id = a.payload GROUP BY 1, 2 ORDER BY 1, 2`,
    [heartbeats],
  )
  return [...requests, ...beats].map(({ source, name, count, first, last }) => ({
    ...{ source, count, first: tx.date(first), last: tx.date(last) },
    heartbeat: name === '' ? undefined : name,
  }))
}

interface ActivityRow {
  source: SourceName
  name: string
  count: number
  first: number
  last: number
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
