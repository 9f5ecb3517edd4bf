import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Secret } from '../model/secret.ts'
import { columnsOf, TABLES, type TableName } from './sql/schema.ts'
import type { Database, SqlRow, SqlValue, TransferEnd, Tx } from './tx.ts'

/** Rows in one read; fewer for bodies, because one may have many megabytes. */
const PAGE_SIZE = 500
const BODIES_PAGE_SIZE = 20

/** Copied rows by table. */
export type Copied = Record<TableName, number>

/**
 * Copies everything into an empty store, or nothing. AppError store_unavailable while a receiver uses either store, or
 * when the target is not empty.
 */
export async function transfer(from: Secret, to: Secret, clock: Clock): Promise<Copied> {
  const source = await openEnd(from, 'source', clock)
  try {
    const target = await openEnd(to, 'target', clock)
    try {
      const ends = [source, target]
      return await target.db.write(async (tx) => {
        for (const end of ends) await end.assertUnused()
        await assertEmpty(tx)
        const copied: Partial<Copied> = {}
        for (const table of Object.keys(TABLES) as TableName[])
          copied[table] = await copy(table, source.db, tx)
        await target.finish(tx)
        // A receiver that was started meanwhile may have accepted alerts that were not copied.
        for (const end of ends) await end.assertUnused()
        return copied as Copied
      }, 'background')
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function openEnd(url: Secret, role: 'source' | 'target', clock: Clock): Promise<TransferEnd> {
  const [, scheme, rest] = /^([a-z]+):(.*)$/s.exec(url.reveal()) ?? []
  if (scheme === 'sqlite') {
    const { sqliteEnd } = await import('./sqlite/transfer-end.ts')
    return sqliteEnd(rest ?? '', role)
  }
  if (scheme === 'postgres' || scheme === 'postgresql') {
    const { postgresEnd } = await import('./postgres/transfer-end.ts')
    return postgresEnd(url.reveal(), clock)
  }
  throw new AppError('usage', 'a store is sqlite:PATH or postgres://…')
}

async function assertEmpty(tx: Tx): Promise<void> {
  for (const table of Object.keys(TABLES))
    if ((await tx.get(`SELECT 1 AS one FROM ${table} LIMIT 1`)) !== undefined)
      throw new AppError(
        'store_unavailable',
        `the target is not empty: its table ${table} has rows; name an empty database`,
      )
}

/** Copies a table page by page in key order. */
async function copy(table: TableName, source: Database, to: Tx): Promise<number> {
  const columns = columnsOf(table)
  const names = Object.keys(columns)
  const key = TABLES[table]
  const limit = table === 'bodies' ? BODIES_PAGE_SIZE : PAGE_SIZE
  const isAfter = `(${key.join(', ')}) > (${key.map((_, index) => `$${index + 1}`).join(', ')})`
  const page = (condition: string): string =>
    `SELECT ${names.join(', ')} FROM ${table} WHERE ${condition} ORDER BY ${key.join(', ')} LIMIT ${limit}`
  let count = 0
  for (let after: SqlValue[] = []; ; ) {
    const [sql, values] = [page(after.length === 0 ? 'TRUE' : isAfter), after]
    const rows = await source.read((tx) => tx.all<Record<string, SqlRow[number]>>(sql, values))
    await to.insert(
      table,
      columns,
      rows.map((row) => names.map((name) => row[name] ?? null)),
    )
    count += rows.length
    const end = rows.at(-1)
    if (end === undefined || rows.length < limit) return count
    after = key.map((name) => end[name] as SqlValue)
  }
}
