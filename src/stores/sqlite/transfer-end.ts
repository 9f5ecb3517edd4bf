import { existsSync } from 'node:fs'
import { AppError } from '../../errors.ts'
import type { TransferEnd } from '../tx.ts'
import { SqliteDatabase } from './database.ts'

/** Opens a file to copy from or to; AppError store_unavailable if the source is missing or a receiver uses the file. */
export function sqliteEnd(path: string, role: 'source' | 'target'): TransferEnd {
  if (role === 'source' && !existsSync(path))
    throw new AppError('store_unavailable', `there is no store at ${path}`)
  const db = new SqliteDatabase(path)
  return {
    db,
    finish: async (tx) => {
      for (const table of ['alerts', 'payloads'])
        await tx.run(
          `UPDATE sequences SET last = COALESCE((SELECT MAX(id) FROM ${table}), 0) WHERE name = $1`,
          [table],
        )
    },
    // No other process can open the file.
    assertUnused: async () => undefined,
    close: async () => db.close(),
  }
}
