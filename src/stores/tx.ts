/** A bindable value: instants as milliseconds, arrays for `LIST($n, TYPE)`. */
export type SqlValue =
  | string
  | number
  | Uint8Array
  | null
  | undefined
  | readonly (string | number)[]
export type SqlValues = readonly SqlValue[]

/**
 * One transaction. dialect.ts describes its SQL. `ms` and `date` convert instants between this process's clock and the
 * database's.
 */
export interface Tx {
  /** Returns the number of changed rows. */
  run(sql: string, values?: SqlValues): Promise<number>
  get<T extends object>(sql: string, values?: SqlValues): Promise<T | undefined>
  all<T extends object>(sql: string, values?: SqlValues): Promise<T[]>
  /** Inserts many rows. `columns` maps each column to its SQL type; `conflict` is an ON CONFLICT clause. */
  insert(table: string, columns: Columns, rows: readonly SqlRow[], conflict?: string): Promise<void>
  /** Allocates ids, ascending and never reused. */
  newIds(table: 'alerts' | 'payloads', count: number): Promise<number[]>
  /** Waits for the named locks and holds them until the transaction ends. Shared locks exclude only exclusive ones. */
  lock(names: readonly string[], mode?: 'shared' | 'exclusive'): Promise<void>
  ms(instant: Date): number
  date(ms: number): Date
}

export type Columns = Readonly<Record<string, 'BIGINT' | 'INTEGER' | 'SMALLINT' | 'TEXT' | 'BYTEA'>>
export type SqlRow = readonly (string | number | Uint8Array | null)[]

/** A database of either driver. A write is atomic, and on disk when the promise resolves. */
export interface Database {
  write<T>(work: (tx: Tx) => Promise<T>, timeout?: TimeoutClass): Promise<T>
  /** Runs reads on one consistent snapshot. */
  read<T>(work: (tx: Tx) => Promise<T>, timeout?: TimeoutClass): Promise<T>
}

/** `request`: a sender waits for the answer. `background`: the work may take longer. */
export type TimeoutClass = 'request' | 'background'

/** Source or target of a transfer, while no receiver uses it. */
export interface TransferEnd {
  db: Database
  /** Updates id counters and the driver's own tables after the copy. */
  finish(tx: Tx): Promise<void>
  /** Throws AppError store_unavailable while a receiver uses the store. */
  assertUnused(): Promise<void>
  close(): Promise<void>
}
