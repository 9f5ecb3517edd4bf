import type { Level } from '../../model/level.ts'
import type { QueuePlace } from '../queries.ts'
import type { CallClaim, Claim, Claimed, NewMessage, RetryClaim } from '../store.ts'
import type { SqlRow, Tx } from '../tx.ts'
import {
  advanceWatermark,
  type Blocked,
  blockedValues,
  IN_RANGE,
  isBlocked,
  lockQueueOf,
  queueLock,
  readBlocked,
  readRanges,
  readWatermarks,
  unblocked,
} from './deliveries.ts'
import { insertMessage } from './messages.ts'
import { readOrganisationUsed, readUsed, scopesOf } from './robot-states.ts'
import { exists, insertRow, readValue } from './rows.ts'
import { columnsOf, UNSHOWN } from './schema.ts'

const RANGE_COLUMNS = columnsOf('delivery_ranges')

/** Thrown to roll a claim back: alerts, message, call or lease are missing, or a pause forbids the call. */
export class ClaimRejected extends Error {}

export async function claim(
  tx: Tx,
  { now, message, alerts, call, replaces }: Claim,
): Promise<Claimed> {
  await tx.lock([...callLocks(call), queueLock(message.queue)])
  await assertMayCall(tx, { robot: message.robot, call, now })
  const callId = await countCall(tx, call, now)
  if (replaces !== undefined && alerts.kind === 'some')
    return replace(tx, message, { id: Number(replaces), ids: alerts.ids, callId })
  const id = await insertMessage(tx, message, { now, call: callId })
  if (alerts.kind === 'some') await claimById(tx, message, { id, ids: alerts.ids })
  else await claimUpTo(tx, message, { id, ...alerts })
  const { uuid, body } = message
  return { id: String(id), call: callId, uuid, body, attempts: 0, results: new Map() }
}

/** Replaces the contents of a message that was not shown, and takes the given alerts into it. */
async function replace(
  tx: Tx,
  message: NewMessage,
  { id, ids, callId }: { id: number; ids: readonly number[]; callId: number },
): Promise<Claimed> {
  const { uuid, robot, robotKey, queue, channel, kind, title, text, body } = message
  const row = await tx.get<{ attempts: number }>(
    `UPDATE messages SET state = 'sending', due_at = NULL, attempts = attempts + 1, call = $2, uuid = $3, robot = $4,
       robot_key = $5, kind = $6, title = $7, text = $8, body = $9, alert_count = $10, level = $11
     WHERE id = $1 AND queue = $12 AND channel = $13 AND ${UNSHOWN} RETURNING attempts - 1 AS attempts`,
    [
      ...[id, callId, uuid, robot, robotKey, kind, title, text, body],
      ...[message.alertCount, message.level ?? null, queue, channel],
    ],
  )
  if (row === undefined || (await readRanges(tx, id)).length > 0) throw new ClaimRejected()
  await tx.run(
    'UPDATE deliveries SET message = 0 WHERE message = $1 AND alert NOT IN LIST($2, BIGINT)',
    [id, ids],
  )
  await claimById(tx, message, { id, ids })
  return { id: String(id), call: callId, uuid, body, ...row, results: await readResults(tx, id) }
}

async function readResults(tx: Tx, message: number): Promise<Map<string, number>> {
  const results = await tx.all<{ result: string; count: number }>(
    'SELECT result, COUNT(*) AS count FROM attempts WHERE message = $1 GROUP BY result',
    [message],
  )
  return new Map(results.map(({ result, count }) => [result, count]))
}

