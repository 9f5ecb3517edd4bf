import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type {
  RobotState,
  Standing,
  StandingQuestion,
  StoredPayload,
  Tally,
  TallyGroup,
  Waiting,
  WaitingAlert,
  WaitingChannel,
  WaitingQuestion,
} from '../store.ts'
import type { Database } from './database.ts'
import { MESSAGE_COLUMNS, type MessageRow, messageFrom } from './rows.ts'

/** Targets that a tally names for each group. */
const FIRST_OF_GROUP = 3

/**
 * A waiting alert is blocked while a message about the same alert is under way in its queue: `t` is the alert's
 * telling. Costs a look-up for each row, so it is left out where nothing is under way.
 */
const UNBLOCKED = `AND NOT EXISTS (SELECT 1 FROM tellings b WHERE b.queue = t.queue
  AND b.fingerprint = t.fingerprint AND b.open = 1 AND b.message IS NOT NULL)`

export function unblocked(db: Database, queue: string): string {
  const underWay = db.get(
    `SELECT 1 FROM messages WHERE queue = ? AND state IN ('pending', 'sending') LIMIT 1`,
    queue,
  )
  return underWay === undefined ? '' : UNBLOCKED
}

export function waiting(db: Database, question: WaitingQuestion): Waiting {
  const now = question.now.getTime()
  const messages = question.queues.flatMap((queue) =>
    db.all<MessageRow & { may_at: number }>(
      `SELECT ${MESSAGE_COLUMNS}, MAX(due_at, CASE WHEN robot = ? THEN 0 ELSE COALESCE(elsewhere_at, 0) END) AS may_at
       FROM messages WHERE queue = ? AND state = 'pending' ORDER BY may_at, id LIMIT 1`,
      question.robot.name,
      queue,
    ),
  )
  messages.sort((a, b) => a.may_at - b.may_at || a.id - b.id)
  const [next] = messages
  const isDue = next !== undefined && next.may_at <= now
  return {
    robot: robotState(db, question.robot, question),
    peers: question.peers.map((peer) => robotState(db, peer, question)),
    organisationUsed: organisationUsed(db, question.month),
    due: isDue ? messageFrom(next, []) : undefined,
    nextDueAt: next === undefined || isDue ? undefined : new Date(next.may_at),
    channels: question.queues.flatMap((queue) => waitingChannels(db, queue, question)),
  }
}

function waitingChannels(db: Database, queue: string, question: WaitingQuestion): WaitingChannel[] {
  const condition = unblocked(db, queue)
  const counts = db.all<{ channel: string; level: Level; count: number; oldest: number }>(
    `SELECT t.channel, t.level, COUNT(*) AS count, MIN(t.alert) AS oldest FROM tellings t
     WHERE t.queue = ? AND t.open = 1 AND t.message IS NULL ${condition} GROUP BY t.channel, t.level`,
    queue,
  )
  return [...new Set(counts.map((each) => each.channel))].map((channel) => {
    const ours = counts.filter((each) => each.channel === channel)
    const byLevel: WaitingChannel['byLevel'] = [0, 0, 0, 0, 0]
    for (const { level, count } of ours) byLevel[level - 1] = count
    const since = (instant: Date): number =>
      db.get<{ n: number }>(
        `SELECT COUNT(*) AS n FROM messages WHERE queue = ? AND channel = ? AND created_at >= ? AND kind <> 'test'`,
        queue,
        channel,
        instant.getTime(),
      )?.n ?? 0
    const last = db.get<{ at: number | null }>(
      `SELECT MAX(created_at) AS at FROM messages WHERE queue = ? AND channel = ? AND kind <> 'test'`,
      queue,
      channel,
    )?.at
    return {
      queue,
      channel,
      count: byLevel.reduce((sum, each) => sum + each, 0),
      byLevel,
      oldest: receivedAt(db, Math.min(...ours.map((each) => each.oldest))),
      heads: heads(db, { queue, channel, condition, limit: question.heads }),
      recent: recentMessages(db, { queue, channel, since: question.callsSince }),
      lastMessageAt: last === null || last === undefined ? undefined : new Date(last),
      messagesThisHour: since(question.hourStart),
      messagesToday: since(question.dayStart),
    }
  })
}

