import type { QueuePlace, RobotSnapshot, Snapshot, SnapshotQuery } from '../queries.ts'
import type { Tx } from '../tx.ts'
import { readReceivedAt, selectOfMessages, selectWaiting } from './deliveries.ts'
import { inForce } from './leases.ts'
import { FAILED } from './message-list.ts'
import { readOrganisationUsed, readRobotStates } from './robot-states.ts'
import { OPEN } from './schema.ts'

const COLUMNS = { columns: 'd.queue, d.channel, d.level, d.alert' }

/** SQL: waiting deliveries, and deliveries of open messages. Binds ALL_ALERTS. */
const OPEN_DELIVERIES = `${selectWaiting(COLUMNS)} UNION ALL ${selectOfMessages(OPEN, COLUMNS)}`
const ALL_ALERTS = [0, Number.MAX_SAFE_INTEGER] as const

const MAX_FAILED = 10_000

export async function snapshot(tx: Tx, query: SnapshotQuery): Promise<Snapshot> {
  const open = await tx.all<QueuePlace & { count: number; severe: number; first: number }>(
    `SELECT queue, channel, COUNT(*) AS count, COUNT(*) FILTER (WHERE level <= 2) AS severe, MIN(alert) AS first FROM (${OPEN_DELIVERIES}) n
     GROUP BY queue, channel ORDER BY queue, channel`,
    ALL_ALERTS,
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
    failed: await countFailed(tx),
    removed: await countRemoved(tx, query.now),
  }
}

/** Counts failed messages up to MAX_FAILED. A quota warning has a level but no alerts, and is never severe. */
async function countFailed(tx: Tx): Promise<Snapshot['failed']> {
  const row = await tx.get<{ n: number; severe: number; oldest: number | null }>(
    `SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE level <= 2 AND alert_count > 0) AS severe, MIN(created_at) AS oldest
     FROM (SELECT level, alert_count, created_at FROM messages WHERE ${FAILED} ORDER BY id DESC LIMIT ${MAX_FAILED}) f`,
  )
  return {
    count: row?.n ?? 0,
    severe: row?.severe ?? 0,
    oldest: row?.oldest == null ? undefined : tx.date(row.oldest),
  }
}

const DAY_MS = 86_400_000

/** Counts alerts that are dead without a message: `reassign` found no queue for them. */
async function countRemoved(tx: Tx, now: Date): Promise<Snapshot['removed']> {
  const row = await tx.get<{ n: number; oldest: number | null }>(
    `SELECT COUNT(*) AS n, MIN(p.received_at) AS oldest
     FROM (SELECT payload FROM alerts WHERE final_state = 'dead' ORDER BY id DESC LIMIT ${MAX_FAILED}) a
       CROSS JOIN payloads p
     WHERE p.id = a.payload AND p.received_at > $1`,
    [tx.ms(now) - DAY_MS],
  )
  return { count: row?.n ?? 0, oldest: row?.oldest == null ? undefined : tx.date(row.oldest) }
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
     FROM (${OPEN_DELIVERIES}) n WHERE channel = $3`,
    [...ALL_ALERTS, channel],
  )
  return { count: row?.n ?? 0, severe: row?.severe ?? 0 }
}

async function readRobots(tx: Tx, query: SnapshotQuery): Promise<Map<string, RobotSnapshot>> {
  const leases = await tx.all<{ robot: string; owner: string }>(
    `SELECT robot, owner FROM leases WHERE ${inForce('$1')}`,
    [tx.ms(query.now)],
  )
  const oldest = Math.min(...query.robots.map(({ callsSince }) => callsSince.getTime()))
  const since = { callsSince: new Date(oldest), month: query.month }
  const states = query.robots.length === 0 ? [] : await readRobotStates(tx, query.robots, since)
  return new Map(
    states.map((state, index) => {
      const { name, callsSince } = query.robots[index] as SnapshotQuery['robots'][number]
      const calls = state.calls.filter(({ until }) => until > callsSince)
      const leasedBy = leases.find((each) => each.robot === name)?.owner
      return [name, { ...state, calls, leasedBy }]
    }),
  )
}
