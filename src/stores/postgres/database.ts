import { hash } from 'node:crypto'
import { Client, type ClientConfig, Pool, type PoolClient, type QueryConfig, types } from 'pg'
import type { Clock } from '../../clock.ts'
import { AppError, messageOf } from '../../errors.ts'
import type { Address } from './address.ts'
import type { Skew } from './skew.ts'

/** After so long without an answer from the database the sender is asked to come again. */
export const TIMEOUT_MS = 5_000

/** What moves a large storm at once may take longer; nobody waits for a reply meanwhile. */
const PATIENT_MS = 60_000

/** A replica that stands still within a transaction is cut off before those who wait for its rows give up. */
const IDLE_MS = 3_000

const CONNECTIONS = 10
const MOST_TRIES = 5
const FIRST_RETRY_MS = 5

const INT8 = 20
/** Two transactions met; either is right when it is carried out again. */
const CONFLICTS = ['40001', '40P01']
/** Not the connection's fault, so that it is used again. */
const HARMLESS = [...CONFLICTS, '55P03', '57014', '23505']

/** So much later than the database should have given up it is taken to be gone. */
const SILENCE_MS = 500

/** Whether a sender waits for it. */
type Temper = 'hasty' | 'patient'

const WITHIN_MS: Record<Temper, number> = { hasty: TIMEOUT_MS, patient: PATIENT_MS }

interface Mode {
  isolation: 'READ COMMITTED' | 'REPEATABLE READ READ ONLY'
  temper: Temper
}

/** One transaction. Instants go in by `ms` and come out by `date`, which translate between the two clocks. */
export interface Tx {
  all<T extends object>(sql: string, ...values: unknown[]): Promise<T[]>
  one<T extends object>(sql: string, ...values: unknown[]): Promise<T | undefined>
  /** Gives the number of rows that were written. */
  run(sql: string, ...values: unknown[]): Promise<number>
  ms(instant: Date): number
  date(ms: number): Date
}

/** Connections to one database that come back when it does; every transaction is all or nothing. */
export class Database {
  readonly #pool: Pool
  readonly #schema: string
  readonly #clock: Clock
  readonly skew: Skew

  constructor(options: { address: Address; schema: string; clock: Clock; skew: Skew }) {
    this.#schema = options.schema
    this.#clock = options.clock
    this.skew = options.skew
    this.#pool = new Pool({ ...configOf(options.address), max: CONNECTIONS })
    // A connection that is lost while nobody uses it; the next use opens another.
    this.#pool.on('error', () => undefined)
  }

  /** Everything in `work` or nothing of it, carried out again when it met another; on disk when this resolves. */
  transaction<T>(work: (tx: Tx) => Promise<T>, temper: Temper = 'hasty'): Promise<T> {
    return this.#carriedOut({ isolation: 'READ COMMITTED', temper }, work)
  }

  /** Reads that see one state. */
  reading<T>(work: (tx: Tx) => Promise<T>, temper: Temper = 'hasty'): Promise<T> {
    return this.#carriedOut({ isolation: 'REPEATABLE READ READ ONLY', temper }, work)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  #begin({ isolation, temper }: Mode): string {
    // With each transaction, so that it holds whatever sits between us and the database. `remote_apply` is stronger.
    return `BEGIN ISOLATION LEVEL ${isolation}; SET LOCAL search_path = ${this.#schema};
      SET LOCAL statement_timeout = ${WITHIN_MS[temper]}; SET LOCAL lock_timeout = ${WITHIN_MS[temper]};
      SET LOCAL idle_in_transaction_session_timeout = ${IDLE_MS};
      SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
        WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`
  }

  async #carriedOut<T>(mode: Mode, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(mode, work)
      } catch (error) {
        const code = codeOf((error as { cause?: unknown }).cause)
        if (attempt === MOST_TRIES || !CONFLICTS.includes(code ?? '')) throw error
        await this.#clock.sleep(FIRST_RETRY_MS * 2 ** attempt)
      }
    }
  }

  async #once<T>(mode: Mode, work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch(refused)
    let lost = false
    // Without a listener, a connection that breaks would end the process; the query under way rejects as well.
    const broken = (): void => {
      lost = true
    }
    client.on('error', broken)
    try {
      // Not waited for: what comes first in the transaction is sent along with it.
      const began = client.query(this.#begin(mode)).catch(refused)
      began.catch(() => undefined)
      const value = await work(txOn(client, { skewMs: this.skew.ms, temper: mode.temper }))
      await began
      const { command } = await client.query('COMMIT').catch(refused)
      if (command !== 'COMMIT') throw new AppError('store_unavailable', 'the database rolled back')
      return value
    } catch (error) {
      const reusable = await client.query('ROLLBACK').then(
        () => isHarmless(error),
        () => false,
      )
      lost ||= !reusable
      throw error
    } finally {
      client.off('error', broken)
      client.release(lost)
    }
  }
}

/** A connection of its own, for what listens; a patient one, which waits for what takes long, for what migrates. */
export function connectionTo(address: Address, temper: Temper): Client {
  const { query_timeout, ...patient } = configOf(address)
  return new Client(temper === 'patient' ? patient : { ...patient, query_timeout })
}

function configOf(address: Address): ClientConfig {
  return {
    ...address,
    connectionTimeoutMillis: TIMEOUT_MS,
    // For a database that was there and is silent now.
    query_timeout: TIMEOUT_MS + SILENCE_MS,
    keepAlive: true,
    pipeline: true,
    types: {
      // Counts and instants are far below 2^53.
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : types.getTypeParser(oid, format as 'text'),
    } as NonNullable<ClientConfig['types']>,
  }
}

function txOn(client: PoolClient, { skewMs, temper }: { skewMs: number; temper: Temper }): Tx {
  const query = <T extends object>(sql: string, values: unknown[]) => {
    const named = { name: hash('sha1', sql), text: sql, values: values.map(storable) }
    return client
      .query<T>({ ...named, query_timeout: WITHIN_MS[temper] + SILENCE_MS } as QueryConfig)
      .catch(refused)
  }
  return {
    all: async <T extends object>(sql: string, ...values: unknown[]) =>
      (await query<T>(sql, values)).rows,
    one: async <T extends object>(sql: string, ...values: unknown[]) =>
      (await query<T>(sql, values)).rows[0],
    run: async (sql, ...values) => (await query(sql, values)).rowCount ?? 0,
    ms: (instant) => instant.getTime() + skewMs,
    date: (ms) => new Date(ms - skewMs),
  }
}

/** The value with U+FFFD for each NUL, which PostgreSQL's text cannot hold. */
export function storable<T>(value: T): T
export function storable(value: unknown): unknown {
  if (typeof value === 'string')
    return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value
  if (Array.isArray(value)) return value.map((each) => storable(each))
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, storable(each)]))
}

/** What went wrong on the way to the database or in it, in words that hold no value and no password. */
function refused(error: unknown): never {
  if (error instanceof AppError) throw error
  throw new AppError('store_unavailable', `the database cannot do it now: ${wordsOf(error)}`, {
    cause: error,
  })
}

/** The error's words; a connection that failed at several addresses has only those of each. */
export function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return messageOf(error) || codeOf(error) || 'no connection'
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** Whether the connection is as good as before. Not when the server has become read-only or is going down. */
function isHarmless(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'store_unavailable') return true
  const code = codeOf(error.cause)
  return code !== undefined && HARMLESS.includes(code)
}
