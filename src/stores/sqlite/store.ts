import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterThisTurn } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { atOnce } from '../../turns.ts'
import type { Notice } from '../shared.ts'
import type { Accepted, Arrival, ReasonToSuppress, Store } from '../store.ts'
import type { Result } from './accept.ts'
import { type Engine, openEngine, type Verb } from './engine.ts'
import { restrictToOwner } from './file-mode.ts'
import { type Packed, Packing } from './packed.ts'
import {
  type AcceptRequest,
  answer,
  answerAccepts,
  errorFrom,
  type Reply,
  type Request,
  type VerbRequest,
} from './protocol.ts'

export interface SqliteOptions {
  /** Of the file, or `:memory:`. */
  path: string
  reasonToSuppress: ReasonToSuppress
  /** In a thread of its own, so that a disk that is slow to flush never blocks the event loop. */
  thread: boolean
  notice?: (notice: Notice) => void
  /** Called when the thread that holds the file has ended, so that nothing can be stored any more. */
  failed?: (why: string) => void
}

/** Asks the engine, wherever it lives. */
interface Line {
  ask(verb: Verb, values: unknown[]): Promise<unknown>
  accept(packed: Packed): Promise<unknown>
  /** Not before what else comes at the same time has come. */
  soon(work: () => void): void
  close(): Promise<void>
}

type Unnumbered = Omit<VerbRequest, 'id'> | Omit<AcceptRequest, 'id'>

const VERBS: readonly Verb[] = [
  'lease',
  'release',
  'waiting',
  'tally',
  'payloads',
  'claim',
  'claimAgain',
  'settle',
  'recover',
  'shift',
  'enqueue',
  'warn',
  'resend',
  'rehome',
  'standing',
  'messages',
  'message',
  'alerts',
  'happened',
  'pushed',
  'prune',
]

/** Opens the store; AppError store_unavailable says why when that cannot be. */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const store = options.thread
    ? storeOn(await threadLine(options))
    : storeAround(openEngine(options))
  // Not before it is known to be a store.
  for (const file of restrictToOwner(options.path))
    options.notice?.({ kind: 'file_readable', ...file })
  return store
}

/** The store around an engine in this thread; its promises settle without a timer. */
export function storeAround(engine: Engine): Store {
  return storeOn(engineLine(engine))
}

function storeOn(line: Line): Store {
  const verbs = Object.fromEntries(
    VERBS.map((verb) => [verb, (...values: unknown[]) => line.ask(verb, values)]),
  ) as unknown as Pick<Store, Verb>
  const lots = new Lots(line)
  return { ...verbs, accept: (arrival) => lots.accept(arrival), close: () => line.close() }
}

/**
 * Requests are handed to the engine in lots: so many that a message's own cost is shared, so few that it works on some
 * while others are still being read. It takes all lots that have come in one commit.
 */
const LOT = { requests: 8, alerts: 400 } as const

interface Asking {
  resolve: (accepted: Accepted) => void
  reject: (error: Error) => void
}

class Lots {
  readonly #line: Line
  #packing = new Packing()
  #asking: Asking[] = []

  constructor(line: Line) {
    this.#line = line
  }

  accept(arrival: Arrival): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      this.#packing.add(arrival)
      this.#asking.push({ resolve, reject })
      const { requests, alerts } = this.#packing
      if (requests >= LOT.requests || alerts >= LOT.alerts) void this.#handOver()
      // Up to a tenth more than when a lot waits until the one before is answered.
      else if (requests === 1) this.#line.soon(() => void this.#handOver())
    })
  }

  async #handOver(): Promise<void> {
    const [packing, asking] = [this.#packing, this.#asking]
    if (asking.length === 0) return
    this.#packing = new Packing()
    this.#asking = []
    try {
      const results = (await this.#line.accept(packing.packed())) as Result<Accepted>[]
      for (const [index, each] of asking.entries()) {
        const result = results[index]
        if (result !== undefined && 'value' in result) each.resolve(result.value)
        else each.reject(new AppError('store_unavailable', result?.error ?? 'no result'))
      }
    } catch (error) {
      for (const each of asking) each.reject(error as Error)
    }
  }
}

function engineLine(engine: Engine): Line {
  const given = (reply: Reply | undefined): unknown => {
    if (reply === undefined || 'fault' in reply)
      throw errorFrom(reply?.fault ?? { code: 'store_unavailable', message: 'no reply' })
    return reply.value
  }
  return {
    ask: async (verb, values) =>
      given(atOnce(answer(engine, { kind: 'verb', id: 0, verb, values }))),
    accept: async (packed) => given(answerAccepts(engine, [{ kind: 'accept', id: 0, packed }])[0]),
    soon: queueMicrotask,
    close: async () => engine.close(),
  }
}

async function threadLine({ path, failed }: Pick<SqliteOptions, 'path' | 'failed'>): Promise<Line> {
  const entry = new URL(`../../store-thread${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(entry, {
    workerData: { path },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Requests of a commit are short-lived: with V8's usual 3 MB it would collect them with each of them.
    resourceLimits: { maxYoungGenerationSizeMb: 48 },
  })
  const asked = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >()
  let ended: AppError | undefined
  let last = 0
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const state = { open: false, closing: false }
  const fail = (why: string): void => {
    const first = ended === undefined
    ended ??= new AppError('store_unavailable', `the store's thread ended: ${why}`)
    if (first && state.open && !state.closing) failed?.(ended.message)
    for (const { reject } of asked.values()) reject(ended)
    asked.clear()
  }
  worker.on('message', (replies: Reply[]) => {
    for (const reply of replies) {
      const asking = asked.get(reply.id)
      asked.delete(reply.id)
      if ('fault' in reply) asking?.reject(errorFrom(reply.fault))
      else asking?.resolve(reply.value)
    }
  })
  worker.on('error', (error) => fail(error.message))
  worker.on('exit', (code) => fail(`exit code ${code}`))
  await new Promise<unknown>((resolve, reject) => asked.set(0, { resolve, reject }))
  state.open = true
  const post = (request: Unnumbered, handedOver: ArrayBuffer[] = []): Promise<unknown> => {
    if (ended !== undefined) return Promise.reject(ended)
    last += 1
    const id = last
    return new Promise((resolve, reject) => {
      asked.set(id, { resolve, reject })
      worker.postMessage({ ...request, id } satisfies Request, handedOver)
    })
  }
  return {
    ask: (verb, values) => post({ kind: 'verb', verb, values }),
    accept: (packed) => post({ kind: 'accept', packed }, [packed.texts.buffer]),
    soon: afterThisTurn,
    async close() {
      state.closing = true
      if (ended === undefined) worker.postMessage({ kind: 'close' } satisfies Request)
      await exited
    },
  }
}
