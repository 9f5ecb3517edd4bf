import type { Status } from '../../model/alert.ts'
import { LEVELS, type Level } from '../../model/level.ts'
import type { Steps } from '../../turns.ts'
import type {
  StoredPayload,
  Waiting,
  WaitingAlert,
  WaitingChannel,
  WaitingQuestion,
} from '../store.ts'
import { type BodyPlace, BodyReader } from './bodies.ts'
import type { Database } from './database.ts'
import type { Rows } from './engine.ts'
import { organisationUsed, robotState } from './robots.ts'
import { MESSAGE_COLUMNS, type MessageRow, messageFrom } from './rows.ts'

/** Whether alert `a` waits in any queue; there are few queues. */
export const WAITS = `EXISTS (SELECT 1 FROM queues q CROSS JOIN waits w
  WHERE w.queue = q.id AND w.channel = a.channel AND w.level = a.level AND w.alert = a.id)`

export function waiting(rows: Rows, question: WaitingQuestion): Waiting {
  const db = rows.database
  const now = question.now.getTime()
  const messages = question.queues.flatMap((queue) =>
    db.all<MessageRow & { may_at: number }>(
      `SELECT ${MESSAGE_COLUMNS}, MAX(due_at, CASE WHEN robot = ? THEN 0 ELSE COALESCE(elsewhere_at, 0) END) AS may_at
       FROM messages INDEXED BY messages_open
       WHERE queue = ? AND state IN ('pending', 'sending') AND state = 'pending' ORDER BY may_at, id LIMIT 1`,
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
    marks: db
      .all<{ scope: string; mark: number }>(
        'SELECT scope, mark FROM marks WHERE month = ?',
        question.month,
      )
      .map(({ scope, mark }) => ({ scope, mark })),
    due: isDue ? messageFrom(next, []) : undefined,
    nextDueAt: next === undefined || isDue ? undefined : new Date(next.may_at),
    channels: question.queues.flatMap((queue) =>
      channelsIn(rows, queue).flatMap((channel) =>
        waitingChannel(rows, { queue, channel, question }),
      ),
    ),
  }
}

/** Channels of which something waits in a queue; costs a look-up for each, however much waits. */
function channelsIn({ database: db, names }: Rows, queue: string): string[] {
  const number = names.knownQueue(queue)
  const found: string[] = []
  for (let after = 0; ; ) {
    const next = db.get<{ channel: number; name: string }>(
      `SELECT w.channel, c.name FROM waits w JOIN channels c ON c.id = w.channel
       WHERE w.queue = ? AND w.channel > ? ORDER BY w.channel LIMIT 1`,
      number,
      after,
    )
    if (next === undefined) return found
    found.push(next.name)
    after = next.channel
  }
}

interface Place {
  queue: string
  channel: string
}

function waitingChannel(
  rows: Rows,
  { queue, channel, question }: Place & { question: WaitingQuestion },
): WaitingChannel[] {
  const { database: db } = rows
  const byLevel: WaitingChannel['byLevel'] = [0, 0, 0, 0, 0]
  const heads: Head[] = []
  let oldest = Number.POSITIVE_INFINITY
  for (const level of LEVELS) {
    let count = 0
    for (const head of headsOf(rows, { queue, channel, level })) {
      oldest = Math.min(oldest, head.alert)
      count += 1
      if (heads.length < question.heads) heads.push(head)
      else break
    }
    byLevel[level - 1] = count
  }
  if (heads.length === 0) return []
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
  return [
    {
      queue,
      channel,
      count: byLevel.reduce((sum, each) => sum + each, 0),
      byLevel,
      oldest: receivedAt(db, oldest),
      heads: heads.map(headFrom),
      recent: recentMessages(db, { queue, channel, since: question.callsSince }),
      lastMessageAt: last === null || last === undefined ? undefined : new Date(last),
      messagesThisHour: since(question.hourStart),
      messagesToday: since(question.dayStart),
    },
  ]
}

function recentMessages(
  db: Database,
  { queue, channel, since }: Place & { since: Date },
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

interface Wait {
  level: Level
  alert: number
  subject: number
  resolved: number
}

const SLICES_OF_A_SIZE = 100

/**
 * What waits in a queue of a channel up to an alert, unless it is held back by a message under way: the most severe
 * first, then the oldest. In slices, so that nobody waits while there are hundreds of thousands.
 */
export function* waitsUpTo(
  { database: db, names, underWay, rowsInSlice }: Rows,
  { queue, channel, upTo }: Place & { upTo: number },
  each: (wait: Wait) => void,
): Steps<void> {
  const isUnderWay = underWay.in(queue)
  const [fingerprint, alerts] =
    isUnderWay === undefined
      ? ['NULL', '']
      : ['a.fingerprint', 'CROSS JOIN alerts a ON a.id = w.alert']
  const after = { level: 0, alert: 0 }
  for (let slices = 1; ; slices += 1) {
    // The longer it takes, the longer its steps: it must end while the lease holds.
    const most = rowsInSlice * 2 ** Math.floor(slices / SLICES_OF_A_SIZE)
    const rows = db.lists<[Level, number, number, number, string | null]>(
      `SELECT w.level, w.alert, w.subject, w.resolved, ${fingerprint} FROM waits w ${alerts}
       WHERE w.queue = ? AND w.channel = ? AND (w.level, w.alert) > (?, ?) AND w.alert <= ?
       ORDER BY w.level, w.alert LIMIT ?`,
      names.knownQueue(queue),
      names.knownChannel(channel),
      after.level,
      after.alert,
      upTo,
      most,
    )
    for (const [level, alert, subject, resolved, said] of rows) {
      if (said === null || isUnderWay?.(said) !== true) each({ level, alert, subject, resolved })
      after.level = level
      after.alert = alert
    }
    if (rows.length < most) return
    yield
  }
}

interface Head extends Wait {
  payload: number
  position: number
  fingerprint: string
  received_at: number
  repeats: number
}

/** What waits unblocked, in the same order, with what a message needs of each; who has enough does not pay for the rest. */
function* headsOf(
  { database: db, names, underWay }: Rows,
  { queue, channel, level }: Place & { level: Level },
): Iterable<Head> {
  const isUnderWay = underWay.in(queue)
  for (const head of db.iterate<Head>(
    `SELECT w.level, w.alert, w.subject, w.resolved, a.payload, a.position, a.fingerprint, r.received_at, a.repeats
     FROM waits w CROSS JOIN alerts a ON a.id = w.alert CROSS JOIN requests r ON r.id = a.payload
     WHERE w.queue = ? AND w.channel = ? AND w.level = ? ORDER BY w.alert`,
    names.knownQueue(queue),
    names.knownChannel(channel),
    level,
  ))
    if (isUnderWay === undefined || !isUnderWay(head.fingerprint)) yield head
}

function headFrom({ alert, subject: _, received_at, resolved, ...head }: Head): WaitingAlert {
  return { id: alert, ...head, status: statusOf(resolved), receivedAt: new Date(received_at) }
}

export function statusOf(resolved: number): Status {
  return resolved === 1 ? 'resolved' : 'firing'
}

/** When an alert was received. */
export function receivedAt(db: Database, alert: number): Date {
  const row = db.get<{ at: number }>(
    'SELECT r.received_at AS at FROM alerts a JOIN requests r ON r.id = a.payload WHERE a.id = ?',
    alert,
  )
  return new Date(row?.at ?? 0)
}

export function payloads(
  db: Database,
  numbers: readonly number[],
  maxBytes = Number.POSITIVE_INFINITY,
): Map<number, StoredPayload> {
  const found = new Map<number, StoredPayload>()
  const reader = new BodyReader(db)
  for (const number of firstOf(db, numbers, maxBytes).sort((a, b) => a - b)) {
    const payload = reader.payload(number)
    if (payload !== undefined) found.set(number, payload)
  }
  return found
}

function firstOf(db: Database, numbers: readonly number[], maxBytes: number): number[] {
  if (maxBytes === Number.POSITIVE_INFINITY) return [...numbers]
  const first: number[] = []
  let bytes = 0
  for (const number of numbers) {
    const row = db.get<Pick<BodyPlace, 'length'>>(
      'SELECT length FROM requests WHERE id = ?',
      number,
    )
    if (row === undefined) continue
    bytes += row.length
    if (bytes > maxBytes && first.length > 0) break
    first.push(number)
  }
  return first
}
