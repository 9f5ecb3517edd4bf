import { hash } from 'node:crypto'
import { Client, type ClientConfig, Pool, type PoolClient, type QueryConfig, types } from 'pg'
import type { Clock } from '../../clock.ts'
import { AppError, messageOf } from '../../errors.ts'
import { postgresDialect } from '../dialect.ts'
import type { Columns, Database, SqlRow, SqlValues, TimeoutClass, Tx } from '../tx.ts'
import type { Address } from './address.ts'
import type { ClockOffset } from './clock-offset.ts'

/** Without an answer for this long, the request fails with 503 and the sender retries. */
const TIMEOUT_MS = 5_000

const TIMEOUTS_MS: Record<TimeoutClass, number> = { request: TIMEOUT_MS, background: 60_000 }

/** Disconnects a suspended replica in a transaction before the replicas that wait for its locks time out. */
const IDLE_TIMEOUT_MS = 3_000

const CONNECTIONS = 10
const MAX_TRIES = 5
const FIRST_RETRY_MS = 5

const INT8 = 20
/** Serialization failure, deadlock: safe to retry. */
const CONFLICTS = ['40001', '40P01']
/** Errors after which the connection is reused. */
const REUSABLE_AFTER = [...CONFLICTS, '55P03', '57014', '23505']

/** The client waits this much longer than the server's own timeout before it drops the connection. */
const TIMEOUT_MARGIN_MS = 500

interface Mode {
  isolation: 'READ COMMITTED' | 'REPEATABLE READ READ ONLY'
  timeout: TimeoutClass
}

/** A connection pool that reconnects on use. */
export class PostgresDatabase implements Database {
  readonly #pool: Pool
  readonly #schema: string
  readonly #clock: Clock
  readonly #offset: ClockOffset

  constructor(options: { address: Address; schema: string; clock: Clock; offset: ClockOffset }) {
    this.#schema = options.schema
    this.#clock = options.clock
    this.#offset = options.offset
    this.#pool = new Pool({ ...configOf(options.address), max: CONNECTIONS })
    // Ignore the loss of an idle connection; the next use opens another.
    this.#pool.on('error', () => undefined)
    // Between the pool and its next user a connection has no listener, and its loss would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined))
  }

  write<T>(work: (tx: Tx) => Promise<T>, timeout: TimeoutClass = 'request'): Promise<T> {
    return this.#retried({ isolation: 'READ COMMITTED', timeout }, work)
  }

  read<T>(work: (tx: Tx) => Promise<T>, timeout: TimeoutClass = 'request'): Promise<T> {
    return this.#retried({ isolation: 'REPEATABLE READ READ ONLY', timeout }, work)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  #begin({ isolation, timeout }: Mode): string {
    // Set in each transaction, since a pooler in between may drop session settings. `remote_apply` is stronger than `on`.
    return `BEGIN ISOLATION LEVEL ${isolation}; SET LOCAL search_path = ${this.#schema};
      SET LOCAL statement_timeout = ${TIMEOUTS_MS[timeout]}; SET LOCAL lock_timeout = ${TIMEOUTS_MS[timeout]};
      SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS};
      SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
        WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`
  }

