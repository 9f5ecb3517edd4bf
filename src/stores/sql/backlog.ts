import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { MessageKind } from '../../model/message.ts'
import type { Backlog, BacklogQuery, ChannelBacklog, DueMessage, QueuedAlert } from '../store.ts'
import type { Tx } from '../tx.ts'
import {
  type Blocked,
  blockedIn,
  blockedValues,
  LEVELS_IN_ORDER,
  type Place,
  placesOf,
  unblocked,
  watermarks,
} from './deliveries.ts'
import { organisationUsed, robotStates } from './robot-states.ts'

export async function backlog(tx: Tx, query: BacklogQuery): Promise<Backlog> {
  const [robot, ...peers] = await robotStates(tx, [query.robot, ...query.peers], query)
  const channels: ChannelBacklog[] = []
  for (const place of await placesOf(tx, query.queues)) {
    const found = await channelBacklog(tx, place, query)
    if (found !== undefined) channels.push(found)
  }
  const due = await dueMessage(tx, query)
  return {
    robot: robot as Backlog['robot'],
    peers,
    organisationUsed: await organisationUsed(tx, query.month),
    quotaWarnings: await tx.all(
      'SELECT scope, percent FROM quota_warnings WHERE month = $1',
      query.month,
    ),
    due,
    nextDueAt: due === undefined ? await nextDueAt(tx, query) : undefined,
    channels,
  }
}

/** When the robot with key $2 may try message m; of one that may have arrived, another robot later than its own. */
const MAY_AT = `CASE WHEN robot_key = $2 THEN due_at ELSE GREATEST(due_at, COALESCE(elsewhere_at, 0)) END`
const PENDING = `queue IN LIST($1, TEXT) AND state IN ('pending', 'sending') AND state = 'pending'`

interface DueRow {
  id: number
  robot: string
  queue: string
  channel: string
  kind: MessageKind
  alert_count: number
  level: Level | null
  by_hand: number
}

async function dueMessage(
  tx: Tx,
  { queues, robot, now }: BacklogQuery,
): Promise<DueMessage | undefined> {
  const row = await tx.get<DueRow>(
    `SELECT id, robot, queue, channel, kind, alert_count, level, by_hand FROM messages
     WHERE ${PENDING} AND ${MAY_AT} <= $3
     ORDER BY by_hand, CASE WHEN kind = 'test' THEN 1 ELSE 0 END, COALESCE(level, 9), due_at, id LIMIT 1`,
    queues,
    robot.key,
    tx.ms(now),
  )
  if (row === undefined) return undefined
  const { id, alert_count, level, by_hand, ...rest } = row
  return {
    id: String(id),
    ...rest,
    alertCount: alert_count,
    level: level ?? undefined,
    byHand: by_hand === 1,
  }
}

async function nextDueAt(tx: Tx, { queues, robot }: BacklogQuery): Promise<Date | undefined> {
  const row = await tx.get<{ at: number | null }>(
    `SELECT MIN(${MAY_AT}) AS at FROM messages WHERE ${PENDING}`,
    queues,
    robot.key,
  )
  return row?.at == null ? undefined : tx.date(row.at)
}

/** What waits unblocked in a place; undefined: nothing. Where more waits than is asked for, the rest is not counted. */
async function channelBacklog(
  tx: Tx,
  place: Place,
  query: BacklogQuery,
): Promise<ChannelBacklog | undefined> {
  const blocked = await blockedIn(tx, place)
  const marks = await watermarks(tx, place)
  const leftBehind = await countLeftBehind(tx, place)
  const found: QueuedAlert[] = []
  for (const level of LEVELS_IN_ORDER) {
    const upTo = marks.get(level)
    if (upTo === undefined) continue
    // Of a level that is not shown at all, the first one is looked at for its age.
    const limit = Math.max(1, query.preview + 1 - found.length)
    found.push(
      ...(await queuedAlerts(tx, {
        place,
        level,
        upTo,
        blocked,
        limit,
        leftBehind: leftBehind > 0,
      })),
    )
  }
  if (found.length === 0) return undefined
  const alerts = found.toSorted((a, b) => a.level - b.level || a.id - b.id).slice(0, query.preview)
  return {
    ...place,
    count: found.length,
    oldest: new Date(Math.min(...found.map((each) => each.receivedAt.getTime()))),
    alerts,
    digestOpen: blocked.after !== undefined,
    ...(await recentMessages(tx, place, query)),
  }
}

