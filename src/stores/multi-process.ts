import type { ReadableFile } from './sqlite/file-mode.ts'

/** Additional capability of a store that several processes share. */
export interface MultiProcess {
  /** Calls the listener with the queues that another process has added to; `all` when notifications may have been missed. */
  onWake(listener: WakeListener): void
}

export type WakeListener = (queues: readonly string[] | 'all') => void

/** Events that a store reports without being called. */
export type Notice =
  /**
   * This process took over a robot's lease. `from` is empty if no process held it, and this process itself if it had lost
   * the answer to a claim.
   */
  | { kind: 'lease_taken_over'; robot: string; from: string; recovered: number }
  /** The LISTEN connection broke (replicas poll meanwhile), or is back. */
  | { kind: 'notifications_lost' }
  | { kind: 'notifications_restored' }
  /** Stored instants use the database's clock, which is `aheadMs` ahead of this process's. */
  | { kind: 'clock_differs'; aheadMs: number }
  | { kind: 'clock_stepped'; byMs: number }
  /** Other users of the machine can read a store file, and its mode could not be changed. */
  | ({ kind: 'file_readable' } & ReadableFile)