  async #retried<T>(mode: Mode, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(mode, work)
      } catch (error) {
        const code = codeOf((error as { cause?: unknown }).cause)
        if (attempt === MAX_TRIES || !CONFLICTS.includes(code ?? '')) throw error
        await this.#clock.sleep(FIRST_RETRY_MS * 2 ** attempt)
      }
    }
  }

  async #once<T>(mode: Mode, work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch(rethrow)
    let lost = false
    // The running query rejects anyway.
    const onError = (): void => {
      lost = true
    }
    client.on('error', onError)
    try {
      // Not awaited: the first query of the transaction is pipelined with BEGIN.
      const began = client.query(this.#begin(mode)).catch(rethrow)
      began.catch(() => undefined)
      const value = await work(
        txOn(client, { offsetMs: this.#offset.ms, timeout: mode.timeout, schema: this.#schema }),
      )
      await began
      const { command } = await client.query('COMMIT').catch(rethrow)
      if (command !== 'COMMIT')
        throw new AppError('store_unavailable', 'the database rolled the transaction back')
      return value
    } catch (error) {
      const reusable = await client.query('ROLLBACK').then(
        () => isReusable(error),
        () => false,
      )
      lost ||= !reusable
      throw error
    } finally {
      client.off('error', onError)
      client.release(lost)
    }
  }
}

/** Opens a connection outside the pool, for LISTEN; with `background` without a query timeout, for migrations. */
export function connectionTo(address: Address, timeout: TimeoutClass): Client {
  const { query_timeout, ...patient } = configOf(address)
  return new Client(timeout === 'background' ? patient : { ...patient, query_timeout })
}

function configOf(address: Address): ClientConfig {
  return {
    ...address,
    connectionTimeoutMillis: TIMEOUT_MS,
    // Limits the wait for a server that stops responding.
    query_timeout: TIMEOUT_MS + TIMEOUT_MARGIN_MS,
    keepAlive: true,
    pipeline: true,
    types: {
      // Counts, ids and instants stay far below 2^53.
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : types.getTypeParser(oid, format as 'text'),
    } as NonNullable<ClientConfig['types']>,
  }
}

/** A statement in PostgreSQL's dialect, and the name of its prepared plan. */
interface Prepared {
  name: string
  text: string
}

const PREPARED = new Map<string, Prepared>()

function prepared(sql: string): Prepared {
  let statement = PREPARED.get(sql)
  if (statement === undefined) {
    statement = { name: hash('sha1', sql), text: postgresDialect(sql) }
    PREPARED.set(sql, statement)
  }
  return statement
}

function txOn(
  client: PoolClient,
  { offsetMs, timeout, schema }: { offsetMs: number; timeout: TimeoutClass; schema: string },
): Tx {
  const query = <T extends object>(sql: string, values: readonly unknown[] = []) =>
    client
      .query<T>({
        ...prepared(sql),
        values: values.map(storable),
        query_timeout: TIMEOUTS_MS[timeout] + TIMEOUT_MARGIN_MS,
      } as QueryConfig)
      .catch(rethrow)
  return {
    all: async <T extends object>(sql: string, values?: SqlValues) =>
      (await query<T>(sql, values)).rows,
    get: async <T extends object>(sql: string, values?: SqlValues) =>
      (await query<T>(sql, values)).rows[0],
    run: async (sql, values) => (await query(sql, values)).rowCount ?? 0,
    insert: async (table, columns, rows, conflict) => {
      if (rows.length > 0)
        await query(insertSql(table, columns, conflict), columnsOf(columns, rows))
    },
    newIds: async (table, count) => {
      const { rows } = await query<{ id: number }>(
        `SELECT nextval('${table}_ids') AS id FROM generate_series(1, $1)`,
        [count],
      )
      return rows.map(({ id }) => id).sort((a, b) => a - b)
    },
    lock: async (names, mode = 'exclusive') => {
      const suffix = mode === 'shared' ? '_shared' : ''
      // Every transaction takes its locks in the order of the names, so that none deadlock.
      const keys = [...new Set(names)].sort().map((name) => `${schema} ${name}`)
      if (keys.length > 0)
        await query(
          `SELECT pg_advisory_xact_lock${suffix}(key) FROM (
             SELECT hashtextextended(n.name, 0) AS key FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)
             ORDER BY n.place OFFSET 0) k`,
          [keys],
        )
    },
    ms: (instant) => instant.getTime() + offsetMs,
    date: (ms) => new Date(ms - offsetMs),
  }
}

function insertSql(table: string, columns: Columns, conflict = ''): string {
  const names = Object.keys(columns).join(', ')
  const arrays = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`)
  return `INSERT INTO ${table} (${names}) SELECT * FROM unnest(${arrays.join(', ')}) ${conflict}`
}

/** Transposes rows into one array for each column, as `unnest` takes them: one statement for any number of rows. */
function columnsOf(columns: Columns, rows: readonly SqlRow[]): unknown[][] {
  return Object.keys(columns).map((_, index) => rows.map((row) => row[index] ?? null))
}

/** The text as PostgreSQL stores it: with U+FFFD for NUL, which its text type lacks. */
export function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return withoutNul(value)
  return Array.isArray(value) ? value.map(storable) : value
}

/** Rethrows an error of the database or the connection as AppError; its message contains no value and no password. */
function rethrow(error: unknown): never {
  if (error instanceof AppError) throw error
  throw new AppError('store_unavailable', `the database is unavailable: ${errorText(error)}`, {
    cause: error,
  })
}

/** An error's message; joins those of all addresses when a connection failed at several. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return messageOf(error) || codeOf(error) || 'no connection'
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** False after a database error not in REUSABLE_AFTER, for example because the server has become read-only or shuts down. */
function isReusable(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'store_unavailable') return true
  const code = codeOf(error.cause)
  return code !== undefined && REUSABLE_AFTER.includes(code)
}
