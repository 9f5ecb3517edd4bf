import type { TransferEnd } from '../transfer.ts'
import { SqliteDatabase } from './database.ts'

/** Opens a file to copy from or to; AppError store_unavailable while a receiver holds it. */
export function sqliteEnd(path: string): TransferEnd {
  const db = new SqliteDatabase(path)
  return {
    db,
    finish: async (tx) => {
      for (const table of ['alerts', 'payloads'])
        await tx.run(
          `UPDATE sequences SET last = COALESCE((SELECT MAX(id) FROM ${table}), 0) WHERE name = $1`,
          table,
        )
    },
    close: async () => db.close(),
  }
}
