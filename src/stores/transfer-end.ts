import type { Database, Tx } from './tx.ts'

/** Source or target of a transfer, while no receiver uses it. */
export interface TransferEnd {
  db: Database
  /** Updates id counters and the driver's own tables after the copy. */
  finish(tx: Tx): Promise<void>
  close(): Promise<void>
}
