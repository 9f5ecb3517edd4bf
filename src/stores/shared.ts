import type { ReadableFile } from './sqlite/file-mode.ts'

/** What a store that several processes share can do besides. */
export interface Shared {
  /** The listener is told the queues in which another process has put something; `all` when that may have been missed. */
  onWake(listener: WakeListener): void
  /** Extends an owner's leases of these robots, as far as it still has them, so that it keeps them in quiet times. */
  renew(renewal: Renewal): Promise<void>
}

export interface Renewal {
  owner: string
  robots: readonly string[]
  now: Date
  until: Date
}

export type WakeListener = (queues: readonly string[] | 'all') => void

/** What a store notices by itself. */
export type Notice =
  /** A robot changed hands; `from` is empty when nobody worked it. */
  | { kind: 'robot_taken'; robot: string; from: string; recovered: number }
  /** Processes wake each other no more, only look every few seconds; and do so again. */
  | { kind: 'line_lost' }
  | { kind: 'line_back' }
  /** The database's clock, which counts, is so far ahead of this process's. */
  | { kind: 'clock_differs'; aheadMs: number }
  | { kind: 'clock_stepped'; byMs: number }
  /** Other users of the machine may open a file of the store, and its mode could not be changed. */
  | ({ kind: 'file_readable' } & ReadableFile)
