import type { QueuePlace, RobotSnapshot, RobotState, Snapshot, SnapshotQuery } from '../queries.ts'
import type { Tx } from '../tx.ts'
import { IN_RANGE, OF_WATERMARK, readReceivedAt } from './deliveries.ts'
import { failedCount } from './failed.ts'
import { inForce } from './leases.ts'
import { readOrganisationUsed, readRobotStates } from './robot-states.ts'

/** SQL: waiting deliveries, and deliveries of open messages. */
const NOT_DELIVERED = `
  SELECT d.queue, d.channel, d.level, d.alert FROM watermarks w CROSS JOIN deliveries d
    WHERE ${OF_WATERMARK} AND d.alert > w.up_to AND d.message IS NULL
  UNION ALL SELECT queue, channel, level, alert FROM deliveries WHERE message = 0
  UNION ALL SELECT d.queue, d.channel, d.level, d.alert FROM messages m CROSS JOIN deliveries d
    WHERE m.state IN ('pending', 'sending') AND d.message = m.id
  UNION ALL SELECT d.queue, d.channel, d.level, d.alert FROM messages m CROSS JOIN delivery_ranges r CROSS JOIN deliveries d
    WHERE m.state IN ('pending', 'sending') AND r.message = m.id AND ${IN_RANGE}`

export async function snapshot(tx: Tx, query: SnapshotQuery): Promise<Snapshot> {
  const open = await tx.all<QueuePlace & { count: number; severe: number; first: number }>(
    `SELECT queue, channel, COUNT(*) AS count, COUNT(*) FILTER (WHERE level <= 2) AS severe, MIN(alert) AS first FROM (${NOT_DELIVERED}) n
     GROUP BY queue, channel ORDER BY queue, channel`,
  )
  const receivedAt = await readReceivedAt(
    tx,
    open.map(({ first }) => first),
  )
  const queues = open.map(({ first, ...place }) => ({
    ...place,
    oldest: receivedAt.get(first) ?? query.now,
  }))
  const byChannel = Map.groupBy(queues, ({ channel }) => channel)
  const channels: Snapshot['channels'] = []
  for (const [channel, places] of byChannel)
    channels.push({
      channel,
      ...(await countOnce(tx, channel, places)),
      oldest: new Date(Math.min(...places.map(({ oldest }) => oldest.getTime()))),
    })
  return {
    robots: await readRobots(tx, query),
    queues,
    channels,
    organisationUsed: await readOrganisationUsed(tx, query.month),
    failed: await failedCount(tx),
  }
}

/** Counts each alert once, also if it is in several queues. */
async function countOnce(
  tx: Tx,
  channel: string,
  [first, ...others]: readonly Snapshot['queues'][number][],
): Promise<{ count: number; severe: number }> {
  if (first !== undefined && others.length === 0)
    return { count: first.count, severe: first.severe }
  const row = await tx.get<{ n: number; severe: number }>(
    `SELECT COUNT(DISTINCT alert) AS n, COUNT(DISTINCT CASE WHEN level <= 2 THEN alert END) AS severe
     FROM (${NOT_DELIVERED}) n WHERE channel = $1`,
    [channel],
  )
  return { count: row?.n ?? 0, severe: row?.severe ?? 0 }
}

async function readRobots(tx: Tx, query: SnapshotQuery): Promise<Map<string, RobotSnapshot>> {
  const results = await tx.all<{ key: string; last_result: string | null; last_at: number | null }>(
    'SELECT key, last_result, last_at FROM robots WHERE key IN LIST($1, TEXT)',
    [query.robots.map(({ key }) => key)],
  )
  const leases = await tx.all<{ robot: string; owner: string }>(
    `SELECT robot, owner FROM leases WHERE ${inForce('$1')}`,
    [tx.ms(query.now)],
  )
  const oldest = Math.min(...query.robots.map(({ callsSince }) => callsSince.getTime()))
  const since = { callsSince: new Date(oldest), month: query.month }
  const states = query.robots.length === 0 ? [] : await readRobotStates(tx, query.robots, since)
  return new Map(
    query.robots.map(({ name, key, callsSince }, index) => {
      const state = states[index] as RobotState
      const last = results.find((each) => each.key === key)
      return [
        name,
        {
          ...state,
          calls: state.calls.filter(({ until }) => until > callsSince),
          lastResult: last?.last_result ?? undefined,
          lastAt: last?.last_at == null ? undefined : tx.date(last.last_at),
          leasedBy: leases.find((each) => each.robot === name)?.owner,
        },
      ]
    }),
  )
}
