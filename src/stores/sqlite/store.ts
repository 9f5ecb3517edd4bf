import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../errors.ts'
import type { Accepted, Arrival, ReasonToSuppress, Store } from '../store.ts'
import type { Result } from './accept.ts'
import { type Engine, openEngine, type Verb } from './engine.ts'
import { type Packed, Packing } from './packed.ts'
import { answer, errorFrom, type Reply, type Request } from './protocol.ts'

export interface SqliteOptions {
  /** Of the file, or `:memory:`. */
  path: string
  reasonToSuppress: ReasonToSuppress
  /** In a thread of its own, so that a disk that is slow to flush never blocks the event loop. */
  thread: boolean
}

/** Asks the engine, wherever it lives. */
interface Line {
  ask(request: Unnumbered): Promise<unknown>
  close(): Promise<void>
}

type Unnumbered =
  | { kind: 'verb'; verb: Verb; values: unknown[] }
  | { kind: 'accept'; packed: Packed }

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
  return options.thread ? storeOn(await threadLine(options.path)) : storeAround(openEngine(options))
}

/** The store around an engine in this thread; its promises settle without a timer. */
export function storeAround(engine: Engine): Store {
  return storeOn(engineLine(engine))
}

function storeOn(line: Line): Store {
  const verbs = Object.fromEntries(
    VERBS.map((verb) => [verb, (...values: unknown[]) => line.ask({ kind: 'verb', verb, values })]),
  ) as unknown as Pick<Store, Verb>
  const group = new CommitGroup(line)
  return { ...verbs, accept: (arrival) => group.accept(arrival), close: () => line.close() }
}

/** Requests that share one commit at most; a commit of more would keep the first of them waiting. */
const MOST_IN_COMMIT = 200

interface Asking {
  resolve: (accepted: Accepted) => void
  reject: (error: Error) => void
}

interface Batch {
  packing: Packing
  asking: Asking[]
}

/** Requests that arrive while a commit is under way share the next: durability costs one flush for many. */
class CommitGroup {
  readonly #line: Line
  readonly #waiting: Batch[] = []
  #committing = false

  constructor(line: Line) {
    this.#line = line
  }

  accept(arrival: Arrival): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      const { packing, asking } = this.#next()
      packing.add(arrival)
      asking.push({ resolve, reject })
      if (!this.#committing) {
        this.#committing = true
        // What else arrives in this turn of the event loop joins.
        queueMicrotask(() => void this.#commit())
      }
    })
  }

  #next(): Batch {
    let last = this.#waiting.at(-1)
    if (last === undefined || last.packing.size >= MOST_IN_COMMIT) {
      last = { packing: new Packing(), asking: [] }
      this.#waiting.push(last)
    }
    return last
  }

  async #commit(): Promise<void> {
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      const { packing, asking } = batch
      try {
        const request = { kind: 'accept', packed: packing.packed() } as const
        const results = (await this.#line.ask(request)) as Result<Accepted>[]
        for (const [index, each] of asking.entries()) {
          const result = results[index]
          if (result !== undefined && 'value' in result) each.resolve(result.value)
          else each.reject(new AppError('store_unavailable', result?.error ?? 'no result'))
        }
      } catch (error) {
        for (const each of asking) each.reject(error as Error)
      }
    }
    this.#committing = false
  }
}

function engineLine(engine: Engine): Line {
  return {
    async ask(request) {
      const reply = answer(engine, { ...request, id: 0 })
      if ('fault' in reply) throw errorFrom(reply.fault)
      return reply.value
    },
    async close() {
      engine.close()
    },
  }
}

async function threadLine(path: string): Promise<Line> {
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
  const fail = (why: string): void => {
    ended ??= new AppError('store_unavailable', `the store's thread ended: ${why}`)
    for (const { reject } of asked.values()) reject(ended)
    asked.clear()
  }
  worker.on('message', (reply: Reply) => {
    const asking = asked.get(reply.id)
    asked.delete(reply.id)
    if ('fault' in reply) asking?.reject(errorFrom(reply.fault))
    else asking?.resolve(reply.value)
  })
  worker.on('error', (error) => fail(error.message))
  worker.on('exit', (code) => fail(`exit code ${code}`))
  await new Promise<unknown>((resolve, reject) => asked.set(0, { resolve, reject }))
  return {
    ask(request) {
      if (ended !== undefined) return Promise.reject(ended)
      last += 1
      const id = last
      return new Promise((resolve, reject) => {
        asked.set(id, { resolve, reject })
        const handedOver = request.kind === 'accept' ? [request.packed.texts.buffer] : []
        worker.postMessage({ ...request, id } satisfies Request, handedOver)
      })
    },
    async close() {
      if (ended === undefined) worker.postMessage({ kind: 'close' } satisfies Request)
      await exited
    },
  }
}