function recentMessages(
  db: Database,
  { queue, channel, since }: { queue: string; channel: string; since: Date },
): { at: Date; storm: boolean }[] {
  return db
    .all<{ created_at: number; storm: number }>(
      `SELECT created_at, storm FROM messages WHERE queue = ? AND channel = ? AND created_at > ? AND kind <> 'test'
       ORDER BY created_at, id`,
      queue,
      channel,
      since.getTime(),
    )
    .map(({ created_at, storm }) => ({ at: new Date(created_at), storm: storm === 1 }))
}

function heads(
  db: Database,
  {
    queue,
    channel,
    condition,
    limit,
  }: { queue: string; channel: string; condition: string; limit: number },
): WaitingAlert[] {
  return db
    .all<{
      id: number
      payload: number
      position: number
      fingerprint: string
      status: Status
      level: Level
      received_at: number
      repeats: number
    }>(
      `SELECT a.id, a.payload, a.position, a.fingerprint, a.status, t.level, p.received_at, a.repeats
       FROM (SELECT t.alert, t.level FROM tellings t
             WHERE t.queue = ? AND t.channel = ? AND t.open = 1 AND t.message IS NULL ${condition}
             ORDER BY t.level, t.alert LIMIT ?) t
       JOIN alerts a ON a.id = t.alert JOIN payloads p ON p.id = a.payload ORDER BY t.level, a.id`,
      queue,
      channel,
      limit,
    )
    .map(({ received_at, ...row }) => ({ ...row, receivedAt: new Date(received_at) }))
}

function receivedAt(db: Database, alert: number): Date {
  const row = db.get<{ at: number }>(
    'SELECT p.received_at AS at FROM alerts a JOIN payloads p ON p.id = a.payload WHERE a.id = ?',
    alert,
  )
  return new Date(row?.at ?? 0)
}

export function robotState(
  db: Database,
  robot: { key: string; address: string },
  { callsSince, month }: { callsSince: Date; month: string },
): RobotState {
  const calls = db.all<{ at: number; until: number }>(
    'SELECT at, until FROM calls WHERE key = ? AND until > ? ORDER BY until',
    robot.key,
    callsSince.getTime(),
  )
  const pause = db.get<{ until: number; since: number; reason: string }>(
    'SELECT until, since, reason FROM pauses WHERE scope IN (?, ?) ORDER BY until DESC LIMIT 1',
    `robot:${robot.key}`,
    `address:${robot.address}`,
  )
  const state = db.get<{ failures: number; body_bytes: number | null }>(
    'SELECT failures, body_bytes FROM robots WHERE key = ?',
    robot.key,
  )
  const used = db.get<{ calls: number }>(
    'SELECT calls FROM months WHERE month = ? AND key = ?',
    month,
    robot.key,
  )
  return {
    calls: calls.map((call) => ({ at: new Date(call.at), until: new Date(call.until) })),
    pause: pause && { ...pause, until: new Date(pause.until), since: new Date(pause.since) },
    failures: state?.failures ?? 0,
    bodyBytes: state?.body_bytes ?? undefined,
    monthUsed: used?.calls ?? 0,
  }
}

function organisationUsed(db: Database, month: string): number {
  return (
    db.get<{ n: number | null }>('SELECT SUM(calls) AS n FROM months WHERE month = ?', month)?.n ??
    0
  )
}

