import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterThisTurn } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import { type Result, settleEach, unwrap, type Waiting } from '../accept-results.ts'
import type { Accepted, AcceptRequest, ReasonToSuppress } from '../incoming.ts'
import type { Notice } from '../multi-process.ts'
import type { Store } from '../store.ts'
import { BatchEncoder, isSentAlone } from './batch-encoding.ts'
import { restrictToOwner } from './file-mode.ts'
import type { SqliteStore } from './store.ts'
import type { Failure, Reply, Request, VerbName } from './worker.ts'

export interface SqliteOptions {
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
    : // Where a worker has the store, this thread needs none of its SQL.
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
    accept: async (request) => unwrap((await store.acceptAll([request]))[0]),
    close: async () => store.close(),
  }
}

type Pending = { resolve: (value: unknown) => void; reject: (error: Error) => void }
type RequestContent = Request extends infer R
  ? R extends { id: number }
    ? Omit<R, 'id'>
    : never
  : never

async function openInWorker({ path, onFailure }: SqliteOptions): Promise<Store> {
  const entry = new URL(`../../sqlite-worker${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(entry, {
    workerData: { path },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // A commit's objects are short-lived. V8's default young generation is so small that every commit would collect it.
    resourceLimits: { maxYoungGenerationSizeMb: 48 },
  })
  const pending = new Map<number, Pending>()
  let last = 0
  const state = { isOpen: false, isClosing: false }
  let ended: AppError | undefined
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const end = (why: string): void => {
    if (ended !== undefined) return
    ended = new AppError('store_unavailable', `the store's thread ended: ${why}`)
    for (const { reject } of pending.values()) reject(ended)
    pending.clear()
    if (state.isOpen && !state.isClosing) onFailure?.(ended.message)
  }
  worker.on('message', (reply: Reply) => {
    const call = pending.get(reply.id)
    pending.delete(reply.id)
    if ('error' in reply) call?.reject(errorFrom(reply.error))
    else call?.resolve(reply.value)
  })
  worker.on('error', (error) => end(error.message))
  worker.on('exit', (code) => end(`exit code ${code}`))
  const verbs = (await new Promise<unknown>((resolve, reject) =>
    pending.set(0, { resolve, reject }),
  )) as VerbName[]
  state.isOpen = true
  const post = (request: RequestContent, transfer: ArrayBuffer[] = []): Promise<unknown> => {
    if (ended !== undefined) return Promise.reject(ended)
    last += 1
    const id = last
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject })
      worker.postMessage({ ...request, id } satisfies Request, transfer)
    })
  }
  const batches = new BatchWriter((encoder) => {
    const batch = encoder.encoded()
    return post({ kind: 'accept', batch }, [batch.bodies.buffer]) as Promise<Result[]>
  })
  const call = (verb: VerbName) => [
    verb,
    (...args: unknown[]) => post({ kind: 'call', verb, args }),
  ]
  return {
    ...(Object.fromEntries(verbs.map(call)) as Pick<Store, VerbName>),
    accept: (request) => batches.accept(request),
    async close() {
      state.isClosing = true
      if (ended === undefined) worker.postMessage({ kind: 'close' } satisfies Request)
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
  readonly #send: (encoder: BatchEncoder) => Promise<Result[]>
  #encoder = new BatchEncoder()
  #waiting: Waiting[] = []

  constructor(send: (encoder: BatchEncoder) => Promise<Result[]>) {
    this.#send = send
  }

  accept(request: AcceptRequest): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      const isLarge = isSentAlone(request.body)
      if (isLarge) void this.#handOver()
      this.#encoder.add(request)
      this.#waiting.push({ resolve, reject })
      const { requests, alerts } = this.#encoder
      if (isLarge || requests >= BATCH.requests || alerts >= BATCH.alerts) void this.#handOver()
      else if (requests === 1) afterThisTurn(() => void this.#handOver())
    })
  }

  async #handOver(): Promise<void> {
    const [encoder, waiting] = [this.#encoder, this.#waiting]
    if (waiting.length === 0) return
    this.#encoder = new BatchEncoder()
    this.#waiting = []
    await settleEach(waiting, () => this.#send(encoder))
  }
}
