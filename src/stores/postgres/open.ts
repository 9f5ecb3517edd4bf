import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { acceptEach } from '../accept-results.ts'
import type { AcceptRequest, ReasonToSuppress } from '../incoming.ts'
import type { MultiProcess, Notice } from '../multi-process.ts'
import { acceptAll } from '../sql/accept.ts'
import { prune } from '../sql/prune.ts'
import { sqlVerbs } from '../sql/verbs.ts'
import type { Store } from '../store.ts'
import { addressOf } from './address.ts'
import { cannotOpen } from './cannot-open.ts'
import { ClockOffset } from './clock-offset.ts'
import { CommitGroup } from './commit-group.ts'
import { codeOf, PostgresDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { Notifications } from './notifications.ts'
import { postgresRecent, pruneRecent } from './recent.ts'
import { SCHEMA_NAME } from './schema.ts'

const REQUEST_RETENTION_MS = 3_600_000
const PRUNE_BATCH_SIZE = 5_000

interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`; a secret. */
  url: string
  /** The schema of the tables; an identifier without quotes. */
  schema?: string
  reasonToSuppress: ReasonToSuppress
  clock: Clock
  notice?: (notice: Notice) => void
}

/**
 * Opens the store in one attempt. An AppError explains a failure and never repeats the URL: StoreUnreachable if a later
 * attempt may succeed.
 */
export async function openPostgres(options: PostgresOptions): Promise<Store & MultiProcess> {
  const { url, schema = SCHEMA_NAME, reasonToSuppress, clock } = options
  const notice = options.notice ?? (() => undefined)
  const address = addressOf(url)
  const offset = new ClockOffset()
  const notifications = new Notifications({ address, schema, clock, offset, notice })
  try {
    await migrate(address, schema)
    await notifications.open()
  } catch (error) {
    throw cannotOpen(address, error)
  }
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
    shift: async (byMs) => {
      offset.shift(byMs)
      notifications.measureSoon()
    },
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
 * True if a value caused the error: SQLSTATE 22 (invalid data), 23 (constraint violation), 54 (limit exceeded). Only
 * then is each request retried alone; for other errors, each retry could wait for a timeout.
 */
function isAboutValues(error: unknown): boolean {
  return error instanceof AppError && /^(?:22|23|54)/.test(codeOf(error.cause) ?? '')
}
