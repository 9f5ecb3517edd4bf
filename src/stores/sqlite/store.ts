import { acceptEach, type Result } from '../accept-results.ts'
import type { AcceptRequest, ReasonToSuppress } from '../incoming.ts'
import { acceptAll } from '../sql/accept.ts'
import { restoreLast, restoreRequests } from '../sql/last-notified.ts'
import { IS_CONFIGURATION } from '../sql/schema.ts'
import { type SqlVerbs, sqlVerbs } from '../sql/verbs.ts'
import { SqliteDatabase } from './database.ts'
import { DedupCache, MAX_ALERTS, MAX_REQUESTS } from './dedup-cache.ts'

/** Five times DEDUP_WINDOW_MS, which is the maximum age at which a key is compared. */
const REQUEST_RETENTION_MS = 600_000

/** The store on one file, in the calling thread. */
export interface SqliteStore {
  verbs: SqlVerbs
  /**
   * Accepts requests in one transaction, and then those that `more` returns. If the transaction fails, each request is
   * retried in its own.
   */
  acceptAll(
    requests: readonly AcceptRequest[],
    more?: () => readonly AcceptRequest[],
  ): Promise<Result[]>
  /** Resolves when the dedup cache is rebuilt. */
  restored: Promise<void>
  database: SqliteDatabase
  close(): void
}

interface SqliteStoreOptions {
  path: string
  reasonToSuppress: ReasonToSuppress
}

/** Opens the file; AppError store_unavailable explains a failure. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const store = sqliteStore(options)
  try {
    await store.restored
    return store
  } catch (error) {
    store.close()
    throw error
  }
}

/** Opens the file synchronously; the verbs wait until the dedup cache is rebuilt. */
export function sqliteStore({ path, reasonToSuppress }: SqliteStoreOptions): SqliteStore {
  const recent = new DedupCache()
  const database = new SqliteDatabase(path, (committed) =>
    committed ? recent.commit() : recent.rollback(),
  )
  const restored = restore(database, recent)
  // Avoids an unhandled rejection; `openSqliteStore` awaits it.
  restored.catch(() => undefined)
  return {
    verbs: sqlVerbs(database, { recent, wake: () => {}, takenOver: () => {} }),
    acceptAll(requests, more = () => []) {
      const all = [...requests]
      const deps = { recent, reasonToSuppress }
      return acceptEach(all, (each) =>
        database.write(async (tx) => {
          const accepted = await acceptAll(tx, each, deps)
          if (each !== all) return accepted
          for (let next = more(); next.length > 0; next = more()) {
            all.push(...next)
            accepted.push(...(await acceptAll(tx, next, deps)))
          }
          return accepted
        }),
      )
    },
    restored,
    database,
    close: () => database.close(),
  }
}

function restore(database: SqliteDatabase, recent: DedupCache): Promise<void> {
  return database.write(async (tx) => {
    // This process has locked the file, so no owner of a lease and no process with another configuration is alive.
    await tx.run('DELETE FROM leases')
    await tx.run(`DELETE FROM pauses WHERE ${IS_CONFIGURATION}`)
    await restoreRequests(tx, (key, at) => recent.restoreRequest(key, at), {
      sinceMs: REQUEST_RETENTION_MS,
      limit: 2 * MAX_REQUESTS,
    })
    await restoreLast(tx, recent, 2 * MAX_ALERTS)
  })
}
