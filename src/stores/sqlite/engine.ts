import type { Arrival, ReasonToSuppress, Store } from '../store.ts'
import { acceptAll, type Result } from './accept.ts'
import { claim, claimAgain, enqueue, lease, release, resend } from './claim.ts'
import { Database } from './database.ts'
import { prune, recover, rehome } from './keeping.ts'
import { alerts, message, messages } from './reading.ts'
import { settle } from './settle.ts'
import { payloads, standing, tally, waiting } from './waiting.ts'

/** The store's verbs but for accept, which takes many requests at once. */
export type Verb = Exclude<keyof Store, 'accept' | 'close'>

type Sync<V extends Verb> = (...values: Parameters<Store[V]>) => Awaited<ReturnType<Store[V]>>

export interface Engine {
  verbs: { [V in Verb]: Sync<V> }
  acceptAll(arrivals: readonly Arrival[]): Result<Awaited<ReturnType<Store['accept']>>>[]
  database: Database
  close(): void
}

/** All verbs on one SQLite file, each a transaction, in the thread that calls them. */
export function openEngine(options: { path: string; reasonToSuppress: ReasonToSuppress }): Engine {
  const db = new Database(options.path)
  // The file is locked by this process alone, so whoever held a lease in it is gone.
  db.transaction(() => db.run('DELETE FROM leases'))
  return {
    verbs: {
      lease: (request) => db.transaction(() => lease(db, request)),
      release: (owner) => db.transaction(() => release(db, owner)),
      waiting: (question) => db.reading(() => waiting(db, question)),
      tally: (queue, channel) => db.reading(() => tally(db, queue, channel)),
      payloads: (numbers) => db.reading(() => payloads(db, numbers)),
      claim: (request) => db.transaction(() => claim(db, request)),
      claimAgain: (request) => db.transaction(() => claimAgain(db, request)),
      settle: (settlement) => db.transaction(() => settle(db, settlement)),
      recover: (now, robot) => db.transaction(() => recover(db, now, robot)),
      enqueue: (each, now) => db.transaction(() => enqueue(db, each, now)),
      resend: (id, now) => db.transaction(() => resend(db, id, now)),
      rehome: (homes, now) => db.transaction(() => rehome(db, homes, now)),
      standing: (question) => db.reading(() => standing(db, question)),
      messages: (query) => db.reading(() => messages(db, query)),
      message: (id) => db.reading(() => message(db, id)),
      alerts: (query) => db.reading(() => alerts(db, query)),
      prune: (before, now) => db.transaction(() => prune(db, before, now)),
    },
    acceptAll: (arrivals) => acceptAll(db, arrivals, options.reasonToSuppress),
    database: db,
    close: () => db.close(),
  }
}
