import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { ReasonToSuppress } from '../store.ts'
import { type Engine, openEngine } from './engine.ts'
import { type AcceptRequest, answer, answerAccepts, faultOf, type Request } from './protocol.ts'

/** Requests that share one commit at most; a commit of more would keep the first of them waiting. */
const MOST_IN_COMMIT = 200

/** Holds the file in this thread and answers what the facade asks, in order. */
export function runStoreThread(reasonToSuppress: ReasonToSuppress): void {
  const port = parentPort
  if (port === null) throw new Error('this runs in a thread of the store only')
  try {
    const engine = openEngine({ path: (workerData as { path: string }).path, reasonToSuppress })
    port.on('message', (request: Request) => {
      let next: Request | undefined = request
      while (next !== undefined) next = answerOn(port, engine, next)
    })
    port.postMessage([{ id: 0, value: 'open' }])
  } catch (error) {
    port.postMessage([{ id: 0, fault: faultOf(error) }])
    port.close()
  }
}

/**
 * Answers a request, and with one to accept all others that have come meanwhile: what arrives while a commit is under
 * way shares the next, so that durability costs one flush for many. Gives the first that came after those, if any.
 */
function answerOn(port: MessagePort, engine: Engine, request: Request): Request | undefined {
  if (request.kind === 'close') {
    engine.close()
    port.close()
    return undefined
  }
  if (request.kind === 'verb') {
    port.postMessage([answer(engine, request)])
    return undefined
  }
  const together: AcceptRequest[] = [request]
  let count = request.packed.counts.length
  let next: Request | undefined
  while (count < MOST_IN_COMMIT) {
    next = receiveMessageOnPort(port)?.message as Request | undefined
    if (next?.kind !== 'accept') break
    together.push(next)
    count += next.packed.counts.length
    next = undefined
  }
  port.postMessage(answerAccepts(engine, together))
  return next
}