export async function claimRetry(tx: Tx, { now, id, robot, call }: RetryClaim): Promise<Claimed> {
  if ((await lockQueueOf(tx, Number(id), callLocks(call))) === undefined) throw new ClaimRejected()
  await assertMayCall(tx, { robot, call, now })
  const callId = await countCall(tx, call, now)
  const row = await tx.get<{ uuid: string; body: string; attempts: number }>(
    `UPDATE messages SET state = 'sending', robot = $2, robot_key = $3, due_at = NULL, attempts = attempts + 1, call = $5
     WHERE id = $1 AND state = 'pending' AND (robot_key = $3 OR COALESCE(elsewhere_at, 0) <= $4)
     RETURNING uuid, body, attempts - 1 AS attempts`,
    [Number(id), robot, call.key, tx.ms(now), callId],
  )
  if (row === undefined) throw new ClaimRejected()
  return { id, call: callId, ...row, results: await readResults(tx, Number(id)) }
}

/** Names of the locks that serialize the transactions that count calls of one key, and of a limited organisation. */
function callLocks({ key, organisationLimit }: CallClaim): string[] {
  return [`key ${key}`, ...(organisationLimit === undefined ? [] : ['organisation'])]
}

/**
 * Throws ClaimRejected unless the owner holds the lease, no pause forbids the call, and a call is left. The check
 * extends the lease to the end of the attempt and so locks its row: a process that takes the robot over waits for this
 * claim.
 */
async function assertMayCall(
  tx: Tx,
  { robot, call, now }: { robot: string; call: CallClaim; now: Date },
): Promise<void> {
  const renewed = await tx.run(
    'UPDATE leases SET until = GREATEST(until, $4) WHERE robot = $1 AND owner = $2 AND until > $3',
    [robot, call.owner, tx.ms(now), tx.ms(call.until)],
  )
  if (renewed === 0) throw new ClaimRejected()
  // While the message was composed, a person may have paused the robot, or a call of another robot with its token or
  // address may have been throttled.
  if (await exists(tx, BINDING_PAUSE, [scopesOf(call), tx.ms(now)])) throw new ClaimRejected()
  const calls = 'SELECT COUNT(*) FROM calls WHERE key = $1 AND until > $2'
  const used = await readValue<number>(tx, calls, [call.key, tx.ms(call.since)])
  if ((used ?? 0) >= call.maxCalls) throw new ClaimRejected()
  // Since the plan, another robot may have used the last call of the month.
  const { organisationLimit, monthlyLimit, key, month } = call
  if (
    organisationLimit !== undefined &&
    (await readOrganisationUsed(tx, month)) >= organisationLimit
  )
    throw new ClaimRejected()
  if (monthlyLimit !== undefined && (await readUsed(tx, key, month)) >= monthlyLimit)
    throw new ClaimRejected()
}

/** Other pauses only space attempts out: robots with the same token need not wait for each other's failures. */
const BINDING_PAUSE = `pauses WHERE scope IN LIST($1, TEXT) AND until > $2 AND reason IN ('by_hand', 'throttled')`

async function countCall(tx: Tx, call: CallClaim, now: Date): Promise<number> {
  const { key, until, month } = call
  const id = await insertRow(tx, 'calls', { key, at: tx.ms(now), until: tx.ms(until), month })
  await tx.run(
    `INSERT INTO monthly_usage AS u (month, key, calls) VALUES ($1, $2, 1)
     ON CONFLICT (month, key) DO UPDATE SET calls = u.calls + 1`,
    [month, key],
  )
  return id
}

interface ClaimableRow {
  id: number
  level: Level
  fingerprint: string
  previous: number
  message: number | null
}

