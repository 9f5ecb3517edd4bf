import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { AcceptRequest } from '../store.ts'
import type { Tx } from '../tx.ts'
import type { Place } from './deliveries.ts'

/** What was last let through for one group of one aggregation group, as rows have it: instants in milliseconds. */
export interface LastEntry {
  alert: number
  status: Status
  level: Level
  fingerprint: string
  startsAt: number | null
  firingAt: number | null
  resolvedAt: number | null
  /** Repeats that were suppressed since then. */
  repeats: number
}

/** What an accept compares with: the requests and alerts of the last time. One session for each batch of requests. */
export interface Recent {
  begin(tx: Tx, requests: readonly AcceptRequest[]): Promise<RecentSession>
}

export interface RecentSession {
  /** When a request with this key was last accepted. */
  requestedAt(key: string): number | undefined
  setRequested(key: string, at: number): void
  last(queue: string, channel: string, group: string): LastEntry | undefined
  setLast(queue: string, channel: string, group: string, entry: LastEntry): void
  /** Keeps what was set, for as long as the transaction is not rolled back. */
  save(): Promise<void>
}

/** The same for verbs other than accept, of groups of one queue and channel. */
export interface LastNotifiedLog {
  lastOf(tx: Tx, place: Place, groups: readonly string[]): Promise<ReadonlyMap<string, LastEntry>>
  /** Counts for as long as the transaction is not rolled back. */
  setLast(tx: Tx, place: Place, entries: ReadonlyMap<string, LastEntry>): Promise<void>
}
