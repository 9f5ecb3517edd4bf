import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterThisTurn } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { type Result, settleEach, unwrap, type Waiting } from '../accept-results.ts'
import type { Accepted, AcceptRequest, ReasonToSuppress } from '../incoming.ts'
import type { Notice } from '../multi-process.ts'
import type { Store } from '../store.ts'
import { BatchEncoder, type EncodedBatch, isSentAlone } from './batch-encoding.ts'
import { restrictToOwner } from './file-mode.ts'
import type { SqliteStore } from './store.ts'
import type { Failure, Outcome, Reply, Request, VerbName } from './worker.ts'

interface SqliteOptions {
  /** A file, or `:memory:`. */
  path: string
  reasonToSuppress: ReasonToSuppress
  /** Run in a worker thread, so that a slow disk never blocks the event loop. */
  thread: boolean
  notice?: (notice: Notice) => void
  /** Called when the worker has ended unexpectedly; the store is then unusable. */
  onFailure?: (why: string) => void
}

/** Opens the store; AppError store_unavailable explains a failure. */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const store = options.thread
    ? await openInWorker(options)
    : // Imported on demand: with a worker, this thread never loads the store's SQL.
      inThisThread(await (await import('./store.ts')).openSqliteStore(options))
  // Modes are changed only now, when the file is known to be a store.
  for (const file of restrictToOwner(options.path))
    options.notice?.({ kind: 'file_readable', ...file })
  return store
}

/** Runs the store in the calling thread. Its promises settle without a timer, so that it works on a virtual clock. */
export function inThisThread(store: SqliteStore): Store {
  return {
    ...store.verbs,
    async accept(request) {
      const [result] = await store.acceptAll([request])
      return unwrap(result as Result)
    },
    close: async () => store.close(),
  }
}

async function openInWorker({ path, onFailure }: SqliteOptions): Promise<Store> {
  const entry = new URL(`../../sqlite-worker${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(entry, {
    workerData: { path },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // A commit's objects are short-lived. V8's default young generation is so small that every commit would collect it.
    resourceLimits: { maxYoungGenerationSizeMb: 48 },
  })
  const opened = Promise.withResolvers<unknown>()
  const pending = new Map([[0, opened]])
  let lastId = 0
  let isServing = false
  let ended: AppError | undefined
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  const end = (why: string): void => {
    if (ended !== undefined) return
    ended = new AppError('store_unavailable', `the store's thread ended: ${why}`)
    for (const { reject } of pending.values()) reject(ended)
    pending.clear()
    if (isServing) onFailure?.(ended.message)
  }
  worker.on('message', (reply: Reply) => {
    const call = pending.get(reply.id)
    pending.delete(reply.id)
    if ('error' in reply) call?.reject(errorFrom(reply.error))
    else call?.resolve(reply.value)
  })
  worker.on('error', (error) => end(error.message))
  worker.on('exit', (code) => end(`exit code ${code}`))
  const post = async (request: Omit<Request, 'id'>, transfer: ArrayBuffer[] = []) => {
    if (ended !== undefined) throw ended
    lastId += 1
    const call = Promise.withResolvers<unknown>()
    pending.set(lastId, call)
    worker.postMessage({ ...request, id: lastId } satisfies Request, transfer)
    return call.promise
  }
  const batches = new BatchWriter(async (batch) => {
    const results = await post({ verb: 'accept', args: [batch] }, [batch.bodies.buffer])
    return (results as Outcome<Accepted>[]).map((each) =>
      'error' in each ? { error: errorFrom(each.error) } : each,
    )
  })
  const verbs = (await opened.promise) as VerbName[]
  isServing = true
  const call = (verb: VerbName) => [verb, (...args: unknown[]) => post({ verb, args })]
  return {
    ...(Object.fromEntries(verbs.map(call)) as Pick<Store, VerbName>),
    accept: (request) => batches.accept(request),
    async close() {
      isServing = false
      if (ended === undefined)
        worker.postMessage({ id: 0, verb: 'close', args: [] } satisfies Request)
      await exited
    },
  }
}

function errorFrom({ code, message }: Failure): Error {
  return code === undefined ? new Error(message) : new AppError(code, message)
}

/**
 * Size of a batch to the worker: large enough to amortize the message, small enough that the worker starts while other
 * requests are still being parsed. The worker commits waiting batches together, up to MAX_IN_COMMIT.
 */
const BATCH = { requests: 8, alerts: 400 } as const

class BatchWriter {
  readonly #send: (batch: EncodedBatch) => Promise<Result[]>
  #encoder = new BatchEncoder()
  #waiting: Waiting[] = []

  constructor(send: (batch: EncodedBatch) => Promise<Result[]>) {
    this.#send = send
  }

  async accept(request: AcceptRequest): Promise<Accepted> {
    const isLarge = isSentAlone(request.body)
    if (isLarge) this.#handOver()
    this.#encoder.add(request)
    const { promise, ...waiting } = Promise.withResolvers<Accepted>()
    this.#waiting.push(waiting)
    const { requests, alerts } = this.#encoder
    if (isLarge || requests >= BATCH.requests || alerts >= BATCH.alerts) this.#handOver()
    else if (requests === 1) afterThisTurn(() => this.#handOver())
    return promise
  }

  #handOver(): void {
    const [encoder, waiting] = [this.#encoder, this.#waiting]
    if (waiting.length === 0) return
    this.#encoder = new BatchEncoder()
    this.#waiting = []
    void settleEach(waiting, this.#send(encoder.encoded()))
  }
}
