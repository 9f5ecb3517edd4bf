import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { AcceptRequest, IncomingAlert } from '../incoming.ts'
import type { QueuePlace } from '../queries.ts'
import type { Tx } from '../tx.ts'

/**
 * The last alert of one queue, channel and aggregation key. It was let through, suppressed by the configuration, or is
 * a muted firing that followed no entry or a recovery. Instants are as stored, in milliseconds.
 */
export interface LastEntry {
  alert: number
  status: Status
  level: Level
  fingerprint: string
  startsAt: number | null
  /** When a firing alert, and when a resolved one last became the entry. `firingAt` is null if that one was muted. */
  firingAt: number | null
  resolvedAt: number | null
  /** Repeats suppressed since this alert. */
  repeats: number
}

/** Identifies a last entry. */
export interface GroupKey extends QueuePlace {
  group: string
}

/** The part of an entry that the alert itself determines. */
type EntryAlert = Pick<LastEntry, 'alert' | 'status' | 'level' | 'fingerprint' | 'startsAt'>

/** The entry after `last` when an alert becomes it. A muted firing was not delivered, so that its `firingAt` is null. */
export function entryAfter(
  last: Partial<LastEntry> | undefined,
  { alert, status, level, fingerprint, startsAt }: EntryAlert,
  { at, isMuted }: { at: number; isMuted: boolean },
): LastEntry {
  const isFiring = status === 'firing'
  return {
    alert,
    status,
    level,
    fingerprint,
    startsAt,
    firingAt: !isFiring ? (last?.firingAt ?? null) : isMuted ? null : at,
    resolvedAt: isFiring ? (last?.resolvedAt ?? null) : at,
    repeats: 0,
  }
}

/**
 * The key under which a session keeps, beside the requests, when the status of an alert's group last changed. Undefined if
 * the group is the alert itself: its last entry has its status.
 */
export function changeKeyOf({ channel, group, fingerprint }: IncomingAlert): string | undefined {
  return group === fingerprint ? undefined : `changed\n${channel}\n${group}`
}

/** Recent requests and alerts, for deduplication and aggregation. */
export interface Recent {
  /** Opens a session for a batch of requests. */
  begin(tx: Tx, requests: readonly AcceptRequest[]): Promise<RecentSession>
  /** Reads last entries outside a session, by group. */
  readLast(
    tx: Tx,
    place: QueuePlace,
    groups: readonly string[],
  ): Promise<ReadonlyMap<string, LastEntry>>
  /** Sets last entries; this is undone when the transaction is rolled back. */
  setLast(tx: Tx, place: QueuePlace, entries: ReadonlyMap<string, LastEntry>): Promise<void>
}

export type LastEntryReader = Pick<Recent, 'readLast'>

/** The entries that one batch reads and writes. A write is visible at once, and undone with the transaction. */
export interface RecentSession {
  /** When this key was last accepted. */
  requestedAt(key: string): number | undefined
  setRequested(key: string, at: number): void
  /** Prepares `last` for these alerts. */
  load(ids: ReadonlySet<number>): Promise<void>
  /** Undefined without a predecessor, which is the common case, or if it was pruned. */
  last(queue: string, channel: string, group: string): LastEntry | undefined
  /** The id of that alert, even if it was pruned; 0 without a predecessor. */
  lastId(queue: string, channel: string, group: string): number
  setLast(queue: string, channel: string, group: string, entry: LastEntry): void
  /** Writes all changes. */
  save(): Promise<void>
}
