import type { SqlValue, SqlValues, Tx } from '../tx.ts'
import type { TableName } from './schema.ts'

/** Converts a row to T: names to camelCase, NULL to undefined. Columns that match INSTANT become dates. */
export function fromRow<T>(tx: Tx, row: object): T {
  const fields: Record<string, unknown> = {}
  for (const [column, value] of Object.entries(row)) {
    const { name, isInstant } = fieldOf(column)
    fields[name] = value === null ? undefined : isInstant ? tx.date(value) : value
  }
  return fields as T
}

interface Field {
  name: string
  isInstant: boolean
}

const INSTANT = /(?:^|_)(?:at|until|since)$/
const FIELDS = new Map<string, Field>()

function fieldOf(column: string): Field {
  let field = FIELDS.get(column)
  if (field === undefined) {
    const name = column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    field = { name, isInstant: INSTANT.test(column) }
    FIELDS.set(column, field)
  }
  return field
}

/** Inserts a row by the names of its columns, and returns its id. Undefined becomes NULL. */
export async function insertRow(
  tx: Tx,
  table: TableName,
  row: Readonly<Record<string, SqlValue>>,
): Promise<number> {
  const columns = Object.keys(row)
  const inserted = await tx.get<{ id: number }>(
    `INSERT INTO ${table} (${columns.join(', ')})
     VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')}) RETURNING id`,
    Object.values(row),
  )
  return inserted?.id ?? 0
}

/** True if a row matches; `rows` is a table with an optional WHERE clause. */
export async function exists(tx: Tx, rows: string, values: SqlValues): Promise<boolean> {
  return (await tx.get(`SELECT 1 AS one FROM ${rows} LIMIT 1`, values)) !== undefined
}
