import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { acceptEach } from '../accept-results.ts'
import type { AcceptRequest, ReasonToSuppress } from '../incoming.ts'
import type { MultiProcess, Notice } from '../multi-process.ts'
import { acceptAll } from '../sql/accept.ts'
import { prune } from '../sql/prune.ts'
import { sqlVerbs } from '../sql/verbs.ts'
import type { Store } from '../store.ts'
import { StoreUnreachable } from '../unreachable.ts'
import { type Address, addressOf } from './address.ts'
import { ClockOffset } from './clock-offset.ts'
import { CommitGroup } from './commit-group.ts'
import { codeOf, errorText, PostgresDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { type NotificationOptions, Notifications } from './notifications.ts'
import { postgresRecent, pruneRecent } from './recent.ts'
import { SCHEMA_NAME } from './schema.ts'

/** How long a start waits for a database that is not up yet. */
const START_TIMEOUT_MS = 30_000
const RETRY_INTERVAL_MS = 1_000

const REQUEST_RETENTION_MS = 3_600_000
const PRUNE_BATCH_SIZE = 5_000

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`; a secret. */
  url: string
  /** The schema of the tables; an identifier without quotes. */
  schema?: string
  reasonToSuppress: ReasonToSuppress
  clock: Clock
  notice?: (notice: Notice) => void
  /** How long to wait for an unreachable database; 0: one attempt. */
  waitMs?: number
}

/** Opens the store. An AppError explains a failure and never repeats the URL. */
export async function openPostgres(options: PostgresOptions): Promise<Store & MultiProcess> {
  const { url, schema = SCHEMA_NAME, reasonToSuppress, clock } = options
  const notice = options.notice ?? (() => undefined)
  const address = addressOf(url)
  const offset = new ClockOffset()
  const { waitMs } = options
  const notifications = await openNotifications({ address, schema, clock, offset, notice }, waitMs)
  const db = new PostgresDatabase({ address, schema, clock, offset })
  const deps = { recent: postgresRecent, reasonToSuppress }
  const commit = (requests: readonly AcceptRequest[]) =>
    acceptEach(requests, (each) => db.write((tx) => acceptAll(tx, each, deps)), isAboutValues)
  const group = new CommitGroup(commit)
  return {
    ...sqlVerbs(db, {
      recent: postgresRecent,
      wake: (queues) => notifications.publish(queues),
      takenOver: (taken) => notice({ kind: 'lease_taken_over', ...taken }),
    }),
    accept: async (request) => {
      const accepted = await group.accept(request)
      if (accepted.queues.length > 0) notifications.publish(accepted.queues)
      return accepted
    },
    shift: async (byMs) => offset.shift(byMs),
    prune: (before, now) =>
      db.write(async (tx) => {
        const pruned = await prune(tx, before, now)
        const requests = tx.ms(now) - REQUEST_RETENTION_MS
        await pruneRecent(tx, { before: tx.ms(before), requests, limit: PRUNE_BATCH_SIZE })
        return pruned
      }, 'background'),
    onWake: (listener) => notifications.onWake(listener),
    close: async () => {
      await notifications.close()
      await db.close()
    },
  }
}

/**
 * SQLSTATE classes 22, 23 and 54: invalid data, constraint violation, limit exceeded. An unreachable database would refuse
 * each request again, after a timeout.
 */
function isAboutValues(error: unknown): boolean {
  return error instanceof AppError && /^(?:22|23|54)/.test(codeOf(error.cause) ?? '')
}

/**
 * Migrates the schema and opens the connection for notifications. StoreUnreachable when the database stays unreachable
 * for `waitMs`; any other AppError at once, when waiting cannot help.
 */
async function openNotifications(
  options: NotificationOptions,
  waitMs = START_TIMEOUT_MS,
): Promise<Notifications> {
  const { address, schema, clock } = options
  const notifications = new Notifications(options)
  await retryUntilUp({ address, clock, waitMs }, () => migrate(address, schema))
  await retryUntilUp({ address, clock, waitMs }, () => notifications.open())
  return notifications
}

/** Retries while the database is unreachable. Any other error is thrown at once. */
async function retryUntilUp(
  { address, clock, waitMs }: { address: Address; clock: Clock; waitMs: number },
  work: () => Promise<void>,
): Promise<void> {
  const end = clock.now().getTime() + waitMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isTransient(error) || clock.now().getTime() >= end) throw cannotOpen(address, error)
      await clock.sleep(RETRY_INTERVAL_MS)
    }
  }
}

/**
 * True if there was no answer, or if the server starts or stops (SQLSTATE class 57), is busy (53), dropped the
 * connection (08), or chose this transaction to end a deadlock (40).
 */
function isTransient(error: unknown): boolean {
  if (error instanceof AppError) return false
  const code = codeOf(error)
  if (code === undefined) return /timeout|terminated/i.test(errorText(error))
  return /^(?:57|53|08|40)...$/.test(code) || UNREACHABLE.includes(code)
}

const UNREACHABLE = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]

/** Wrong password; unknown user or missing pg_hba.conf entry; unknown database. */
const REPAIRABLE = ['28P01', '28000', '3D000']

function cannotOpen({ host, port, database }: Address, error: unknown): AppError {
  if (error instanceof AppError && error.code === 'bad_configuration') return error
  const words = `cannot open the store postgres://${host}:${port}/${database}: ${errorText(error)}`
  const passes = isTransient(error)
    ? 'by_itself'
    : REPAIRABLE.includes(codeOf(error) ?? '')
      ? 'after_repair'
      : undefined
  return passes === undefined
    ? new AppError('store_unavailable', words, { cause: error })
    : new StoreUnreachable(words, { passes, cause: error })
}
