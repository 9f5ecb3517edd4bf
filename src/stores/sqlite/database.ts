import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { AppError, messageOf } from '../../errors.ts'
import type { Steps } from '../../turns.ts'
import { MIGRATIONS } from './schema.ts'

export type Row = Record<string, unknown>

/** SQLite's primary result codes that this room tells apart. */
const BUSY = 5
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** One connection to one file, its statements prepared once, its transactions all or nothing. */
export class Database {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.#db = open(path)
  }

  run(sql: string, ...values: SQLInputValue[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#prepared(sql).run(...values)
    return { changes: Number(changes), id: Number(lastInsertRowid) }
  }

  get<T = Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepared(sql).get(...values) as T | undefined
  }

  all<T = Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepared(sql).all(...values) as T[]
  }

  /** Rows as lists of their values: where there are thousands, objects cost more than reading them. */
  lists<T extends readonly unknown[]>(sql: string, ...values: SQLInputValue[]): T[] {
    const statement = this.#prepared(sql)
    statement.setReturnArrays(true)
    return statement.all(...values) as unknown as T[]
  }

  /** Rows one by one, so that who has enough can stop. */
  iterate<T = Row>(sql: string, ...values: SQLInputValue[]): Iterable<T> {
    return this.#prepared(sql).iterate(...values) as Iterable<T>
  }

  /** Everything in `work` or nothing of it; what it wrote is on disk when this returns. */
  transaction<T>(work: () => T): T {
    try {
      this.#prepared('BEGIN IMMEDIATE').run()
      const value = work()
      this.#prepared('COMMIT').run()
      return value
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw explained(error)
    }
  }

  /** Reads that see one state. */
  reading<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw explained(error)
    }
  }

  /** The same in steps. */
  *readingInSteps<T>(steps: Steps<T>): Steps<T> {
    try {
      return yield* steps
    } catch (error) {
      throw explained(error)
    }
  }

  /** For tests: how large the file may grow, in pages. */
  limitPages(pages: number): void {
    this.#db.exec(`PRAGMA max_page_count = ${Math.floor(pages)}`)
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

function open(path: string): DatabaseSync {
  const isNew = path !== ':memory:' && !existsSync(path)
  let db: DatabaseSync | undefined
  try {
    if (isNew) createFile(path)
    db = new DatabaseSync(path, { timeout: 1_000, enableForeignKeyConstraints: true })
    configure(db, path)
    migrate(db, path)
    return db
  } catch (error) {
    db?.close()
    throw cannotOpen(path, error)
  }
}

/** An empty file that only its owner may read, in a folder that knows of it. */
function createFile(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** Settings are read back: a store that would lose what it confirmed must not start. */
function configure(db: DatabaseSync, path: string): void {
  db.exec('PRAGMA locking_mode = EXCLUSIVE')
  const wal = pragma(db, 'journal_mode = WAL')
  // After journal_mode, which may reset it: FULL flushes before each commit returns.
  db.exec('PRAGMA synchronous = FULL')
  db.exec('PRAGMA trusted_schema = OFF')
  db.exec('PRAGMA journal_size_limit = 67108864')
  db.exec('PRAGMA cache_size = -32768')
  // 32 MB: each page of an index is then copied once for many commits, a fifth more accepts than with SQLite's 4 MB.
  db.exec('PRAGMA wal_autocheckpoint = 8000')
  // The lock is taken by the first write, not by opening.
  db.exec('BEGIN IMMEDIATE; COMMIT')
  const wanted: readonly [string, unknown][] = [
    [`journal_mode ${wal}`, path === ':memory:' ? 'journal_mode memory' : 'journal_mode wal'],
    [`synchronous ${pragma(db, 'synchronous')}`, 'synchronous 2'],
    [`locking_mode ${pragma(db, 'locking_mode')}`, 'locking_mode exclusive'],
  ]
  for (const [found, want] of wanted)
    if (found !== want && !(path === ':memory:' && want === 'locking_mode exclusive'))
      throw new Error(`the store cannot be made durable: ${found} instead of ${String(want)}`)
}

function migrate(db: DatabaseSync, path: string): void {
  const version = Number(pragma(db, 'user_version'))
  if (version > MIGRATIONS.length)
    throw new AppError(
      'store_unavailable',
      `${path} was written by a newer version of the receiver (schema ${version}, this one knows ${MIGRATIONS.length}); run that version, or name another store`,
    )
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}

function pragma(db: DatabaseSync, text: string): unknown {
  return Object.values((db.prepare(`PRAGMA ${text}`).get() ?? {}) as Row)[0]
}

function cannotOpen(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error
  const code = primaryCode(error)
  const why =
    code === BUSY
      ? 'another receiver holds it; stop that one, or name another store'
      : code === NOT_A_DATABASE || code === CORRUPT
        ? `it is damaged or no SQLite file (${messageOf(error)}); move it away to start with an empty one, and keep it`
        : `${messageOf(error)}; is the folder there and writable?`
  return new AppError('store_unavailable', `cannot open the store ${path}: ${why}`, {
    cause: error,
  })
}

function explained(error: unknown): Error {
  if (error instanceof AppError) return error
  if (primaryCode(error) === undefined) return error as Error
  return new AppError('store_unavailable', `the store cannot do it now: ${messageOf(error)}`, {
    cause: error,
  })
}

function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}
