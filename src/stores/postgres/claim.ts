import { AppError } from '../../errors.ts'
import type { CallClaim, Claim, ClaimAgain, Claimed, NewMessage, Warning } from '../store.ts'
import type { Tx } from './database.ts'
import { queueTurn, takeTurns } from './rows.ts'
import { UNBLOCKED } from './waiting.ts'

/** Ends a claim's transaction without a trace: what it asks for is gone. */
class Refused extends Error {}

/** A refused claim, rolled back, is undefined. */
export async function orRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}

export async function claim(
  tx: Tx,
  { now, message, alerts, call }: Claim,
): Promise<Claimed | undefined> {
  await takeTurns(tx, [`key ${call.key}`, queueTurn(message.queue)])
  await mayCall(tx, { robot: message.robot, call, now })
  const { id, made } = await insertMessage(tx, message, { now, call })
  const taken = await takeAlerts(tx, { id, message, alerts })
  const wanted = alerts.kind === 'some' ? alerts.ids.length : alerts.count
  if (taken !== wanted || (alerts.kind === 'some' && wanted === 0)) throw new Refused()
  const { uuid, body } = message
  return { id: String(id), call: made, uuid, body, attempts: 0, results: new Map() }
}

export async function claimAgain(
  tx: Tx,
  { now, id, robot, call }: ClaimAgain,
): Promise<Claimed | undefined> {
  const found = await tx.one<{ queue: string }>(
    'SELECT queue FROM messages WHERE id = $1',
    Number(id),
  )
  if (found === undefined) return undefined
  await takeTurns(tx, [`key ${call.key}`, queueTurn(found.queue)])
  await mayCall(tx, { robot, call, now })
  const row = await tx.one<{ uuid: string; body: string; attempts: number; made: number }>(
    `WITH counted AS (${COUNT_CALL})
     UPDATE messages SET state = 'sending', robot = $5, due_at = NULL, attempts = attempts + 1,
       call = (SELECT id FROM counted)
     WHERE id = $6 AND state = 'pending' AND (robot = $5 OR COALESCE(elsewhere_at, 0) <= $2)
     RETURNING uuid, body, attempts - 1 AS attempts, call AS made`,
    ...countedCall(tx, call, now),
    robot,
    Number(id),
  )
  if (row === undefined) throw new Refused()
  await countMonth(tx, call)
  const { uuid, body, attempts, made } = row
  const results = await tx.all<{ result: string; count: number }>(
    'SELECT result, COUNT(*) AS count FROM attempts WHERE message = $1 GROUP BY result',
    Number(id),
  )
  const counts = new Map(results.map(({ result, count }) => [result, count]))
  return { id, call: made, uuid, body, attempts, results: counts }
}

export async function enqueue(
  tx: Tx,
  messages: readonly NewMessage[],
  now: Date,
): Promise<string[]> {
  const ids: string[] = []
  for (const message of messages) {
    const row = await tx.one<{ id: number }>(
      `INSERT INTO messages (${INSERTED}, state, due_at, attempts)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', $11, 0) RETURNING id`,
      ...inserted(tx, message, now),
    )
    ids.push(String(row?.id))
  }
  return ids
}

export async function warn(
  tx: Tx,
  { now, month, scope, mark, message }: Warning,
): Promise<boolean> {
  const written = await tx.run(
    `INSERT INTO marks AS m (month, scope, mark) VALUES ($1, $2, $3)
     ON CONFLICT (month, scope) DO UPDATE SET mark = excluded.mark WHERE excluded.mark > m.mark`,
    month,
    scope,
    mark,
  )
  if (written === 1) await enqueue(tx, [message], now)
  return written === 1
}