export function tally(db: Database, queue: string, channel: string): Tally {
  const condition = unblocked(db, queue)
  const rows = db.all<{
    level: Level
    name: string
    cluster: string
    firing: number
    resolved: number
    oldest: number
    newest: number
    subject: number
  }>(
    `SELECT t.level, s.name, s.cluster, SUM(a.status = 'firing') AS firing, SUM(a.status = 'resolved') AS resolved,
       MIN(a.id) AS oldest, MAX(a.id) AS newest, a.subject
     FROM tellings t JOIN alerts a ON a.id = t.alert JOIN subjects s ON s.id = a.subject
     WHERE t.queue = ? AND t.channel = ? AND t.open = 1 AND t.message IS NULL ${condition}
     GROUP BY t.level, a.subject ORDER BY t.level, COUNT(*) DESC, oldest`,
    queue,
    channel,
  )
  const groups = rows.map(
    ({ level, name, cluster, firing, resolved, oldest, subject }): TallyGroup => ({
      level,
      name,
      cluster,
      firing,
      resolved,
      first: db.all<{ payload: number; position: number }>(
        `SELECT payload, position FROM alerts a WHERE id >= ? AND channel = ? AND subject = ? AND level = ?
           AND EXISTS (SELECT 1 FROM tellings t WHERE t.alert = a.id AND t.queue = ? AND t.open = 1 AND t.message IS NULL)
         ORDER BY id LIMIT ?`,
        oldest,
        channel,
        subject,
        level,
        queue,
        FIRST_OF_GROUP,
      ),
    }),
  )
  const newest = rows.length === 0 ? 0 : Math.max(...rows.map((row) => row.newest))
  const oldest = rows.length === 0 ? 0 : Math.min(...rows.map((row) => row.oldest))
  return {
    count: rows.reduce((sum, row) => sum + row.firing + row.resolved, 0),
    upTo: newest,
    from: receivedAt(db, oldest),
    to: receivedAt(db, newest),
    groups,
  }
}

export function payloads(db: Database, numbers: readonly number[]): Map<number, StoredPayload> {
  const found = new Map<number, StoredPayload>()
  for (const number of numbers) {
    const row = db.get<{ source: StoredPayload['source']; received_at: number; text: string }>(
      'SELECT source, received_at, text FROM payloads WHERE id = ?',
      number,
    )
    if (row !== undefined)
      found.set(number, {
        source: row.source,
        receivedAt: new Date(row.received_at),
        text: row.text,
      })
  }
  return found
}

export function standing(db: Database, question: StandingQuestion): Standing {
  const robots: Standing['robots'] = new Map()
  for (const robot of question.robots) {
    const last = db.get<{ last_result: string | null; last_at: number | null }>(
      'SELECT last_result, last_at FROM robots WHERE key = ?',
      robot.key,
    )
    robots.set(robot.name, {
      ...robotState(db, robot, { callsSince: robot.callsSince, month: question.month }),
      lastResult: last?.last_result ?? undefined,
      lastAt: typeof last?.last_at === 'number' ? new Date(last.last_at) : undefined,
    })
  }
  const open = db.all<{ queue: string; channel: string; count: number; oldest: number }>(
    `SELECT queue, channel, SUM(n) AS count, MIN(oldest) AS oldest FROM (
       SELECT queue, channel, COUNT(*) AS n, MIN(alert) AS oldest FROM tellings
         WHERE open = 1 AND message IS NULL GROUP BY queue, channel
       UNION ALL
       SELECT t.queue, t.channel, COUNT(*), MIN(t.alert) FROM messages m JOIN tellings t ON t.message = m.id
         WHERE m.state IN ('pending', 'sending') AND t.open = 1 GROUP BY t.queue, t.channel
     ) GROUP BY queue, channel ORDER BY queue, channel`,
  )
  const channels = [...new Set(open.map((each) => each.channel))].map((channel) => {
    const ours = open.filter((each) => each.channel === channel)
    const oldest = receivedAt(db, Math.min(...ours.map((each) => each.oldest)))
    return {
      channel,
      count: ours.length === 1 ? (ours[0]?.count ?? 0) : countOnce(db, channel),
      oldest,
    }
  })
  return {
    robots,
    queues: open.map((each) => ({ ...each, oldest: receivedAt(db, each.oldest) })),
    channels,
    organisationUsed: organisationUsed(db, question.month),
  }
}

/** Alerts that wait for several groups, each counted once. */
function countOnce(db: Database, channel: string): number {
  return (
    db.get<{ n: number }>(
      'SELECT COUNT(DISTINCT alert) AS n FROM tellings WHERE open = 1 AND channel = ?',
      channel,
    )?.n ?? 0
  )
}
