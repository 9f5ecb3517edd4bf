import { atOnce, type Steps } from '../../turns.ts'
import type { Accepted, ReasonToSuppress, Store } from '../store.ts'
import { acceptAll, type Result } from './accept.ts'
import { claim, claimAgain, enqueue, gather, lease, release, resend, warn } from './claim.ts'
import { Clearing } from './clearing.ts'
import { Database } from './database.ts'
import { happened, pushed } from './happened.ts'
import { prune, recover, rehome, shift } from './keeping.ts'
import { messages } from './messages.ts'
import { Names } from './names.ts'
import type { Unpacked } from './packed.ts'
import { alerts, message } from './reading.ts'
import { remember } from './remember.ts'
import type { Remembered } from './remembered.ts'
import { receivedOf, settle } from './settle.ts'
import { standing } from './standing.ts'
import { tally } from './tally.ts'
import { UnderWay } from './under-way.ts'
import { payloads, waiting } from './waiting.ts'

/** The store's verbs but for accept, which takes many requests at once. */
export type Verb = Exclude<keyof Store, 'accept' | 'close'>

type Sync<V extends Verb> = (...values: Parameters<Store[V]>) => Awaited<ReturnType<Store[V]>>

/** Rows after which a walk over many gives way: a few milliseconds of them. */
const ROWS_IN_SLICE = 1_000

type Sliced<V extends Verb> = (
  ...values: Parameters<Store[V]>
) => Steps<Awaited<ReturnType<Store[V]>>>

export interface Engine {
  verbs: { [V in Verb]: Sync<V> }
  /**
   * The same for those that may take long; what they write is one transaction all the same. Between two steps requests
   * may be accepted, but nothing else: all that a verb sees is as it was when it began, but for alerts with higher numbers.
   */
  inSlices: Pick<{ [V in Verb]: Sliced<V> }, 'waiting' | 'tally' | 'claim' | 'settle'>
  /** Whether a claim has left something to clear; whatever is asked next would do that first, at once. */
  mustClear(): boolean
  clear(): Steps<void>
  acceptAll(arrivals: readonly Unpacked[], more?: () => readonly Unpacked[]): Result<Accepted>[]
  database: Database
  names: Names
  underWay: UnderWay
  remembered: Remembered
  reasonToSuppress: ReasonToSuppress
  close(): void
}

/** What most verbs work with. */
export type Rows = Pick<Engine, 'database' | 'names' | 'underWay'> & {
  clearing: Clearing
  rowsInSlice: number
}

export interface EngineOptions {
  path: string
  reasonToSuppress: ReasonToSuppress
  /** After how many rows a walk over many gives way. */
  rowsInSlice?: number
}

/** All verbs on one SQLite file, each a transaction, in the thread that calls them. */
export function openEngine({
  path,
  reasonToSuppress,
  rowsInSlice = ROWS_IN_SLICE,
}: EngineOptions): Engine {
  const database = new Database(path)
  try {
    // The file is locked by this process alone, so whoever held a lease in it is gone.
    database.transaction(() => database.run('DELETE FROM leases'))
    return engineOn(database, { reasonToSuppress, rowsInSlice })
  } catch (error) {
    database.close()
    throw error
  }
}

function engineOn(
  db: Database,
  { reasonToSuppress, rowsInSlice }: Required<Omit<EngineOptions, 'path'>>,
): Engine {
  const names = new Names(db)
  const rows: Rows = {
    database: db,
    names,
    underWay: new UnderWay(db),
    clearing: new Clearing(db),
    rowsInSlice,
  }
  const accepting = { ...rows, remembered: remember(db), reasonToSuppress }
  /** Names that a transaction added are forgotten with it. */
  const writing = <T>(work: () => T): T => {
    try {
      return db.transaction(() => {
        rows.clearing.finish()
        return work()
      })
    } catch (error) {
      names.forget()
      rows.clearing.lookAgain()
      throw error
    }
  }
  const whatWaits = <T>(work: () => T): T => {
    if (rows.clearing.isLeft) writing(() => {})
    return db.reading(work)
  }
  const underWayIn = (queues: readonly string[]): Steps<void> =>
    db.readingInSteps(rows.underWay.read(queues, rowsInSlice))
  const inSlices: Engine['inSlices'] = {
    *waiting(question) {
      yield* underWayIn(question.queues)
      return whatWaits(() => waiting(rows, question))
    },
    *tally(queue, channel) {
      yield* underWayIn([queue])
      return yield* db.readingInSteps(whatWaits(() => tally(rows, queue, channel)))
    },
    *claim(request) {
      yield* underWayIn([request.message.queue])
      const gathered = yield* db.readingInSteps(gather(rows, request, writing))
      return writing(() => claim(rows, request, gathered))
    },
    *settle(settlement) {
      const sent = writing(() => settle(rows, settlement))
      return sent ? yield* db.readingInSteps(receivedOf(rows, Number(settlement.id))) : []
    },
  }
  const verbs: Engine['verbs'] = {
    lease: (request) => writing(() => lease(db, request)),
    release: (owner) => writing(() => release(db, owner)),
    waiting: (question) => atOnce(inSlices.waiting(question)),
    tally: (queue, channel) => atOnce(inSlices.tally(queue, channel)),
    payloads: (numbers, maxBytes) => db.reading(() => payloads(db, numbers, maxBytes)),
    claim: (request) => atOnce(inSlices.claim(request)),
    claimAgain: (request) => writing(() => claimAgain(db, request)),
    settle: (settlement) => atOnce(inSlices.settle(settlement)),
    recover: (now, robot) => writing(() => recover(db, now, robot)),
    shift: (byMs) => writing(() => shift(db, byMs)),
    enqueue: (each, now) => writing(() => enqueue(db, each, now)),
    warn: (warning) => writing(() => warn(db, warning)),
    resend: (id, now) => writing(() => resend(db, id, now)),
    rehome: (homes) => writing(() => rehome(rows, homes)),
    standing: (question) => db.reading(() => standing(db, question)),
    messages: (query) => db.reading(() => messages(db, query)),
    message: (id, most) => db.reading(() => message(db, id, most)),
    alerts: (query) => db.reading(() => alerts(rows, query)),
    happened: (span) => db.reading(() => happened(db, span)),
    pushed: (question) => db.reading(() => pushed(db, question)),
    prune: (before, now) => writing(() => prune(db, before, now)),
  }
  return {
    ...accepting,
    verbs,
    inSlices,
    mustClear: () => rows.clearing.isLeft,
    *clear() {
      try {
        yield* rows.clearing.inSlices(2 * rowsInSlice)
      } catch {
        // Whoever comes next tries again, and learns what is wrong.
        rows.clearing.lookAgain()
      }
    },
    acceptAll: (arrivals, more) => acceptAll(accepting, arrivals, more),
    close: () => db.close(),
  }
}
