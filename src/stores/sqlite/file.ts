import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError, messageOf } from '../../errors.ts'
import { migrate } from './migrate.ts'

/** SQLite's primary result codes. */
const BUSY = 5
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** Opens a file or `:memory:` and migrates its schema; AppError store_unavailable explains a failure. */
export function open(path: string): DatabaseSync {
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

/** Creates an empty file for its owner only, and flushes its folder. */
function createFile(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** Sets the durable mode and reads it back: a store that could lose a confirmed commit must not start. */
function configure(db: DatabaseSync, path: string): void {
  db.exec('PRAGMA locking_mode = EXCLUSIVE')
  db.exec('PRAGMA journal_mode = WAL')
  // After journal_mode, which may reset it: FULL flushes before each commit returns.
  db.exec('PRAGMA synchronous = FULL')
  db.exec('PRAGMA trusted_schema = OFF')
  db.exec('PRAGMA journal_size_limit = 67108864')
  db.exec('PRAGMA cache_size = -32768')
  // A checkpoint every 8,000 pages (32 MB) copies an index page once for many commits.
  db.exec('PRAGMA wal_autocheckpoint = 8000')
  // The lock is taken by the first write, not by opening.
  db.exec('BEGIN IMMEDIATE; COMMIT')
  if (path === ':memory:') return
  const settings = { journal_mode: 'wal', synchronous: 2, locking_mode: 'exclusive' }
  for (const [name, wanted] of Object.entries(settings)) {
    const found = readPragma(db, name)
    if (found !== wanted)
      throw new Error(
        `the store cannot be made durable: ${name} ${found} instead of ${name} ${wanted}`,
      )
  }
}

function readPragma(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]
}

function cannotOpen(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error
  const code = primaryCode(error)
  const why =
    code === BUSY
      ? 'another receiver holds it; stop that one, or name another store'
      : code === NOT_A_DATABASE || code === CORRUPT
        ? `it is damaged or not a SQLite file (${messageOf(error)}); move it away to start with an empty one, and keep it`
        : `${messageOf(error)}; is the folder there and writable? \`store\` or the variable STATE_DIRECTORY names another`
  return new AppError('store_unavailable', `cannot open the store ${path}: ${why}`, {
    cause: error,
  })
}

/** SQLite's primary result code of an error; undefined when the error is not SQLite's. */
export function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}
