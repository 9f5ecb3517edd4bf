import type { Home, Rehomed } from '../store.ts'
import type { Tx } from './database.ts'
import { queueTurn, takeTurns } from './rows.ts'

/** Rows that one call of prune takes of each table at most, so that it never holds up accepting for long. */
const AT_ONCE = 5_000
const KEEP_CALLS_MS = 25 * 3_600_000
const KEEP_REQUESTS_MS = 3_600_000

const REMOVED = 'its channel or robot was removed from the configuration'

interface Lost {
  queue: string
  channel: string
}

export async function rehome(tx: Tx, homes: readonly Home[]): Promise<Rehomed> {
  const total: Rehomed = { moved: 0, dead: [] }
  const open = await tx.all<Lost>(
    `SELECT queue, channel FROM tellings WHERE message IS NULL UNION
     SELECT queue, channel FROM messages WHERE state IN ('pending', 'sending') ORDER BY queue, channel`,
  )
  const homesOf = ({ channel }: Lost): readonly string[] =>
    homes.find((home) => home.channel === channel)?.queues ?? []
  const lost = open.filter((each) => !homesOf(each).includes(each.queue))
  if (lost.length === 0) return total
  const names = lost.flatMap((each) => [each.queue, ...homesOf(each)])
  await takeTurns(tx, names.map(queueTurn))
  for (const { queue, channel } of lost) {
    // A message was made for its robot: its alerts are told anew, in the queues that remain.
    await tx.run(
      `UPDATE tellings SET message = NULL WHERE message IN (SELECT id FROM messages
         WHERE queue = $1 AND channel = $2 AND state IN ('pending', 'sending'))`,
      queue,
      channel,
    )
    await tx.run(
      `UPDATE messages SET state = 'dead', reason = $3, due_at = NULL, call = NULL
       WHERE queue = $1 AND channel = $2 AND state IN ('pending', 'sending')`,
      queue,
      channel,
      REMOVED,
    )
    const queues = homesOf({ queue, channel })
    if (queues.length > 0) total.moved += await move(tx, { queue, channel, queues })
    else total.dead.push({ channel, count: await bury(tx, { queue, channel }) })
  }
  return total
}

const LEAVE = 'DELETE FROM tellings WHERE message IS NULL AND queue = $1 AND channel = $2'

async function move(
  tx: Tx,
  { queue, channel, queues }: Lost & { queues: readonly string[] },
): Promise<number> {
  await tx.run(
    `INSERT INTO tellings (alert, queue, channel, level, fingerprint)
     SELECT t.alert, n.queue, t.channel, t.level, t.fingerprint
     FROM tellings t CROSS JOIN unnest($3::text[]) AS n (queue)
     WHERE t.message IS NULL AND t.queue = $1 AND t.channel = $2 ON CONFLICT (alert, queue) DO NOTHING`,
    queue,
    channel,
    queues,
  )
  return tx.run(LEAVE, queue, channel)
}

async function bury(tx: Tx, { queue, channel }: Lost): Promise<number> {
  const dead = await tx.run(
    `UPDATE alerts SET fate = 'dead', reason = $3 WHERE fate IS NULL AND id IN
       (SELECT alert FROM tellings WHERE message IS NULL AND queue = $1 AND channel = $2)`,
    queue,
    channel,
    REMOVED,
  )
  await tx.run(LEAVE, queue, channel)
  return dead
}

/** Replicas prune in turn; rows that an accept holds are left for the next time. */
export async function prune(
  tx: Tx,
  before: Date,
  now: Date,
): Promise<{ messages: number; alerts: number }> {
  await takeTurns(tx, ['prune'])
  const limit = tx.ms(before)
  const messages = await tx.all<{ id: number }>(
    `DELETE FROM messages WHERE state IN ('sent', 'dead') AND id = ANY(ARRAY(
       SELECT id FROM messages WHERE state IN ('sent', 'dead') AND created_at < $1 ORDER BY id LIMIT $2
       FOR UPDATE SKIP LOCKED)) RETURNING id`,
    limit,
    AT_ONCE,
  )
  if (messages.length > 0)
    await tx.run(
      'DELETE FROM attempts WHERE message = ANY($1::bigint[])',
      messages.map((row) => row.id),
    )
  const alerts = await tx.all<{ id: number }>(
    `SELECT a.id FROM payloads p JOIN alerts a ON a.payload = p.id WHERE p.received_at < $1
     AND NOT EXISTS (SELECT 1 FROM tellings t LEFT JOIN messages m ON m.id = t.message
       WHERE t.alert = a.id AND (t.message IS NULL OR m.id IS NOT NULL))
     ORDER BY p.received_at LIMIT $2`,
    limit,
    AT_ONCE,
  )
  if (alerts.length > 0) {
    const ids = alerts.map((row) => row.id)
    await tx.run('DELETE FROM tellings WHERE alert = ANY($1::bigint[])', ids)
    await tx.run('DELETE FROM alerts WHERE id = ANY($1::bigint[])', ids)
  }
  await tx.run(
    `DELETE FROM payloads WHERE id = ANY(ARRAY(SELECT p.id FROM payloads p WHERE p.received_at < $1
       AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.payload = p.id) LIMIT $2))`,
    limit,
    AT_ONCE,
  )
  await tx.run(
    `DELETE FROM requests WHERE key = ANY(ARRAY(
       SELECT key FROM requests WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    tx.ms(now) - KEEP_REQUESTS_MS,
    AT_ONCE,
  )
  await tx.run('DELETE FROM calls WHERE until < $1', tx.ms(now) - KEEP_CALLS_MS)
  await tx.run(
    `DELETE FROM passed USING (SELECT channel, grp FROM passed WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED) old
     WHERE passed.channel = old.channel AND passed.grp = old.grp`,
    limit,
    AT_ONCE,
  )
  return { messages: messages.length, alerts: alerts.length }
}