export async function resend(tx: Tx, id: string, now: Date): Promise<{ queue: string }> {
  const number = /^\d{1,15}$/.test(id) ? Number(id) : 0
  const read = () =>
    tx.one<{ queue: string; state: string; told_elsewhere: boolean }>(
      `SELECT queue, state, alert_count > 0 AND NOT EXISTS (SELECT 1 FROM tellings WHERE message = messages.id)
         AS told_elsewhere FROM messages WHERE id = $1`,
      number,
    )
  const queue = (await read())?.queue
  if (queue !== undefined) await takeTurns(tx, [queueTurn(queue)])
  const row = await read()
  if (row === undefined) throw new AppError('not_found', `there is no message ${id}`)
  if (row.state !== 'dead')
    throw new AppError(
      'not_dead',
      `message ${id} is ${row.state}; only a dead one can be sent again`,
    )
  if (row.told_elsewhere)
    throw new AppError('not_dead', `the alerts of message ${id} are told in others by now`)
  await tx.run(
    `UPDATE messages SET state = 'pending', due_at = $2, reason = NULL WHERE id = $1`,
    number,
    tx.ms(now),
  )
  return { queue: row.queue }
}

/**
 * Throws Refused unless the lease is held and the limit has a call left. The lease is checked and made to last for the
 * attempt in one statement, which locks it: whoever takes the robot over waits for this claim and then finds it held.
 */
async function mayCall(
  tx: Tx,
  { robot, call, now }: { robot: string; call: CallClaim; now: Date },
): Promise<void> {
  const held = await tx.run(
    `UPDATE leases SET until = GREATEST(until, $4)
     WHERE robot = $1 AND owner = $2 AND until > $3`,
    robot,
    call.owner,
    tx.ms(now),
    tx.ms(call.until),
  )
  if (held === 0) throw new Refused()
  const used = await tx.one<{ n: number }>(
    'SELECT COUNT(*) AS n FROM calls WHERE key = $1 AND until > $2',
    call.key,
    tx.ms(call.since),
  )
  if ((used?.n ?? 0) >= call.messages) throw new Refused()
}

/** $1 to $4; gives the call's id. */
const COUNT_CALL = `INSERT INTO calls (key, at, until, month) VALUES ($1, $2, $3, $4) RETURNING id`

function countedCall(tx: Tx, call: CallClaim, now: Date): unknown[] {
  return [call.key, tx.ms(now), tx.ms(call.until), call.month]
}

const INSERTED =
  'uuid, robot, queue, channel, kind, title, text, body, alert_count, storm, created_at'

function inserted(tx: Tx, message: NewMessage, now: Date): unknown[] {
  const { uuid, robot, queue, channel, kind, title, text, body, alertCount, storm } = message
  return [uuid, robot, queue, channel, kind, title, text, body, alertCount, storm, tx.ms(now)]
}

async function insertMessage(
  tx: Tx,
  message: NewMessage,
  { now, call }: { now: Date; call: CallClaim },
): Promise<{ id: number; made: number }> {
  const row = await tx.one<{ id: number; made: number }>(
    `WITH counted AS (${COUNT_CALL})
     INSERT INTO messages (${INSERTED}, state, attempts, call)
     SELECT $5, $6, $7, $8, $9, $10, $11, $12, $13::int, $14::boolean, $15::bigint, 'sending', 1, id FROM counted
     RETURNING id, call AS made`,
    ...countedCall(tx, call, now),
    ...inserted(tx, message, now),
  )
  await countMonth(tx, call)
  return row as { id: number; made: number }
}

async function countMonth(tx: Tx, { month, key }: CallClaim): Promise<void> {
  await tx.run(
    `INSERT INTO months (month, key, calls) VALUES ($1, $2, 1)
     ON CONFLICT (month, key) DO UPDATE SET calls = months.calls + 1`,
    month,
    key,
  )
}

/** Takes the alerts that wait unblocked; gives how many. Nobody else changes the queue meanwhile but to add to it. */
async function takeAlerts(
  tx: Tx,
  { id, message, alerts }: { id: number; message: NewMessage; alerts: Claim['alerts'] },
): Promise<number> {
  const take = `UPDATE tellings t SET message = $1
    WHERE t.queue = $2 AND t.message IS NULL ${UNBLOCKED}`
  return alerts.kind === 'some'
    ? tx.run(`${take} AND t.alert = ANY($3::bigint[])`, id, message.queue, alerts.ids)
    : tx.run(
        `${take} AND t.channel = $3 AND t.alert <= $4`,
        id,
        message.queue,
        message.channel,
        alerts.upTo,
      )
}
