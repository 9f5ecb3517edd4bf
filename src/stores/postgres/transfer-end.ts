import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import {
  type LastEntries,
  type ReplayedEntry,
  restoreLast,
  restoreRequests,
} from '../sql/last-notified.ts'
import { inForce } from '../sql/leases.ts'
import type { GroupKey, LastEntry } from '../sql/recent.ts'
import type { TransferEnd, Tx } from '../tx.ts'
import { addressOf } from './address.ts'
import { cannotOpen } from './cannot-open.ts'
import { ClockOffset } from './clock-offset.ts'
import { PostgresDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { insertLast } from './recent.ts'
import { restartIds, SCHEMA_NAME } from './schema.ts'

const PAGE_SIZE = 1_000

/** The database's clock: a lease is in force by it, whatever this machine's clock shows. */
const NOW = '(SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT))'

/** Opens a database to copy from or to. */
export async function postgresEnd(url: string, clock: Clock): Promise<TransferEnd> {
  const address = addressOf(url)
  await migrate(address, SCHEMA_NAME).catch((error) => {
    throw cannotOpen(address, error)
  })
  const offset = new ClockOffset()
  const db = new PostgresDatabase({ address, schema: SCHEMA_NAME, clock, offset })
  return { db, finish, assertUnused: () => assertUnused(db), close: () => db.close() }
}

async function assertUnused(db: PostgresDatabase): Promise<void> {
  const lease = await db.read((tx) =>
    tx.get<{ owner: string }>(`SELECT owner FROM leases WHERE owner <> '' AND ${inForce(NOW)}`),
  )
  if (lease === undefined) return
  throw new AppError(
    'store_unavailable',
    `the receiver ${lease.owner} uses the database; stop all receivers first`,
  )
}

/** Fills the tables with which accepts compare from the copied rows; SQLite does so at every start. */
async function finish(tx: Tx): Promise<void> {
  for (const statement of restartIds()) await tx.run(statement)
  const requests = new Map<string, number>()
  await restoreRequests(tx, (key, at) => requests.set(key, at), {
    sinceMs: 3_600_000,
    limit: 100_000,
  })
  await tx.insert('request_keys', { key: 'TEXT', at: 'BIGINT' }, [...requests])
  const last = new Map<string, GroupKey & ReplayedEntry>()
  const keyOf = ({ queue, channel, group }: GroupKey): string => `${queue}\n${channel}\n${group}`
  const target: LastEntries = {
    get: (group) => last.get(keyOf(group)),
    set: (group, entry) => last.set(keyOf(group), { ...entry, ...group }),
  }
  await restoreLast(tx, target, Number.MAX_SAFE_INTEGER)
  const entries = [...last.values()] as (GroupKey & LastEntry)[]
  for (let from = 0; from < entries.length; from += PAGE_SIZE)
    await insertLast(tx, entries.slice(from, from + PAGE_SIZE))
}
