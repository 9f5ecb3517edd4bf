import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { Tx } from '../tx.ts'
import type { LastEntry } from './recent.ts'

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

export interface GroupKey {
  queue: string
  channel: string
  group: string
}

type Known = Pick<LastEntry, 'alert' | 'repeats'> & Partial<LastEntry>

/** Holds the last entry of each group while stored alerts are replayed. */
export interface LastEntries<Entry extends Known> {
  get(group: GroupKey): Entry | undefined
  set(group: GroupKey, entry: Entry | LastEntry): void
}

/** Replays the newest `limit` alerts in the order of their ids, so that `entries` has the last entry of each group. */
export async function restoreLast<Entry extends Known>(
  tx: Tx,
  entries: LastEntries<Entry>,
  limit: number,
): Promise<void> {
  const newest = await tx.get<{ id: number | null }>('SELECT MAX(id) AS id FROM alerts')
  const queuesOf = Map.groupBy(
    await tx.all<{ queue: string; channel: string }>(
      'SELECT DISTINCT queue, channel FROM watermarks',
    ),
    ({ channel }) => channel,
  )
  for (let after = Math.max(0, (newest?.id ?? 0) - limit); ; ) {
    const ids = await tx.all<{ id: number }>(
      `SELECT id FROM alerts WHERE id > $1 ORDER BY id LIMIT ${PAGE_SIZE}`,
      [after],
    )
    const last = ids.at(-1)?.id
    if (last === undefined) return
    for (const row of await readRows(tx, after, last))
      replay(
        entries,
        row,
        (queuesOf.get(row.channel) ?? []).map(({ queue }) => queue),
      )
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

function replay<Entry extends Known>(
  entries: LastEntries<Entry>,
  row: Row,
  queues: readonly string[],
): void {
  const { id: alert, channel, grp: group, status, level, fingerprint, received_at: at } = row
  const isFiring = status === 'firing'
  const isSuppressed = row.final_state === 'suppressed' && row.reason !== 'resolved_off'
  // A muted firing, the first or after a recovery, becomes the last entry, although it was not sent.
  const isMuted =
    isSuppressed && row.reason === 'muted' && isFiring && row.previous_status !== 'firing'
  // An alert that is dead without a message had entered every queue. If its delivery was pruned, its queue is unknown.
  const through = row.queue === null ? (row.final_state === null ? [] : queues) : [row.queue]
  for (const queue of isSuppressed ? queues : through) {
    const key = { queue, channel, group }
    const last = entries.get(key)
    if (!isSuppressed || isMuted)
      entries.set(key, {
        ...{ alert, status, level, fingerprint, startsAt: row.starts_at, repeats: 0 },
        firingAt: !isFiring ? (last?.firingAt ?? null) : isMuted ? null : at,
        resolvedAt: isFiring ? (last?.resolvedAt ?? null) : at,
      })
    else if (last !== undefined) entries.set(key, { ...last, repeats: last.repeats + 1 })
  }
}

/** Calls `set` for the newest `limit` requests of the `sinceMs` milliseconds before the newest one, oldest first. */
export async function restoreRequests(
  tx: Tx,
  set: (key: string, at: number) => void,
  { sinceMs, limit }: { sinceMs: number; limit: number },
): Promise<void> {
  const newest = await tx.get<{ at: number | null }>('SELECT MAX(received_at) AS at FROM payloads')
  const rows = await tx.all<{ key: string; at: number }>(
    `SELECT key, received_at AS at FROM payloads WHERE received_at >= $1 ORDER BY id DESC LIMIT $2`,
    [(newest?.at ?? 0) - sinceMs, limit],
  )
  for (const { key, at } of rows.reverse()) set(key, at)
}
