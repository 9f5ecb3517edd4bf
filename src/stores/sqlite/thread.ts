import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { realClock } from '../../clock.ts'
import type { Steps } from '../../turns.ts'
import type { ReasonToSuppress } from '../store.ts'
import { type Engine, openEngine } from './engine.ts'
import { requestsIn } from './packed.ts'
import {
  type AcceptRequest,
  answer,
  answerAccepts,
  faultOf,
  type Reply,
  type Request,
  type VerbRequest,
} from './protocol.ts'

/** Requests that share one commit at most; a commit of more would keep the first of them waiting. */
const MOST_IN_COMMIT = 200

/** Holds the file in this thread and answers what the facade asks. */
export function runStoreThread(reasonToSuppress: ReasonToSuppress): void {
  const port = parentPort
  if (port === null) throw new Error('this runs in a thread of the store only')
  try {
    const engine = openEngine({ path: (workerData as { path: string }).path, reasonToSuppress })
    const rounds = new Rounds(engine, port)
    port.on('message', (request: Request) => rounds.take(request))
    port.postMessage([{ id: 0, value: 'open' }])
  } catch (error) {
    port.postMessage([{ id: 0, fault: faultOf(error) }])
    port.close()
  }
}

/** Between two steps of long work while senders are about: without it the processor is all theirs only afterwards. */
const REST_MS = 1

/**
 * Verbs one after another, as they were asked; between two steps of one, all requests that have come are accepted in
 * one commit. So durability costs one flush for many, and no walk over all that waits holds up a sender.
 */
class Rounds {
  readonly #engine: Engine
  readonly #port: MessagePort
  readonly #accepts: AcceptRequest[] = []
  readonly #verbs: VerbRequest[] = []
  #slices: Steps<Reply> | Steps<void> | undefined
  #rests = false
  #closing = false

  constructor(engine: Engine, port: MessagePort) {
    this.#engine = engine
    this.#port = port
  }

  take(request: Request): void {
    this.#line(request)
    this.#work()
  }

  #work(): void {
    this.#drain()
    while (this.#accepts.length > 0 || (this.#hasVerbs() && !this.#rests)) {
      const comes = this.#accepts.length > 0
      if (comes) this.#commit()
      if (!this.#rests) this.#slice()
      if (comes && this.#slices !== undefined) void this.#rest()
      this.#drain()
    }
    if (!this.#closing || this.#hasVerbs()) return
    this.#engine.close()
    this.#port.close()
  }

  async #rest(): Promise<void> {
    if (this.#rests) return
    this.#rests = true
    await realClock.sleep(REST_MS)
    this.#rests = false
    this.#work()
  }

  #hasVerbs(): boolean {
    return this.#verbs.length > 0 || this.#slices !== undefined
  }

  #commit(): void {
    let count = 0
    const taken = (): AcceptRequest[] => {
      let lots = 0
      for (; lots < this.#accepts.length && count < MOST_IN_COMMIT; lots += 1)
        count += requestsIn((this.#accepts[lots] as AcceptRequest).packed)
      return this.#accepts.splice(0, lots)
    }
    const more = (): AcceptRequest[] => {
      this.#drain()
      return taken()
    }
    this.#port.postMessage(answerAccepts(this.#engine, taken(), more))
  }

  #slice(): void {
    const asked = this.#slices === undefined ? this.#verbs.shift() : undefined
    if (asked !== undefined) this.#slices = answer(this.#engine, asked)
    const turn = this.#slices?.next()
    if (turn?.done !== true) return
    this.#slices = undefined
    if (turn.value === undefined) return
    this.#port.postMessage([turn.value])
    // Who has claimed need not wait for this, but whatever is asked next does.
    if (this.#engine.mustClear()) this.#slices = this.#engine.clear()
  }

  /** Takes what has come meanwhile. */
  #drain(): void {
    for (;;) {
      const next = receiveMessageOnPort(this.#port)
      if (next === undefined) return
      this.#line(next.message as Request)
    }
  }

  #line(request: Request): void {
    if (request.kind === 'accept') this.#accepts.push(request)
    else if (request.kind === 'verb') this.#verbs.push(request)
    else this.#closing = true
  }
}
