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
  const parameters = columns.map((_, index) => `$${index + 1}`)
  const id = await readValue<number>(
    tx,
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${parameters.join(', ')}) RETURNING id`,
    Object.values(row),
  )
  return id ?? 0
}

/** The first column of the first row; undefined without a row, or if the column is NULL. */
export async function readValue<T extends string | number | Uint8Array>(
  tx: Tx,
  sql: string,
  values?: SqlValues,
): Promise<T | undefined> {
  const row = await tx.get<Record<string, T | null>>(sql, values)
  return (row && Object.values(row)[0]) ?? undefined
}

/** The first column of each row. */
export async function readColumn<T extends string | number>(
  tx: Tx,
  sql: string,
  values?: SqlValues,
): Promise<T[]> {
  const rows = await tx.all<Record<string, T>>(sql, values)
  return rows.map((row) => Object.values(row)[0] as T)
}

/** Builds a WHERE clause: conditions joined by AND, and the values of their parameters. */
export class Where {
  readonly #conditions: string[]
  readonly values: SqlValue[]

  /** Begins with these conditions, whose parameters `$1`, `$2` … have the given values. */
  constructor(conditions: readonly string[], values: readonly SqlValue[] = []) {
    this.#conditions = [...conditions]
    this.values = [...values]
  }

  /** Adds a condition, in which each `?` is the value. Adds nothing if the value is undefined. */
  add(condition: string, value: SqlValue): this {
    if (value !== undefined)
      this.#conditions.push(condition.replaceAll('?', `$${this.values.push(value)}`))
    return this
  }

  get sql(): string {
    return this.#conditions.join(' AND ')
  }
}

/** True if a row matches; `rows` is a table with an optional WHERE clause. */
export async function exists(tx: Tx, rows: string, values: SqlValues): Promise<boolean> {
  return (await readValue(tx, `SELECT 1 FROM ${rows} LIMIT 1`, values)) !== undefined
}
