import type { Database, Tx } from './tx.ts'

/** A database that is moved from or to, while no receiver uses it. */
export interface TransferEnd {
  db: Database
  /** Makes the driver's own tables and ids fit the rows that were copied. */
  finish(tx: Tx): Promise<void>
  close(): Promise<void>
}
