import type { Clock } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import type { Notice, Shared } from '../shared.ts'
import type { Claimed, ReasonToSuppress, Store } from '../store.ts'
import { acceptAll } from './accept.ts'
import { type Address, addressOf } from './address.ts'
import { claim, claimAgain, enqueue, orRefused, resend, warn } from './claim.ts'
import { CommitGroup } from './commit-group.ts'
import { codeOf, Database, type Tx, wordsOf } from './database.ts'
import { happened, pushed } from './happened.ts'
import { prune, rehome } from './keeping.ts'
import { lease, recover, release, renew } from './leases.ts'
import { Line, type LineOptions } from './line.ts'
import { messages } from './messages.ts'
import { migrate } from './migrate.ts'
import { alerts, message } from './reading.ts'
import { settle } from './settle.ts'
import { Skew } from './skew.ts'
import { standing } from './standing.ts'
import { tally } from './tally.ts'
import { payloads, waiting } from './waiting.ts'

/** A database that is not up yet is waited for at start. */
const WAIT_AT_START_MS = 30_000
const BETWEEN_TRIES_MS = 1_000

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`; a secret. */
  url: string
  /** The schema that holds the tables; a plain name. */
  schema?: string
  reasonToSuppress: ReasonToSuppress
  clock: Clock
  notice?: (notice: Notice) => void
}

/** Opens the store; AppError says why when that cannot be, and never repeats the URL. */
export async function openPostgres(options: PostgresOptions): Promise<Store & Shared> {
  const { url, schema = 'dingtalk_receiver', reasonToSuppress, clock } = options
  const notice = options.notice ?? (() => undefined)
  const address = addressOf(url)
  const skew = new Skew()
  const line = await openedAt({ address, schema, clock, skew, notice })
  const db = new Database({ address, schema, clock, skew })
  const write = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.transaction(work)
  /** For what a large storm makes large. */
  const move = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.transaction(work, 'patient')
  /** Robots with a claim whose answer was lost: whether it was carried out is for the next lease to see. */
  const unsure = new Set<string>()
  const claimed = async (robot: string, work: () => Promise<Claimed | undefined>) => {
    try {
      return await orRefused(work())
    } catch (error) {
      unsure.add(robot)
      throw error
    }
  }
  const group = new CommitGroup((arrivals) => acceptAll(db, arrivals, reasonToSuppress))
  return {
    accept: async (arrival) => {
      const accepted = await group.accept(arrival)
      if (accepted.queues.length > 0) line.tell(accepted.queues)
      return accepted
    },
    lease: async (wanted) => {
      const { robot } = wanted
      const { held, taken } = await write((tx) => lease(tx, wanted, unsure.has(robot)))
      unsure.delete(robot)
      if (taken !== undefined) notice({ kind: 'robot_taken', ...taken })
      return held
    },
    renew: (renewal) => write((tx) => renew(tx, renewal)),
    release: async (owner) => {
      await write((tx) => release(tx, owner))
      line.tell('all')
    },
    waiting: (question) => db.reading((tx) => waiting(tx, question), 'patient'),
    tally: (queue, channel) => db.reading((tx) => tally(tx, queue, channel), 'patient'),
    payloads: (numbers, maxBytes) => db.reading((tx) => payloads(tx, numbers, maxBytes)),
    claim: (request) => claimed(request.message.robot, () => move((tx) => claim(tx, request))),
    claimAgain: (request) => claimed(request.robot, () => move((tx) => claimAgain(tx, request))),
    settle: async (settlement) => {
      const { told, again } = await move((tx) => settle(tx, settlement))
      if (again !== undefined) line.tell([again])
      return told
    },
    recover: async (now, robot) => {
      const recovered = await write((tx) => recover(tx, now, robot))
      if (recovered > 0) line.tell('all')
      return recovered
    },
    shift: async (byMs) => skew.shift(byMs),
    enqueue: async (each, now) => {
      const ids = await write((tx) => enqueue(tx, each, now))
      line.tell(each.map(({ queue }) => queue))
      return ids
    },
    warn: async (warning) => {
      const written = await write((tx) => warn(tx, warning))
      if (written) line.tell([warning.message.queue])
      return written
    },
    resend: async (id, now) => {
      const { queue } = await write((tx) => resend(tx, id, now))
      line.tell([queue])
      return { queue }
    },
    rehome: async (homes) => {
      const counts = await move((tx) => rehome(tx, homes))
      if (counts.moved > 0) line.tell('all')
      return counts
    },
    standing: (question) => db.reading((tx) => standing(tx, question)),
    messages: (query) => db.reading((tx) => messages(tx, query)),
    message: (id, most) => db.reading((tx) => message(tx, id, most)),
    alerts: (query) => db.reading((tx) => alerts(tx, query)),
    happened: (span) => db.reading((tx) => happened(tx, span)),
    pushed: (question) => db.reading((tx) => pushed(tx, question)),
    prune: (before, now) => move((tx) => prune(tx, before, now)),
    onWake: (listener) => line.onWake(listener),
    close: async () => {
      await line.close()
      await db.close()
    },
  }
}

/** The database's tables brought up to date, and a line to it. */
export async function openedAt(options: LineOptions): Promise<Line> {
  const { address, schema, clock } = options
  const line = new Line(options)
  await whenUp({ address, clock }, () => migrate(address, schema))
  await whenUp({ address, clock }, () => line.open())
  return line
}

/** Tries again while nobody is there; what a person must mend is said at once. */
async function whenUp(
  { address, clock }: { address: Address; clock: Clock },
  work: () => Promise<void>,
): Promise<void> {
  const end = clock.now().getTime() + WAIT_AT_START_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!mayPass(error) || clock.now().getTime() > end) throw cannotOpen(address, error)
      await clock.sleep(BETWEEN_TRIES_MS)
    }
  }
}

/** Nobody answers, or the server says by SQLSTATE class that it starts (57), is busy (53) or broke off (08). */
function mayPass(error: unknown): boolean {
  if (error instanceof AppError) return false
  const code = codeOf(error)
  if (code === undefined) return /timeout|terminated/i.test(wordsOf(error))
  return /^(?:57|53|08)...$/.test(code) || UNREACHABLE.includes(code)
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

function cannotOpen({ host, port, database }: Address, error: unknown): AppError {
  if (error instanceof AppError && error.code === 'bad_configuration') return error
  return new AppError(
    'store_unavailable',
    `cannot open the store postgres://${host}:${port}/${database}: ${wordsOf(error)}`,
    { cause: error },
  )
}