async function countLeftBehind(tx: Tx, { queue, channel }: Place): Promise<number> {
  const row = await tx.get<{ n: number }>(
    `SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM deliveries
       WHERE message = 0 AND queue = $1 AND channel = $2 LIMIT 1) f`,
    queue,
    channel,
  )
  return row?.n ?? 0
}

interface QueuedRow {
  id: number
  payload: number
  position: number
  fingerprint: string
  status: Status
  level: Level
  received_at: number
  repeats: number
}

async function queuedAlerts(
  tx: Tx,
  {
    place: { queue, channel },
    level,
    upTo,
    blocked,
    limit,
    leftBehind,
  }: {
    place: Place
    level: Level
    upTo: number
    blocked: Blocked
    limit: number
    leftBehind: boolean
  },
): Promise<QueuedAlert[]> {
  const select = (waits: string): Promise<QueuedRow[]> =>
    tx.all<QueuedRow>(
      `SELECT a.id, a.payload, a.position, a.fingerprint, a.status, d.level, p.received_at, a.repeats
       FROM deliveries d CROSS JOIN alerts a CROSS JOIN payloads p
       WHERE d.queue = $1 AND d.channel = $2 AND d.level = $3 AND d.alert > $4 AND ${waits}
         AND a.id = d.alert AND p.id = a.payload ${unblocked(6)}
       ORDER BY d.alert LIMIT $5`,
      queue,
      channel,
      level,
      waits === 'd.message = 0' ? 0 : upTo,
      limit,
      ...blockedValues(blocked),
    )
  const rows = await select('d.message IS NULL')
  if (leftBehind) rows.push(...(await select('d.message = 0')))
  return rows
    .sort((a, b) => a.id - b.id)
    .slice(0, limit)
    .map(({ received_at, ...row }) => ({ ...row, receivedAt: tx.date(received_at) }))
}

type Recent = Pick<
  ChannelBacklog,
  'recent' | 'lastMessageAt' | 'messagesThisHour' | 'messagesToday'
>

async function recentMessages(
  tx: Tx,
  { queue, channel }: Place,
  query: BacklogQuery,
): Promise<Recent> {
  const of = `FROM messages WHERE queue = $1 AND channel = $2 AND kind <> 'test'`
  const last = await tx.get<{ at: number | null }>(
    `SELECT MAX(created_at) AS at ${of}`,
    queue,
    channel,
  )
  if (last?.at == null)
    return { recent: [], lastMessageAt: undefined, messagesThisHour: 0, messagesToday: 0 }
  const counts = await tx.get<{ hour: number; day: number }>(
    `SELECT COUNT(*) FILTER (WHERE created_at >= $3) AS hour, COUNT(*) AS day ${of} AND created_at >= $4`,
    queue,
    channel,
    tx.ms(query.hourStart),
    tx.ms(query.dayStart),
  )
  const recent = await tx.all<{ created_at: number; storm: number }>(
    `SELECT created_at, storm ${of} AND created_at > $3 ORDER BY created_at, id`,
    queue,
    channel,
    tx.ms(query.callsSince),
  )
  return {
    recent: recent.map(({ created_at, storm }) => ({
      at: tx.date(created_at),
      storm: storm === 1,
    })),
    lastMessageAt: tx.date(last.at),
    messagesThisHour: counts?.hour ?? 0,
    messagesToday: counts?.day ?? 0,
  }
}
