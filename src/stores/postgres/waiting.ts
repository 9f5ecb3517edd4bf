import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type {
  RobotState,
  StoredPayload,
  Waiting,
  WaitingAlert,
  WaitingChannel,
  WaitingQuestion,
} from '../store.ts'
import type { Tx } from './database.ts'
import { MESSAGE_COLUMNS, type MessageRow, messageFrom } from './rows.ts'

/** A waiting alert `t` is blocked while a message about the same alert is under way in its queue. */
export const UNBLOCKED = `AND NOT EXISTS (SELECT 1 FROM messages u JOIN tellings b ON b.message = u.id
  WHERE u.queue = t.queue AND u.state IN ('pending', 'sending') AND b.fingerprint = t.fingerprint)`

export async function waiting(tx: Tx, question: WaitingQuestion): Promise<Waiting> {
  const now = tx.ms(question.now)
  const next = await tx.one<MessageRow & { may_at: number }>(
    `SELECT ${MESSAGE_COLUMNS}, GREATEST(due_at, CASE WHEN robot <> $2 THEN elsewhere_at END) AS may_at
     FROM messages WHERE queue = ANY($1::text[]) AND state = 'pending' ORDER BY may_at, id LIMIT 1`,
    question.queues,
    question.robot.name,
  )
  const isDue = next !== undefined && next.may_at <= now
  const [robot, ...peers] = await robotStates(tx, [question.robot, ...question.peers], question)
  return {
    robot: robot as RobotState,
    peers,
    organisationUsed: await organisationUsed(tx, question.month),
    marks: await tx.all('SELECT scope, mark FROM marks WHERE month = $1', question.month),
    due: isDue ? messageFrom(tx, next, []) : undefined,
    nextDueAt: next === undefined || isDue ? undefined : tx.date(next.may_at),
    channels: await waitingChannels(tx, question),
  }
}

/**
 * One for each channel with something unblocked. Where more waits than heads are asked for it is not counted, but told
 * by one more than those: a storm costs no more to look at than what is looked at.
 */
async function waitingChannels(tx: Tx, question: WaitingQuestion): Promise<WaitingChannel[]> {
  const channels: WaitingChannel[] = []
  for (const queue of question.queues)
    for (const channel of await channelsIn(tx, queue)) {
      const found = await heads(tx, { queue, channel, limit: question.heads + 1 })
      if (found.length > 0)
        channels.push(await waitingChannel(tx, { queue, channel, found }, question))
    }
  return channels
}

/** The channels of what waits in a queue, from the index, one step for each. */
async function channelsIn(tx: Tx, queue: string): Promise<string[]> {
  const rows = await tx.all<{ channel: string }>(
    `WITH RECURSIVE c AS (
       (SELECT channel FROM tellings WHERE queue = $1 AND message IS NULL ORDER BY channel LIMIT 1)
       UNION ALL
       SELECT (SELECT channel FROM tellings t WHERE t.queue = $1 AND t.message IS NULL AND t.channel > c.channel
         ORDER BY t.channel LIMIT 1) FROM c WHERE c.channel IS NOT NULL)
     SELECT channel FROM c WHERE channel IS NOT NULL`,
    queue,
  )
  return rows.map((row) => row.channel)
}

async function waitingChannel(
  tx: Tx,
  { queue, channel, found }: { queue: string; channel: string; found: readonly WaitingAlert[] },
  question: WaitingQuestion,
): Promise<WaitingChannel> {
  const byLevel: WaitingChannel['byLevel'] = [0, 0, 0, 0, 0]
  for (const { level } of found) byLevel[level - 1] = (byLevel[level - 1] ?? 0) + 1
  const more = found.length > question.heads
  const messages = await tx.one<{ last: number | null; hour: number; day: number }>(
    `SELECT COUNT(*) FILTER (WHERE created_at >= $3) AS hour, COUNT(*) AS day,
       (SELECT MAX(created_at) FROM messages WHERE queue = $1 AND channel = $2 AND kind <> 'test') AS last
     FROM messages WHERE queue = $1 AND channel = $2 AND created_at >= $4 AND kind <> 'test'`,
    queue,
    channel,
    tx.ms(question.hourStart),
    tx.ms(question.dayStart),
  )
  const recent = await tx.all<{ created_at: number; storm: boolean }>(
    `SELECT created_at, storm FROM messages WHERE queue = $1 AND channel = $2 AND created_at > $3 AND kind <> 'test'
     ORDER BY created_at, id`,
    queue,
    channel,
    tx.ms(question.callsSince),
  )
  const last = messages?.last ?? null
  return {
    queue,
    channel,
    count: found.length,
    byLevel,
    oldest: more
      ? await oldest(tx, queue, channel)
      : new Date(Math.min(...found.map((each) => each.receivedAt.getTime()))),
    heads: found.slice(0, question.heads),
    recent: recent.map(({ created_at, storm }) => ({ at: tx.date(created_at), storm })),
    lastMessageAt: last === null ? undefined : tx.date(last),
    messagesThisHour: messages?.hour ?? 0,
    messagesToday: messages?.day ?? 0,
  }
}

