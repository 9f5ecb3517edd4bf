import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { QueuePlace } from '../queries.ts'
import type { Tx } from '../tx.ts'
import { readNewestAlert, readPlaces } from './deliveries.ts'
import { entryAfter, type GroupKey, type LastEntry } from './recent.ts'
import { readColumn, readValue } from './rows.ts'

const PAGE_SIZE = 2_000

interface Row {
  id: number
  channel: string
  grp: string
  status: Status
  level: Level
  fingerprint: string
  starts_at: number | null
  received_at: number
  final_state: string | null
  reason: string | null
  /** NULL if no queue contains the alert. */
  queue: string | null
  /** For a muted alert, the status of the alert before it. */
  previous_status: Status | null
}

/** An entry during the replay. A driver may keep only its alert and its repeats. */
export type ReplayedEntry = Pick<LastEntry, 'alert' | 'repeats'> & Partial<LastEntry>

/** Holds the last entry of each group while stored alerts are replayed. */
export interface LastEntries {
  get(group: GroupKey): ReplayedEntry | undefined
  set(group: GroupKey, entry: ReplayedEntry): void
}

/** Replays the newest `limit` alerts in the order of their ids, so that `entries` has the last entry of each group. */
export async function restoreLast(tx: Tx, entries: LastEntries, limit: number): Promise<void> {
  const queuesOf = Map.groupBy(await readPlaces(tx), ({ channel }) => channel)
  for (let after = Math.max(0, (await readNewestAlert(tx)) - limit); ; ) {
    const ids = await readColumn<number>(
      tx,
      `SELECT id FROM alerts WHERE id > $1 ORDER BY id LIMIT ${PAGE_SIZE}`,
      [after],
    )
    const last = ids.at(-1)
    if (last === undefined) return
    for (const row of await readRows(tx, after, last))
      replay(entries, row, queuesOf.get(row.channel) ?? [])
    if (ids.length < PAGE_SIZE) return
    after = last
  }
}

function readRows(tx: Tx, after: number, last: number): Promise<Row[]> {
  return tx.all<Row>(
    `SELECT a.id, a.channel, COALESCE(a.grp, a.fingerprint) AS grp, a.status, a.level, a.fingerprint, a.starts_at,
       p.received_at, a.final_state, a.reason, d.queue, b.status AS previous_status
     FROM alerts a JOIN payloads p ON p.id = a.payload
       LEFT JOIN alerts b ON b.id = a.previous AND a.reason = 'muted'
       LEFT JOIN watermarks w ON w.channel = a.channel AND w.level = a.level AND a.final_state IS NULL
       LEFT JOIN deliveries d ON d.queue = w.queue AND d.channel = w.channel AND d.level = w.level AND d.alert = a.id
     WHERE a.id > $1 AND a.id <= $2 ORDER BY a.id`,
    [after, last],
  )
}

/** Updates the entries of an alert's group as its accept did. `places` are those of its channel. */
function replay(entries: LastEntries, row: Row, places: readonly QueuePlace[]): void {
  const { id: alert, channel, grp: group, status, level, fingerprint, starts_at: startsAt } = row
  const isSuppressed = row.final_state === 'suppressed' && row.reason !== 'resolved_off'
  const isMuted =
    isSuppressed &&
    row.reason === 'muted' &&
    status === 'firing' &&
    row.previous_status !== 'firing'
  // An alert with a final state has no delivery. Its accept updated the entry of every queue: a suppressed alert as a
  // repeat, a dead one as the new entry. Without a final state the delivery was pruned, and the queue is unknown.
  const queues = row.queue === null && row.final_state !== null ? places : [row]
  for (const { queue } of queues) {
    if (queue === null) continue
    const key = { queue, channel, group }
    const last = entries.get(key)
    const entry = { alert, status, level, fingerprint, startsAt }
    if (!isSuppressed || isMuted)
      entries.set(key, entryAfter(last, entry, { at: row.received_at, isMuted }))
    else if (last !== undefined) entries.set(key, { ...last, repeats: last.repeats + 1 })
  }
}

/** Calls `set` for the newest `limit` requests of the `sinceMs` milliseconds before the newest one, oldest first. */
export async function restoreRequests(
  tx: Tx,
  set: (key: string, at: number) => void,
  { sinceMs, limit }: { sinceMs: number; limit: number },
): Promise<void> {
  const newest = await readValue<number>(tx, 'SELECT MAX(received_at) FROM payloads')
  const rows = await tx.all<{ key: string; at: number }>(
    `SELECT key, received_at AS at FROM payloads WHERE received_at >= $1 ORDER BY id DESC LIMIT $2`,
    [(newest ?? 0) - sinceMs, limit],
  )
  for (const { key, at } of rows.reverse()) set(key, at)
}