/** Takes the given alerts; rejects unless each of them waits unblocked, or is in the message already. */
async function claimById(
  tx: Tx,
  { queue, channel }: QueuePlace,
  { id, ids }: { id: number; ids: readonly number[] },
): Promise<void> {
  const place = { queue, channel }
  const blocked = await readBlocked(tx, place, id)
  const watermarks = await readWatermarks(tx, place)
  const rows = await tx.all<ClaimableRow>(
    `SELECT a.id, d.level, a.fingerprint, a.previous, d.message FROM alerts a CROSS JOIN deliveries d
     WHERE a.id IN LIST($3, BIGINT)
       AND d.queue = $1 AND d.channel = $2 AND d.level = a.level AND d.alert = a.id AND a.channel = $2`,
    [queue, channel, ids],
  )
  const waiting = rows.filter(
    (row) =>
      row.message === id ||
      ((row.message === 0 || (row.message === null && row.id > (watermarks.get(row.level) ?? 0))) &&
        !isBlocked(row, blocked)),
  )
  if (waiting.length === 0 || waiting.length < ids.length) throw new ClaimRejected()
  for (const [level, taken] of Map.groupBy(waiting, (row) => row.level)) {
    const alerts = taken.map((row) => row.id)
    await tx.run(
      `UPDATE deliveries SET message = $1
       WHERE queue = $2 AND channel = $3 AND level = $4 AND alert IN LIST($5, BIGINT)`,
      [id, queue, channel, level, alerts],
    )
    await advanceWatermark(tx, { ...place, level, upTo: watermarks.get(level) ?? 0 }, alerts)
  }
}

/** Takes all unblocked alerts up to the id `upTo`; rejects unless their number matches the tally. */
async function claimUpTo(
  tx: Tx,
  { queue, channel }: QueuePlace,
  { id, upTo, count }: { id: number; upTo: number; count: number },
): Promise<void> {
  const place = { queue, channel }
  const blocked = await readBlocked(tx, place, id)
  // `blocked.after` can describe only one open digest, so there must not be two.
  if (blocked.after !== undefined) throw new ClaimRejected()
  const watermarks = await readWatermarks(tx, place)
  let taken = await tx.run(
    `UPDATE deliveries SET message = $1 WHERE message = 0 AND queue = $2 AND channel = $3 AND alert <= $4
       AND EXISTS (SELECT 1 FROM alerts a WHERE a.id = deliveries.alert ${unblocked(5)})`,
    [id, queue, channel, upTo, ...blockedValues(blocked)],
  )
  if (blocked.fingerprints.length > 0) await skipBlocked(tx, place, { upTo, blocked, watermarks })
  taken += await claimRanges(tx, place, { id, upTo, watermarks })
  if (taken !== count || count === 0) throw new ClaimRejected()
  await tx.run(
    'UPDATE watermarks SET up_to = GREATEST(up_to, $3) WHERE queue = $1 AND channel = $2',
    [queue, channel, upTo],
  )
}

/** Takes all deliveries from the watermarks to `upTo`, as one range for each level. Returns their number. */
async function claimRanges(
  tx: Tx,
  { queue, channel }: QueuePlace,
  { id, upTo, watermarks }: { id: number; upTo: number; watermarks: ReadonlyMap<Level, number> },
): Promise<number> {
  const ranges: SqlRow[] = []
  let taken = 0
  for (const [level, watermark] of watermarks) {
    if (watermark >= upTo) continue
    // One query for each level: with a join, PostgreSQL might read the whole history of the queue.
    const range = await tx.get<{ n: number; first: number | null }>(
      `SELECT COUNT(*) AS n, MIN(alert) AS first FROM deliveries WHERE ${IN_RANGE}`,
      [queue, channel, level, watermark, upTo],
    )
    if (range?.first == null) continue
    taken += range.n
    ranges.push([queue, channel, level, upTo, range.first - 1, id])
  }
  await tx.insert('delivery_ranges', RANGE_COLUMNS, ranges)
  return taken
}

/** Marks blocked alerts within the range as waiting, so that the digest does not take them. */
async function skipBlocked(
  tx: Tx,
  { queue, channel }: QueuePlace,
  {
    upTo,
    blocked,
    watermarks,
  }: { upTo: number; blocked: Blocked; watermarks: ReadonlyMap<Level, number> },
): Promise<void> {
  for (const [level, watermark] of watermarks)
    if (watermark < upTo)
      await tx.run(
        `UPDATE deliveries SET message = 0 WHERE ${IN_RANGE}
           AND EXISTS (SELECT 1 FROM alerts a WHERE a.id = deliveries.alert AND a.fingerprint IN LIST($6, TEXT))`,
        [queue, channel, level, watermark, upTo, blocked.fingerprints],
      )
}
