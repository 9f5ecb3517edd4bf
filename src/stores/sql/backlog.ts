import { isSevere, type Level } from '../../model/level.ts'
import type { QueuePlace } from '../queries.ts'
import type {
  Backlog,
  BacklogQuery,
  ChannelBacklog,
  DueMessage,
  QueuedAlert,
  Unshown,
} from '../store.ts'
import type { Tx } from '../tx.ts'
import {
  type Blocked,
  blockedValues,
  LEVELS_IN_ORDER,
  readBlocked,
  readRanges,
  readWatermarks,
  unblocked,
} from './deliveries.ts'
import { countMessages } from './history.ts'
import { readOrganisationUsed, readRobotStates } from './robot-states.ts'
import { exists, fromRow, readValue } from './rows.ts'
import { IN_STATE, UNSHOWN } from './schema.ts'

export async function backlog(tx: Tx, query: BacklogQuery): Promise<Backlog> {
  const [robot, ...peers] = await readRobotStates(tx, [query.robot, ...query.peers], query)
  const channels: ChannelBacklog[] = []
  for (const { place, watermarks } of await readWatermarkedPlaces(tx, query.queues)) {
    const entry = await readChannelBacklog(tx, { place, watermarks }, query)
    if (entry !== undefined) channels.push(entry)
  }
  return {
    robot: robot as Backlog['robot'],
    peers,
    organisationUsed: await readOrganisationUsed(tx, query.month),
    quotaWarnings: await readQuotaWarnings(tx, query.month),
    ...(await readDue(tx, query)),
    channels,
  }
}

interface WatermarkedPlace {
  place: QueuePlace
  watermarks: Map<Level, number>
}

/** The places of these queues that have ever had alerts, with their watermarks. */
async function readWatermarkedPlaces(
  tx: Tx,
  queues: readonly string[],
): Promise<WatermarkedPlace[]> {
  const rows = await tx.all<QueuePlace & { level: Level; up_to: number }>(
    'SELECT queue, channel, level, up_to FROM watermarks WHERE queue IN LIST($1, TEXT) ORDER BY queue, channel, level',
    [queues],
  )
  const places: WatermarkedPlace[] = []
  for (const { queue, channel, level, up_to } of rows) {
    let last = places.at(-1)
    if (last?.place.queue !== queue || last.place.channel !== channel) {
      last = { place: { queue, channel }, watermarks: new Map() }
      places.push(last)
    }
    last.watermarks.set(level, up_to)
  }
  return places
}

async function readQuotaWarnings(tx: Tx, month: string): Promise<Backlog['quotaWarnings']> {
  const rows = await tx.all<Backlog['quotaWarnings'][number]>(
    'SELECT scope, percent FROM quota_warnings WHERE month = $1 ORDER BY scope',
    [month],
  )
  return rows.map((row) => ({ ...row }))
}

/** SQL: when the robot with key $2 may try a message. Other robots wait longer for one that may have arrived. */
const MAY_AT = `CASE WHEN robot_key = $2 THEN due_at ELSE GREATEST(due_at, COALESCE(elsewhere_at, 0)) END`
const PENDING = `queue IN LIST($1, TEXT) AND ${IN_STATE.pending}`

const dueMessage = (condition = ''): string =>
  `SELECT CAST(id AS TEXT) AS id, robot, queue, channel, kind, alert_count, level, by_hand, created_at,
     elsewhere_at IS NULL AS unshown FROM messages
   WHERE ${PENDING} AND ${MAY_AT} <= $3 ${condition}
   ORDER BY by_hand, CASE WHEN kind = 'test' THEN 1 ELSE 0 END, COALESCE(level, 9), due_at, messages.id LIMIT 1`
const DUE = dueMessage()
const DUE_SEVERE = dueMessage(`AND level IN (${LEVELS_IN_ORDER.filter(isSevere)})`)
const NEXT_DUE_AT = `SELECT MIN(${MAY_AT}) FROM messages WHERE ${PENDING} AND ${MAY_AT} > $3`

async function readDueMessage(
  tx: Tx,
  sql: string,
  { queues, robot, now }: BacklogQuery,
): Promise<DueMessage | undefined> {
  const row = await tx.get<DueRow>(sql, [queues, robot.key, tx.ms(now)])
  if (row === undefined) return undefined
  const { unshown: isUnshown, ...message } = row
  const last = isUnshown
    ? await tx.get<{ at: number; result: string }>(LAST_ATTEMPT, [Number(row.id)])
    : undefined
  return {
    ...fromRow<DueMessage>(tx, message),
    byHand: row.by_hand === 1,
    refused: last && { at: tx.date(last.at), result: last.result },
  }
}

interface DueRow {
  id: string
  by_hand: number
  /** True if the group certainly saw nothing. On SQLite a number. */
  unshown: boolean | number
}

const LAST_ATTEMPT = 'SELECT at, result FROM attempts WHERE message = $1 ORDER BY id DESC LIMIT 1'

async function readDue(
  tx: Tx,
  query: BacklogQuery,
): Promise<Pick<Backlog, 'due' | 'dueSevere' | 'nextDueAt'>> {
  const due = await readDueMessage(tx, DUE, query)
  if (due?.level !== undefined && isSevere(due.level))
    return { due, dueSevere: due, nextDueAt: undefined }
  const dueSevere = due && (await readDueMessage(tx, DUE_SEVERE, query))
  return { due, dueSevere, nextDueAt: await readNextDueAt(tx, query) }
}

