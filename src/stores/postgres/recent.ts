import type { AcceptRequest } from '../incoming.ts'
import { changeKeyOf, type GroupKey, type LastEntry, type Recent } from '../sql/recent.ts'
import type { Columns, Tx } from '../tx.ts'
import { withoutNul } from './database.ts'

type Row = GroupKey & LastEntry

/** The columns of the notification log with the names of Row. */
const COLUMNS = `queue, channel, grp AS "group", alert, status, level, fingerprint, starts_at AS "startsAt",
  firing_at AS "firingAt", resolved_at AS "resolvedAt", repeats`

const KEY: Columns = { queue: 'TEXT', channel: 'TEXT', grp: 'TEXT' }
const VALUES: Columns = {
  alert: 'BIGINT',
  status: 'TEXT',
  level: 'SMALLINT',
  fingerprint: 'TEXT',
  starts_at: 'BIGINT',
  firing_at: 'BIGINT',
  resolved_at: 'BIGINT',
  repeats: 'INTEGER',
  at: 'BIGINT',
}

/**
 * Keeps recent requests and alerts in tables. An accept locks its rows, so that replicas that accept the same alert at
 * once decide one after the other. `alert` is 0 until one is let through.
 */
export const postgresRecent: Recent = {
  async begin(tx, requests) {
    const requested = await lockRequests(tx, requests)
    const lastByKey = await lockLast(tx, requests)
    await readChanges(tx, requests, requested)
    const newRequests = new Set<string>()
    const newLast = new Set<string>()
    return {
      requestedAt: (key) => requested.get(withoutNul(key)),
      setRequested(key, at) {
        requested.set(withoutNul(key), at)
        newRequests.add(withoutNul(key))
      },
      // Locking the rows has already read them.
      load: async () => undefined,
      last: (queue, channel, group) => lastByKey.get(keyOf(queue, channel, group)),
      lastId: (queue, channel, group) => lastByKey.get(keyOf(queue, channel, group))?.alert ?? 0,
      setLast(queue, channel, group, entry) {
        const key = keyOf(queue, channel, group)
        lastByKey.set(key, { ...entry, queue, channel, group })
        newLast.add(key)
      },
      async save() {
        await tx.insert(
          'request_keys',
          { key: 'TEXT', at: 'BIGINT' },
          [...newRequests].sort().map((key) => [key, requested.get(key) ?? 0]),
          'ON CONFLICT (key) DO UPDATE SET at = excluded.at',
        )
        await insertLast(
          tx,
          [...newLast].map((key) => lastByKey.get(key) as Row),
        )
      },
    }
  },
  async readLast(tx, { queue, channel }, groups) {
    const rows = await tx.all<Row>(
      // OFFSET 0 forces a key lookup for each group; for thousands of groups the planner would scan the queue.
      `SELECT l.* FROM unnest($3::text[]) AS n (grp) CROSS JOIN LATERAL (
         SELECT ${COLUMNS} FROM notification_log WHERE queue = $1 AND channel = $2 AND grp = n.grp OFFSET 0) AS l
       WHERE l.alert <> 0`,
      [queue, channel, groups],
    )
    return new Map(rows.map((row) => [row.group, row]))
  },
  setLast: (tx, place, entries) =>
    insertLast(
      tx,
      [...entries].map(([group, entry]) => ({ ...entry, ...place, group })),
    ),
}

/** Inserts or replaces last entries. */
export async function insertLast(tx: Tx, entries: readonly Row[]): Promise<void> {
  const set = Object.keys(VALUES).map((column) => `${column} = excluded.${column}`)
  await tx.insert(
    'notification_log',
    { ...KEY, ...VALUES },
    entries.map((last) => [
      last.queue,
      last.channel,
      last.group,
      last.alert,
      last.status,
      last.level,
      last.fingerprint,
      last.startsAt,
      last.firingAt,
      last.resolvedAt,
      last.repeats,
      Math.max(last.firingAt ?? 0, last.resolvedAt ?? 0),
    ]),
    `ON CONFLICT (queue, channel, grp) DO UPDATE SET ${set.join(', ')}`,
  )
}

/** Locks the keys' rows and reads them: a second insert of a key waits for the first one's commit. */
async function lockRequests(
  tx: Tx,
  requests: readonly AcceptRequest[],
): Promise<Map<string, number>> {
  const keys = [...new Set(requests.map(({ key }) => withoutNul(key)))].sort()
  const rows = await tx.all<{ key: string; at: number }>(
    `INSERT INTO request_keys AS r (key, at) SELECT key, 0 FROM unnest($1::text[]) AS n (key)
     ON CONFLICT (key) DO UPDATE SET at = r.at RETURNING key, at`,
    [keys],
  )
  return new Map(rows.flatMap(({ key, at }) => (at === 0 ? [] : [[key, at]])))
}

/**
 * Adds when the groups of repeated requests last changed. These rows need no lock, since only an accept that has locked
 * the group writes them.
 */
async function readChanges(
  tx: Tx,
  requests: readonly AcceptRequest[],
  requested: Map<string, number>,
): Promise<void> {
  const repeated = requests.filter(({ key }) => requested.has(withoutNul(key)))
  const keys = repeated.flatMap(({ alerts }) => alerts.flatMap((each) => changeKeyOf(each) ?? []))
  if (keys.length === 0) return
  const rows = await tx.all<{ key: string; at: number }>(
    'SELECT key, at FROM request_keys WHERE key IN LIST($1, TEXT)',
    [[...new Set(keys.map(withoutNul))]],
  )
  for (const { key, at } of rows) requested.set(key, at)
}

async function lockLast(tx: Tx, requests: readonly AcceptRequest[]): Promise<Map<string, Row>> {
  const keys = new Map<string, [string, string, string]>()
  for (const { alerts } of requests)
    for (const { queues, channel, group } of alerts)
      for (const queue of queues) keys.set(keyOf(queue, channel, group), [queue, channel, group])
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key)
  const rows = await tx.all<Row>(
    `INSERT INTO notification_log AS l (queue, channel, grp, alert, status, level, fingerprint, repeats, at)
     SELECT queue, channel, grp, 0, '', 3, '', 0, 0 FROM unnest($1::text[], $2::text[], $3::text[]) AS n (queue, channel, grp)
     ON CONFLICT (queue, channel, grp) DO UPDATE SET alert = l.alert RETURNING ${COLUMNS}`,
    [0, 1, 2].map((index) => sorted.map((key) => key[index] as string)),
  )
  const known = rows.filter(({ alert }) => alert !== 0)
  return new Map(known.map((row) => [keyOf(row.queue, row.channel, row.group), row]))
}

/** Deletes old keys, and old entries whose alert was pruned. Skips rows that an accept has locked. */
export async function pruneRecent(
  tx: Tx,
  { before, requests, limit }: { before: number; requests: number; limit: number },
): Promise<void> {
  await tx.run(
    `DELETE FROM request_keys WHERE key IN (
       SELECT key FROM request_keys WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [requests, limit],
  )
  await tx.run(
    `DELETE FROM notification_log WHERE (queue, channel, grp) IN (
       SELECT queue, channel, grp FROM notification_log l WHERE at < $1
         AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.id = l.alert) LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [before, limit],
  )
}

function keyOf(queue: string, channel: string, group: string): string {
  return `${queue}\n${channel}\n${withoutNul(group)}`
}
