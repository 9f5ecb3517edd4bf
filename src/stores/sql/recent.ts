import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { AcceptRequest } from '../incoming.ts'
import type { Tx } from '../tx.ts'
import type { QueuePlace } from './deliveries.ts'

/** What was last let through for one group of one aggregation group, as rows have it: instants in milliseconds. */
export interface LastEntry {
  alert: number
  status: Status
  level: Level
  fingerprint: string
  startsAt: number | null
  /** When an alert was last let through, by status. */
  firingAt: number | null
  resolvedAt: number | null
  /** Repeats that were suppressed since then. */
  repeats: number
}

/** What an accept compares with: the requests and alerts of the last time. One session for each batch of requests. */
export interface Recent {
  begin(tx: Tx, requests: readonly AcceptRequest[]): Promise<RecentSession>
}

/** What is set counts from then on, unless the transaction is rolled back. */
export interface RecentSession {
  /** When a request with this key was last accepted. */
  requestedAt(key: string): number | undefined
  setRequested(key: string, at: number): void
  /** Reads what was last let through, by id, so that `last` finds it. */
  load(ids: ReadonlySet<number>): Promise<void>
  /** Undefined where nothing is known, as for most alerts. */
  last(queue: string, channel: string, group: string): LastEntry | undefined
  /** The id of that alert, also after its row was pruned; 0 where nothing is known. */
  lastId(queue: string, channel: string, group: string): number
  setLast(queue: string, channel: string, group: string, entry: LastEntry): void
  /** Writes what was set. */
  save(): Promise<void>
}

/** The same for verbs other than accept, of groups of one queue and channel. */
export interface LastNotifiedLog {
  lastOf(
    tx: Tx,
    place: QueuePlace,
    groups: readonly string[],
  ): Promise<ReadonlyMap<string, LastEntry>>
  /** Counts for as long as the transaction is not rolled back. */
  setLast(tx: Tx, place: QueuePlace, entries: ReadonlyMap<string, LastEntry>): Promise<void>
}
