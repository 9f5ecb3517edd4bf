import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { AppError, type ErrorCode, messageOf } from '../../errors.ts'
import type { AcceptRequest, ReasonToSuppress } from '../incoming.ts'
import type { SqlVerbs } from '../sql/verbs.ts'
import { decodeBatch, type EncodedBatch } from './batch-encoding.ts'
import { openSqliteStore, type SqliteStore } from './store.ts'

export type VerbName = keyof SqlVerbs

/** A message to the worker: a verb with its arguments, `accept` with one EncodedBatch, or `close`, answered by the exit. */
export interface Request {
  id: number
  verb: VerbName | 'accept' | 'close'
  args: unknown[]
}

export type Outcome<Value> = { value: Value } | { error: Failure }

/**
 * A message from the worker. Id 0 reports the opening, with the names of the store's verbs. The value of `accept` is an
 * Outcome for each request.
 */
export type Reply = { id: number } & Outcome<unknown>

/** A serialized error. */
export interface Failure {
  code: ErrorCode | undefined
  message: string
}

/** No further batch joins a commit with this many requests; a larger commit would delay the first of them. */
const MAX_IN_COMMIT = 512

/** Opens the file named by the worker's data, and serves requests until it is closed. */
export async function runSqliteWorker(reasonToSuppress: ReasonToSuppress): Promise<void> {
  const port = parentPort as MessagePort
  const { path } = workerData as { path: string }
  try {
    const store = await openSqliteStore({ path, reasonToSuppress })
    new Worker(port, store).listen()
    port.postMessage({ id: 0, value: Object.keys(store.verbs) } satisfies Reply)
  } catch (error) {
    port.postMessage({ id: 0, error: failureOf(error) } satisfies Reply)
  }
}

class Worker {
  readonly #port: MessagePort
  readonly #store: SqliteStore
  readonly #batches: { id: number; requests: AcceptRequest[] }[] = []
  readonly #underWay = new Set<Promise<void>>()
  #isCommitting = false

  constructor(port: MessagePort, store: SqliteStore) {
    this.#port = port
    this.#store = store
  }

  listen(): void {
    this.#port.on('message', (request: Request) => this.#take(request))
  }

  #take({ id, verb, args }: Request): void {
    if (verb === 'close') void this.#close()
    else if (verb !== 'accept') this.#start(this.#call(id, verb, args))
    else {
      this.#batches.push({ id, requests: decodeBatch(args[0] as EncodedBatch) })
      if (!this.#isCommitting) this.#start(this.#commitAll())
    }
  }

  #start(work: Promise<void>): void {
    this.#underWay.add(work)
    void work.then(() => this.#underWay.delete(work))
  }

  async #call(id: number, verb: VerbName, args: unknown[]): Promise<void> {
    try {
      const call = this.#store.verbs[verb] as (...all: unknown[]) => Promise<unknown>
      this.#reply({ id, value: await call(...args) })
    } catch (error) {
      this.#reply({ id, error: failureOf(error) })
    }
  }

  /** Requests that arrive while rows are written join the commit; later ones share the next. */
  async #commitAll(): Promise<void> {
    this.#isCommitting = true
    for (this.#drain(); this.#batches.length > 0; this.#drain()) {
      const taken: { id: number; count: number }[] = []
      let count = 0
      const next = (): AcceptRequest[] => {
        const requests: AcceptRequest[] = []
        while (this.#batches.length > 0 && count < MAX_IN_COMMIT) {
          const batch = this.#batches.shift() as { id: number; requests: AcceptRequest[] }
          taken.push({ id: batch.id, count: batch.requests.length })
          count += batch.requests.length
          requests.push(...batch.requests)
        }
        return requests
      }
      const results = await this.#store.acceptAll(next(), () => {
        this.#drain()
        return next()
      })
      const outcomes = results.map((each) =>
        'error' in each ? { error: failureOf(each.error) } : each,
      )
      for (const { id, count } of taken) this.#reply({ id, value: outcomes.splice(0, count) })
    }
    this.#isCommitting = false
  }

  /** Reads messages that the event loop has not delivered yet. */
  #drain(): void {
    for (;;) {
      const next = receiveMessageOnPort(this.#port)
      if (next === undefined) return
      this.#take(next.message as Request)
    }
  }

  #reply(reply: Reply): void {
    this.#port.postMessage(reply)
  }

  async #close(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    this.#store.close()
    this.#port.close()
  }
}

function failureOf(error: unknown): Failure {
  return { code: error instanceof AppError ? error.code : undefined, message: messageOf(error) }
}
