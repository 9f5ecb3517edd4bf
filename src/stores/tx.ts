/** A value that both databases bind: instants as milliseconds, lists for `LIST($n, TYPE)`. */
export type SqlValue =
  | string
  | number
  | Uint8Array
  | null
  | undefined
  | readonly (string | number)[]
export type SqlValues = readonly SqlValue[]

/**
 * One transaction on one database. SQL is written once, as dialect.ts describes. Instants go in by `ms` and come out by
 * `date`, which translate between this process's clock and the database's.
 */
export interface Tx {
  /** Returns how many rows changed. */
  run(sql: string, values?: SqlValues): Promise<number>
  get<T extends object>(sql: string, values?: SqlValues): Promise<T | undefined>
  all<T extends object>(sql: string, values?: SqlValues): Promise<T[]>
  /** Inserts many rows of one shape; `columns` names each column with its SQL type. `conflict` is an ON CONFLICT clause. */
  insert(table: string, columns: Columns, rows: readonly SqlRow[], conflict?: string): Promise<void>
  /** New ids of a table, ascending, larger than all that were ever given. */
  newIds(table: 'alerts' | 'payloads', count: number): Promise<number[]>
  /** Waits until no other transaction holds one of the names, and holds them until the end; `shared` excludes only the others. */
  lock(names: readonly string[], mode?: 'shared' | 'exclusive'): Promise<void>
  ms(instant: Date): number
  date(ms: number): Date
}

export type Columns = Readonly<Record<string, 'BIGINT' | 'INTEGER' | 'SMALLINT' | 'TEXT' | 'BYTEA'>>
export type SqlRow = readonly (string | number | Uint8Array | null)[]

/** A database that both drivers offer; each transaction is all or nothing, and on disk when `write` resolves. */
export interface Database {
  write<T>(work: (tx: Tx) => Promise<T>, timeout?: TimeoutClass): Promise<T>
  /** Reads that see one state. */
  read<T>(work: (tx: Tx) => Promise<T>, timeout?: TimeoutClass): Promise<T>
}

/** A sender waits for a request; moving a large storm may take longer. */
export type TimeoutClass = 'request' | 'background'