async function readNextDueAt(
  tx: Tx,
  { queues, robot, now }: BacklogQuery,
): Promise<Date | undefined> {
  const at = await readValue<number>(tx, NEXT_DUE_AT, [queues, robot.key, tx.ms(now)])
  return at === undefined ? undefined : tx.date(at)
}

/** Unblocked alerts of a place; undefined without any. Stops counting beyond the preview. */
async function readChannelBacklog(
  tx: Tx,
  { place, watermarks }: WatermarkedPlace,
  query: BacklogQuery,
): Promise<ChannelBacklog | undefined> {
  const blocked = await readBlocked(tx, place)
  const alerts = await readQueued(tx, { place, watermarks, blocked }, query.preview + 1)
  if (alerts.length === 0) return undefined
  return {
    ...place,
    count: alerts.length,
    oldest: new Date(Math.min(...alerts.map(({ receivedAt }) => receivedAt.getTime()))),
    alerts: alerts.slice(0, query.preview),
    digestOpen: blocked.after !== undefined,
    ...(await readRecentMessages(tx, place, query)),
  }
}

/**
 * Reads unblocked alerts of a place, the most severe first. Once `max` are read, only the oldest of each further level is
 * added, so that the caller knows its age.
 */
async function readQueued(
  tx: Tx,
  { place, watermarks, blocked }: WatermarkedPlace & { blocked: Blocked },
  max: number,
): Promise<QueuedAlert[]> {
  const { queue, channel } = place
  const ofPlace = 'deliveries WHERE message = 0 AND queue = $1 AND channel = $2'
  const hasSkipped = await exists(tx, ofPlace, [queue, channel])
  const alerts: QueuedAlert[] = []
  for (const level of LEVELS_IN_ORDER) {
    const upTo = watermarks.get(level)
    if (upTo === undefined) continue
    const limit = Math.max(1, max - alerts.length)
    const values = (after: number) =>
      [queue, channel, level, after, limit, ...blockedValues(blocked)] as const
    const rows = await tx.all<{ id: number }>(QUEUED, values(upTo))
    if (hasSkipped) {
      rows.push(...(await tx.all<{ id: number }>(SKIPPED, values(0))))
      rows.sort((a, b) => a.id - b.id).splice(limit)
    }
    for (const row of rows) alerts.push(fromRow(tx, row))
  }
  return alerts
}

export async function unshown(tx: Tx, id: string, preview: number): Promise<Unshown | undefined> {
  const message = Number(id)
  const place = await tx.get<QueuePlace>(
    `SELECT queue, channel FROM messages WHERE id = $1 AND ${UNSHOWN}`,
    [message],
  )
  if (place === undefined || (await readRanges(tx, message)).length > 0) return undefined
  const carried = await tx.all<{ id: number }>(CARRIED, [message])
  const watermarks = await readWatermarks(tx, place)
  const blocked = await readBlocked(tx, place, message)
  const waiting = await readQueued(tx, { place, watermarks, blocked }, preview)
  return {
    carried: carried.map((row) => fromRow(tx, row)),
    waiting: waiting.slice(0, preview),
  }
}

const QUEUED_COLUMNS =
  'a.id, a.payload, a.position, a.fingerprint, a.status, d.level, p.received_at, a.repeats'

const CARRIED = `SELECT ${QUEUED_COLUMNS} FROM deliveries d CROSS JOIN alerts a CROSS JOIN payloads p
  WHERE d.message = $1 AND a.id = d.alert AND p.id = a.payload ORDER BY a.id`

const waitingSql = (waits: string): string =>
  `SELECT ${QUEUED_COLUMNS} FROM deliveries d CROSS JOIN alerts a CROSS JOIN payloads p
   WHERE d.queue = $1 AND d.channel = $2 AND d.level = $3 AND d.alert > $4 AND ${waits}
     AND a.id = d.alert AND p.id = a.payload ${unblocked(6)}
   ORDER BY d.alert LIMIT $5`

/** QUEUED: waiting alerts above their level's watermark. SKIPPED: alerts that a digest skipped or that wait again. */
const QUEUED = waitingSql('d.message IS NULL')
const SKIPPED = waitingSql('d.message = 0')

type RecentMessages = Pick<
  ChannelBacklog,
  'recent' | 'lastMessageAt' | 'messagesThisHour' | 'messagesToday'
>

async function readRecentMessages(
  tx: Tx,
  place: QueuePlace,
  query: BacklogQuery,
): Promise<RecentMessages> {
  const { queue, channel } = place
  const lastAt = await readValue<number>(tx, LAST_MESSAGE, [queue, channel])
  if (lastAt === undefined)
    return { recent: [], lastMessageAt: undefined, messagesThisHour: 0, messagesToday: 0 }
  const recent = await tx.all<{ created_at: number; storm: number }>(RECENT_MESSAGES, [
    queue,
    channel,
    tx.ms(query.callsSince),
  ])
  return {
    recent: recent.map((row) => ({ at: tx.date(row.created_at), storm: row.storm === 1 })),
    lastMessageAt: tx.date(lastAt),
    ...(await countMessages(tx, place, query)),
  }
}

const OF_PLACE = `FROM messages WHERE queue = $1 AND channel = $2 AND kind <> 'test'`
const LAST_MESSAGE = `SELECT MAX(created_at) ${OF_PLACE}`
const RECENT_MESSAGES = `SELECT created_at, storm ${OF_PLACE} AND created_at > $3 ORDER BY created_at, id`
