import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { AppError, messageOf } from '../../errors.ts'
import { parameterOrder, sqliteDialect } from '../dialect.ts'
import type { Columns, Database, SqlValues, Tx } from '../tx.ts'
import { open, primaryCode } from './file.ts'

interface Prepared {
  statement: StatementSync
  /** As parameterOrder returns it. */
  order: readonly number[]
}

/**
 * One connection to one file. Transactions run one after another. Except in `transfer`, they await only synchronous
 * calls, so each ends in the event-loop turn in which it began.
 */
export class SqliteDatabase implements Database {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, Prepared>()
  #last: Promise<unknown> = Promise.resolve()
  readonly #tx: Tx
  readonly #ended: (committed: boolean) => void

  /** `ended` is called after each write, before the next transaction begins. */
  constructor(path: string, ended: (committed: boolean) => void = () => {}) {
    this.#db = open(path)
    this.#ended = ended
    this.#tx = {
      run: async (sql, values) => {
        const { statement, order } = this.#prepared(sql)
        return Number(statement.run(...bindable(values, order)).changes)
      },
      get: async <T extends object>(sql: string, values?: SqlValues) => {
        const { statement, order } = this.#prepared(sql)
        return statement.get(...bindable(values, order)) as T | undefined
      },
      all: async <T extends object>(sql: string, values?: SqlValues) => {
        const { statement, order } = this.#prepared(sql)
        return statement.all(...bindable(values, order)) as T[]
      },
      insert: async (table, columns, rows, conflict) => {
        const { statement } = this.#prepared(insertSql(table, columns, conflict))
        for (const row of rows) statement.run(...(row as SQLInputValue[]))
      },
      newIds: async (table, count) => this.#newIds(table, count),
      lock: async () => {},
      ms: (instant) => instant.getTime(),
      date: (ms) => new Date(ms),
    }
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      try {
        this.#prepared('BEGIN IMMEDIATE').statement.run()
        const value = await work(this.#tx)
        this.#prepared('COMMIT').statement.run()
        this.#ended(true)
        return value
      } catch (error) {
        if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK')
        this.#ended(false)
        throw toAppError(error)
      }
    })
  }

  read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      try {
        return await work(this.#tx)
      } catch (error) {
        throw toAppError(error)
      }
    })
  }

  /** Limits the size of the file; for tests of a full disk. */
  limitPages(pages: number): void {
    this.#db.exec(`PRAGMA max_page_count = ${Math.floor(pages)}`)
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  #newIds(table: string, count: number): number[] {
    const row = this.#prepared(
      'UPDATE sequences SET last = last + ? WHERE name = ? RETURNING last',
    ).statement.get(count, table) as { last: number }
    return Array.from({ length: count }, (_, index) => row.last - count + 1 + index)
  }

  #prepared(sql: string): Prepared {
    let prepared = this.#statements.get(sql)
    if (prepared === undefined) {
      prepared = { statement: this.#db.prepare(sqliteDialect(sql)), order: parameterOrder(sql) }
      this.#statements.set(sql, prepared)
    }
    return prepared
  }
}

function bindable(values: SqlValues = [], order: readonly number[]): SQLInputValue[] {
  return order.map((index) => {
    const value = values[index]
    if (value === undefined) return null
    return Array.isArray(value) ? JSON.stringify(value) : (value as SQLInputValue)
  })
}

function insertSql(table: string, columns: Columns, conflict = ''): string {
  const names = Object.keys(columns)
  return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ${conflict}`
}

function toAppError(error: unknown): Error {
  if (error instanceof AppError) return error
  if (primaryCode(error) === undefined) return error as Error
  return new AppError('store_unavailable', `the store is unavailable: ${messageOf(error)}`, {
    cause: error,
  })
}
