import type { ReadableFile } from './sqlite/file-mode.ts'

/** What a store that several processes share can do besides. */
export interface MultiProcess {
  /** Calls the listener with the queues in which another process has put something; `all` when that may have been missed. */
  onWake(listener: WakeListener): void
}

export type WakeListener = (queues: readonly string[] | 'all') => void

/** What a store notices by itself. */
export type Notice =
  /** A robot changed hands; `from` is empty when nobody worked it. */
  | { kind: 'lease_taken_over'; robot: string; from: string; recovered: number }
  /** LISTEN/NOTIFY lost (polling meanwhile), restored. */
  | { kind: 'notifications_lost' }
  | { kind: 'notifications_restored' }
  /** The database's clock, which counts, is so far ahead of this process's. */
  | { kind: 'clock_differs'; aheadMs: number }
  | { kind: 'clock_stepped'; byMs: number }
  /** Other users of the machine may open a file of the store, and its mode could not be changed. */
  | ({ kind: 'file_readable' } & ReadableFile)
