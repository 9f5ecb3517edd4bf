import type { Level } from '../../model/level.ts'
import type { QueuePlace } from '../queries.ts'
import type { Tx } from '../tx.ts'
import {
  hasDelivery,
  LEVELS_IN_ORDER,
  MESSAGE_OF,
  readBlocked,
  readWatermarks,
} from './deliveries.ts'
import type { Recent } from './recent.ts'
import { readColumn } from './rows.ts'
import { columnsOf } from './schema.ts'

const WATERMARK_COLUMNS = columnsOf('watermarks')
const DELIVERY_COLUMNS = columnsOf('deliveries')

/** A waiting delivery. */
export interface WaitingDelivery {
  alert: number
  level: Level
}

/** Waiting deliveries of a place, including blocked ones. */
export async function readWaiting(
  tx: Tx,
  place: QueuePlace,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<WaitingDelivery[]> {
  const { queue, channel } = place
  const watermarks = await readWatermarks(tx, place)
  let waiting = await tx.all<WaitingDelivery>(
    `SELECT alert, level FROM deliveries WHERE message = 0 AND queue = $1 AND channel = $2 ORDER BY alert LIMIT $3`,
    [queue, channel, limit],
  )
  for (const level of LEVELS_IN_ORDER) {
    const upTo = watermarks.get(level)
    if (upTo === undefined || waiting.length >= limit) continue
    // `push(...)` with hundreds of thousands of arguments would overflow the stack.
    waiting = waiting.concat(
      await tx.all<WaitingDelivery>(
        `SELECT alert, level FROM deliveries
         WHERE queue = $1 AND channel = $2 AND level = $3 AND alert > $4 AND message IS NULL ORDER BY alert LIMIT $5`,
        [queue, channel, level, upTo, limit],
      ),
    )
  }
  return waiting
}

export async function removeFromQueue(
  tx: Tx,
  { queue, channel }: QueuePlace,
  waiting: readonly WaitingDelivery[],
): Promise<void> {
  await tx.run(
    `DELETE FROM deliveries WHERE queue = $1 AND channel = $2 AND level IN (${LEVELS_IN_ORDER})
       AND alert IN LIST($3, BIGINT)`,
    [queue, channel, waiting.map(({ alert }) => alert)],
  )
}

/**
 * Adds alerts to another queue. Leaves out those that it already contains, and those that are overtaken there: a later
 * alert with the same fingerprint is sent, or in an open message. Returns the overtaken ones.
 */
export async function addToQueue(
  tx: Tx,
  to: QueuePlace,
  waiting: readonly WaitingDelivery[],
): Promise<ReadonlySet<number>> {
  const { queue, channel } = to
  const overtaken = await linkAndFindOvertaken(tx, to, waiting)
  const moved = waiting.filter(({ alert }) => !overtaken.has(alert))
  const levels = [...new Set(moved.map(({ level }) => level))]
  const watermarks = levels.map((level) => [queue, channel, level, 0])
  const deliveries = moved.map(({ alert, level }) => [queue, channel, level, alert, 0])
  await tx.insert('watermarks', WATERMARK_COLUMNS, watermarks, 'ON CONFLICT DO NOTHING')
  await tx.insert('deliveries', DELIVERY_COLUMNS, deliveries, 'ON CONFLICT DO NOTHING')
  return overtaken
}

/** An alert and its fingerprint, by which later alerts about it are found. */
interface Fingerprinted {
  id: number
  fingerprint: string
}

function byFingerprint(rows: readonly Fingerprinted[]): Map<string, Fingerprinted[]> {
  return Map.groupBy(rows, ({ fingerprint }) => fingerprint)
}

/**
 * Returns the alerts that are overtaken in the target queue. Updates the predecessors of the others, and of the alerts
 * that wait there.
 */
async function linkAndFindOvertaken(
  tx: Tx,
  to: QueuePlace,
  waiting: readonly WaitingDelivery[],
): Promise<ReadonlySet<number>> {
  const rows = await readFingerprints(tx, waiting)
  // An open digest blocks alerts by their predecessor, so its alerts are predecessors too.
  const { after = Number.MAX_SAFE_INTEGER } = await readBlocked(tx, to)
  const oldest = rows.reduce((least, { id }) => Math.min(least, id), after)
  const taken = byFingerprint(await readClaimed(tx, to, oldest))
  const isOvertaken = ({ id, fingerprint }: Fingerprinted): boolean =>
    taken.get(fingerprint)?.some((each) => each.id > id) === true
  const moved = byFingerprint(rows.filter((row) => !isOvertaken(row)))
  const waitingThere = byFingerprint(await readFingerprints(tx, await readWaiting(tx, to)))
  for (const [fingerprint, sameAlert] of moved)
    await linkPredecessors(tx, taken.get(fingerprint) ?? [], [
      ...sameAlert,
      ...(waitingThere.get(fingerprint) ?? []),
    ])
  return new Set(rows.filter(isOvertaken).map(({ id }) => id))
}

/** Links alerts with the same fingerprint: the predecessor of each waiting one is at least the alert before it. */
async function linkPredecessors(
  tx: Tx,
  taken: readonly Fingerprinted[],
  waiting: readonly Fingerprinted[],
): Promise<void> {
  const ids = new Set(waiting.map(({ id }) => id))
  const all = new Set([...taken.map(({ id }) => id), ...ids])
  let previous = 0
  for (const id of [...all].sort((a, b) => a - b)) {
    if (previous > 0 && ids.has(id))
      await tx.run('UPDATE alerts SET previous = GREATEST(previous, $2) WHERE id = $1', [
        id,
        previous,
      ])
    previous = id
  }
}

function readFingerprints(tx: Tx, waiting: readonly WaitingDelivery[]): Promise<Fingerprinted[]> {
  return tx.all('SELECT id, fingerprint FROM alerts WHERE id IN LIST($1, BIGINT)', [
    waiting.map(({ alert }) => alert),
  ])
}

/** Reads alerts with higher ids that are sent or in open messages. */
function readClaimed(
  tx: Tx,
  { queue, channel }: QueuePlace,
  above: number,
): Promise<Fingerprinted[]> {
  return tx.all(
    `SELECT a.id, a.fingerprint FROM deliveries d CROSS JOIN alerts a
     WHERE d.queue = $1 AND d.channel = $2 AND d.level IN (${LEVELS_IN_ORDER}) AND d.alert > $3 AND a.id = d.alert
       AND EXISTS (SELECT 1 FROM messages m WHERE m.id = ${MESSAGE_OF} AND m.state <> 'dead')`,
    [queue, channel, above],
  )
}

/** Copies the last entries of moved alerts to the new queue, so that repeats are aggregated there. */
export async function copyLastEntries(
  tx: Tx,
  { from, to, recent }: { from: QueuePlace; to: QueuePlace; recent: Recent },
  alerts: readonly number[],
): Promise<void> {
  const groups = await readColumn<string>(
    tx,
    'SELECT DISTINCT COALESCE(grp, fingerprint) FROM alerts WHERE id IN LIST($1, BIGINT)',
    [alerts],
  )
  const existing = await recent.readLast(tx, to, groups)
  const moved = new Set(alerts)
  const last = [...(await recent.readLast(tx, from, groups))].filter(
    ([group, { alert }]) => moved.has(alert) && alert > (existing.get(group)?.alert ?? 0),
  )
  await recent.setLast(tx, to, new Map(last))
}

/** Gives a final state to those of the alerts that are in no queue any more. Returns their number. */
export async function setFinalState(
  tx: Tx,
  alerts: readonly number[],
  end: { state: 'dead' | 'suppressed'; reason: string },
): Promise<number> {
  return tx.run(
    `UPDATE alerts SET final_state = $2, reason = $3 WHERE id IN LIST($1, BIGINT) AND final_state IS NULL
       AND NOT ${hasDelivery('alerts')}`,
    [alerts, end.state, end.reason],
  )
}