/** When the oldest that waits was received, of each level from the index. */
async function oldest(tx: Tx, queue: string, channel: string): Promise<Date> {
  const row = await tx.one<{ at: number }>(
    `SELECT MIN(p.received_at) AS at FROM generate_series(1, 5) AS n (level)
     CROSS JOIN LATERAL (SELECT t.alert FROM tellings t WHERE t.queue = $1 AND t.channel = $2 AND t.level = n.level
       AND t.message IS NULL ${UNBLOCKED} ORDER BY t.alert LIMIT 1) f
     JOIN alerts a ON a.id = f.alert JOIN payloads p ON p.id = a.payload`,
    queue,
    channel,
  )
  return tx.date(row?.at ?? 0)
}

interface HeadRow {
  id: number
  payload: number
  position: number
  fingerprint: string
  status: Status
  level: Level
  received_at: number
  repeats: number
}

async function heads(
  tx: Tx,
  { queue, channel, limit }: { queue: string; channel: string; limit: number },
): Promise<WaitingAlert[]> {
  const rows = await tx.all<HeadRow>(
    `SELECT a.id, a.payload, a.position, a.fingerprint, a.status, t.level, p.received_at, a.repeats
     FROM (SELECT t.alert, t.level FROM tellings t
           WHERE t.queue = $1 AND t.channel = $2 AND t.message IS NULL ${UNBLOCKED}
           ORDER BY t.level, t.alert LIMIT $3) t
     JOIN alerts a ON a.id = t.alert JOIN payloads p ON p.id = a.payload ORDER BY t.level, a.id`,
    queue,
    channel,
    limit,
  )
  return rows.map(({ received_at, ...row }) => ({ ...row, receivedAt: tx.date(received_at) }))
}

/** The states of robots, in the order asked for. */
export async function robotStates(
  tx: Tx,
  robots: readonly { key: string; address: string }[],
  { callsSince, month }: { callsSince: Date; month: string },
): Promise<RobotState[]> {
  const keys = [...new Set(robots.map((each) => each.key))]
  const scopes = robots.flatMap(({ key, address }) => [`robot:${key}`, `address:${address}`])
  const calls = await tx.all<{ key: string; at: number; until: number }>(
    'SELECT key, at, until FROM calls WHERE key = ANY($1::text[]) AND until > $2 ORDER BY until, id',
    keys,
    tx.ms(callsSince),
  )
  const pauses = await tx.all<{ scope: string; until: number; since: number; reason: string }>(
    'SELECT scope, until, since, reason FROM pauses WHERE scope = ANY($1::text[]) ORDER BY until DESC',
    [...new Set(scopes)],
  )
  const states = await tx.all<{
    key: string
    failures: number | null
    body_bytes: number | null
    calls: number | null
  }>(
    `SELECT k.key, r.failures, r.body_bytes, m.calls FROM unnest($1::text[]) AS k (key)
     LEFT JOIN robots r ON r.key = k.key LEFT JOIN months m ON m.key = k.key AND m.month = $2`,
    keys,
    month,
  )
  return robots.map(({ key, address }) => {
    const pause = pauses.find(({ scope }) => [`robot:${key}`, `address:${address}`].includes(scope))
    const state = states.find((each) => each.key === key)
    return {
      calls: calls
        .filter((call) => call.key === key)
        .map((call) => ({ at: tx.date(call.at), until: tx.date(call.until) })),
      pause: pause && {
        until: tx.date(pause.until),
        since: tx.date(pause.since),
        reason: pause.reason,
      },
      failures: state?.failures ?? 0,
      bodyBytes: state?.body_bytes ?? undefined,
      monthUsed: state?.calls ?? 0,
    }
  })
}

export async function organisationUsed(tx: Tx, month: string): Promise<number> {
  const row = await tx.one<{ n: number | null }>(
    'SELECT SUM(calls)::bigint AS n FROM months WHERE month = $1',
    month,
  )
  return row?.n ?? 0
}

export async function payloads(
  tx: Tx,
  numbers: readonly number[],
  maxBytes = Number.MAX_SAFE_INTEGER,
): Promise<Map<number, StoredPayload>> {
  const rows = await tx.all<{
    id: number
    source: StoredPayload['source']
    received_at: number
    text: string
  }>(
    `SELECT id, source, received_at, text FROM (
       SELECT p.id, p.source, p.received_at, p.text, n.place, row_number() OVER w AS nth,
         sum(octet_length(p.text)) OVER w AS bytes
       FROM unnest($1::bigint[]) WITH ORDINALITY AS n (id, place) JOIN payloads p ON p.id = n.id
       WINDOW w AS (ORDER BY n.place)) AS sized
     WHERE nth = 1 OR bytes <= $2 ORDER BY place`,
    numbers,
    maxBytes,
  )
  return new Map(
    rows.map(({ id, source, received_at, text }) => [
      id,
      { source, receivedAt: tx.date(received_at), text },
    ]),
  )
}
