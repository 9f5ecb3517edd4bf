import type { Tx } from '../tx.ts'
import { hasDelivery, IN_RANGE, rangeValues, readPageEnd, readRanges } from './deliveries.ts'
import { readColumn, readValue } from './rows.ts'
import { pruneSilences } from './silences.ts'

/** One call deletes at most this many alerts, payloads, and messages with their deliveries; accepts wait for it. */
const BATCH_SIZE = 5_000

/** Longer than any window: `limits.per` is at most a day. */
const CALL_RETENTION_MS = 25 * 3_600_000

export async function prune(
  tx: Tx,
  before: Date,
  now: Date,
): Promise<{ messages: number; alerts: number }> {
  await tx.lock(['prune'])
  const limit = tx.ms(before)
  const messages = await pruneMessages(tx, limit)
  const alerts = await pruneAlerts(tx, limit)
  await pruneSilences(tx, limit)
  await tx.run('DELETE FROM calls WHERE until < $1', [tx.ms(now) - CALL_RETENTION_MS])
  return { messages, alerts }
}

/**
 * SQL: when a sent or dead message ended. For a dead one this is its last attempt, else its creation, even if it became
 * dead later, with its channel.
 */
const ENDED_AT = `COALESCE(sent_at, (SELECT MAX(t.at) FROM attempts t WHERE t.message = messages.id), created_at)`

/** The condition on created_at excludes most messages without reading their attempts. */
async function pruneMessages(tx: Tx, before: number): Promise<number> {
  const messages = await readColumn<number>(
    tx,
    `SELECT id FROM messages WHERE state IN ('sent', 'dead') AND created_at < $1 AND ${ENDED_AT} < $1
     ORDER BY id LIMIT $2`,
    [before, BATCH_SIZE],
  )
  let left = BATCH_SIZE
  let pruned = 0
  for (const id of messages) {
    if (left <= 0) break
    left -= await pruneDeliveries(tx, id, left)
    if (left <= 0) break
    await tx.run('DELETE FROM attempts WHERE message = $1', [id])
    await tx.run('DELETE FROM messages WHERE id = $1', [id])
    left -= 1
    pruned += 1
  }
  return pruned
}

/** Deletes up to `limit` deliveries of a message. Returns their number. */
async function pruneDeliveries(tx: Tx, message: number, limit: number): Promise<number> {
  let deleted = await tx.run(
    `DELETE FROM deliveries WHERE (queue, channel, level, alert) IN (
       SELECT queue, channel, level, alert FROM deliveries WHERE message = $1 LIMIT $2)`,
    [message, limit],
  )
  for (const range of await readRanges(tx, message)) {
    if (deleted >= limit) return deleted
    const { queue, channel, level, up_to } = range
    const end = await readPageEnd(tx, range, { size: limit - deleted })
    const page = rangeValues({ ...range, up_to: end ?? up_to })
    deleted += await tx.run(`DELETE FROM deliveries WHERE ${IN_RANGE}`, page)
    if (end !== undefined) return limit
    await tx.run(
      'DELETE FROM delivery_ranges WHERE queue = $1 AND channel = $2 AND level = $3 AND up_to = $4',
      [queue, channel, level, up_to],
    )
  }
  return deleted
}

/** Deletes the alerts of old requests that have no delivery, then the requests without alerts. */
async function pruneAlerts(tx: Tx, before: number): Promise<number> {
  const recent = 'SELECT MIN(id) FROM payloads WHERE received_at >= $1'
  const end = (await readValue<number>(tx, recent, [before])) ?? Number.MAX_SAFE_INTEGER
  const alerts = await readColumn<number>(
    tx,
    `SELECT a.id FROM alerts a WHERE a.payload < $1 AND NOT ${hasDelivery('a')} ORDER BY a.payload LIMIT $2`,
    [end, BATCH_SIZE],
  )
  await tx.run('DELETE FROM alerts WHERE id IN LIST($1, BIGINT)', [alerts])
  await prunePayloads(tx, end)
  return alerts.length
}

async function prunePayloads(tx: Tx, end: number): Promise<void> {
  const payloads = await tx.all<{ id: number; body: number }>(
    `SELECT p.id, p.body FROM payloads p WHERE p.id < $1
       AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.payload = p.id) ORDER BY p.id LIMIT $2`,
    [end, BATCH_SIZE],
  )
  if (payloads.length === 0) return
  await tx.run('DELETE FROM payloads WHERE id IN LIST($1, BIGINT)', [payloads.map(({ id }) => id)])
  await tx.run(
    `DELETE FROM bodies WHERE id IN LIST($1, BIGINT)
       AND NOT EXISTS (SELECT 1 FROM payloads p WHERE p.body = bodies.id)`,
    [[...new Set(payloads.map(({ body }) => body))]],
  )
}
