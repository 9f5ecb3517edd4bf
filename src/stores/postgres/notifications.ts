import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import type { Clock } from '../../clock.ts'
import type { Notice, WakeListener } from '../multi-process.ts'
import type { Address } from './address.ts'
import type { ClockOffset } from './clock-offset.ts'
import { connectionTo } from './database.ts'

const MEASURE_INTERVAL_MS = 10_000
const READINGS_AT_START = 3
const RECONNECT_INTERVAL_MS = 1_000

/** A larger offset is logged. */
const LOGGED_OFFSET_MS = 1_000

/** PostgreSQL's limit is 8,000 bytes. A longer list is replaced by a notification for all queues. */
const MAX_BYTES = 7_000

interface NotificationOptions {
  address: Address
  /** Also the name of the notification channel. */
  schema: string
  clock: Clock
  offset: ClockOffset
  notice: (notice: Notice) => void
}

/**
 * A separate connection on which replicas wake each other (LISTEN/NOTIFY) and which measures the database's clock. After
 * a loss it reconnects and wakes all, since it may have missed notifications. Without it replicas fall back to polling.
 */
export class Notifications {
  readonly #options: NotificationOptions
  /** Marks notifications of this process, which ignores them. */
  readonly #self = randomUUID()
  readonly #closed = new AbortController()
  readonly #waiting = new Set<string>()
  #listener: WakeListener = () => undefined
  #connection: Client | undefined
  #isPublishing = false
  #resting = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: NotificationOptions) {
    this.#options = options
  }

  onWake(listener: WakeListener): void {
    this.#listener = listener
  }

  /** Resolves when it is connected and has measured the clock; from then on it reconnects by itself. */
  async open(): Promise<void> {
    this.#running = this.#run(await this.#connect())
  }

  /** Wakes the other replicas for these queues; never throws. */
  publish(queues: readonly string[] | 'all'): void {
    for (const queue of queues === 'all' ? ['*'] : queues) this.#waiting.add(queue)
    if (!this.#isPublishing) void this.#publishAll()
  }

  /** Measures the clock now. A machine that was suspended seems to set its clock, but fell behind the database's. */
  measureSoon(): void {
    this.#resting.abort()
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#running
  }

  async #publishAll(): Promise<void> {
    this.#isPublishing = true
    while (this.#waiting.size > 0 && this.#connection !== undefined) {
      const payload = JSON.stringify({ from: this.#self, queues: [...this.#waiting] })
      this.#waiting.clear()
      const all = JSON.stringify({ from: this.#self, queues: ['*'] })
      const sent = Buffer.byteLength(payload) > MAX_BYTES ? all : payload
      await this.#connection
        .query('SELECT pg_notify($1, $2)', [this.#options.schema, sent])
        .catch(() => undefined)
    }
    this.#isPublishing = false
  }

  /** `first` is aborted when the first connection is lost. */
  async #run(first: AbortController): Promise<void> {
    const { clock, notice } = this.#options
    const { signal } = this.#closed
    for (let lost = first; ; ) {
      await this.#measureUntil(lost)
      await this.#disconnect()
      if (signal.aborted) return
      notice({ kind: 'notifications_lost' })
      for (;;) {
        await clock.sleep(RECONNECT_INTERVAL_MS, signal)
        if (signal.aborted) return
        try {
          lost = await this.#connect()
          break
        } catch {
          await this.#disconnect()
        }
      }
      notice({ kind: 'notifications_restored' })
      this.#listener('all')
      this.publish('all')
    }
  }

  /** Returns a controller that is aborted when the connection is lost. */
  async #connect(): Promise<AbortController> {
    const { address, schema } = this.#options
    const connection = connectionTo(address, 'request')
    this.#connection = connection
    const lost = new AbortController()
    connection.on('error', () => lost.abort())
    connection.on('end', () => lost.abort())
    connection.on('notification', ({ payload }) => this.#receive(payload ?? ''))
    await connection.connect()
    await connection.query(`LISTEN ${schema}`)
    for (let reading = 0; reading < READINGS_AT_START; reading += 1)
      await this.#measure(connection, reading === 0)
    return lost
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.end().catch(() => undefined)
  }

  #receive(payload: string): void {
    const { from, queues } = parsePayload(payload)
    if (from !== this.#self) this.#listener(queues)
  }

  async #measureUntil(lost: AbortController): Promise<void> {
    const { clock } = this.#options
    const stop = AbortSignal.any([lost.signal, this.#closed.signal])
    while (!stop.aborted) {
      await clock.sleep(MEASURE_INTERVAL_MS, AbortSignal.any([stop, this.#resting.signal]))
      // From here on, so that a clock that changes during the measurement causes another one.
      this.#resting = new AbortController()
      const connection = this.#connection
      if (stop.aborted || connection === undefined) return
      // A timeout counts as a lost connection.
      await this.#measure(connection, false).catch(() => lost.abort())
    }
  }

  async #measure(connection: Client, first: boolean): Promise<void> {
    const { clock, offset, notice } = this.#options
    const sent = clock.now().getTime()
    const { rows } = await connection.query<{ there: number }>(
      'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS there',
    )
    const back = clock.now().getTime()
    const moved = offset.measured({ sent, there: rows[0]?.there ?? sent, back })
    if (first && Math.abs(offset.ms) > LOGGED_OFFSET_MS)
      notice({ kind: 'clock_differs', aheadMs: offset.ms })
    else if (Math.abs(moved) > LOGGED_OFFSET_MS) notice({ kind: 'clock_stepped', byMs: moved })
  }
}

/** Any client may notify the channel: a payload that is not a list of queues wakes all. */
function parsePayload(payload: string): { from: unknown; queues: string[] | 'all' } {
  try {
    const { from, queues } = JSON.parse(payload) as { from: unknown; queues: unknown }
    if (Array.isArray(queues) && queues.every((queue) => typeof queue === 'string'))
      return { from, queues: queues.includes('*') ? 'all' : queues }
  } catch {}
  return { from: undefined, queues: 'all' }
}
