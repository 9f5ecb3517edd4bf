import { parentPort, workerData } from 'node:worker_threads'
import type { ReasonToSuppress } from '../store.ts'
import { openEngine } from './engine.ts'
import { answer, faultOf, type Request } from './protocol.ts'

/** Holds the file in this thread and answers what the facade asks, in order. */
export function runStoreThread(reasonToSuppress: ReasonToSuppress): void {
  const port = parentPort
  if (port === null) throw new Error('this runs in a thread of the store only')
  try {
    const engine = openEngine({ path: (workerData as { path: string }).path, reasonToSuppress })
    port.on('message', (request: Request) => {
      if (request.kind !== 'close') return port.postMessage(answer(engine, request))
      engine.close()
      port.close()
    })
    port.postMessage({ id: 0, value: 'open' })
  } catch (error) {
    port.postMessage({ id: 0, fault: faultOf(error) })
    port.close()
  }
}
