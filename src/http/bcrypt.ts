import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

export interface Comparison {
  password: string
  hash: string
}

/** True if a password belongs to a bcrypt hash; rejects if the thread ends. Callers run one comparison at a time. */
export type Compare = (comparison: Comparison) => Promise<boolean>

/**
 * Compares in a thread, which starts with the first comparison: bcryptjs' own asynchronous form blocks the event loop
 * for 100 ms at a time.
 */
export function createBcrypt(): Compare {
  let worker: Worker | undefined
  return (comparison) =>
    new Promise((resolve, reject) => {
      worker ??= startWorker()
      const used = worker
      const ended = (): void => {
        worker = undefined
        reject(new Error('the thread that compares passwords has ended'))
      }
      used.once('exit', ended)
      used.once('message', (isRight) => {
        used.off('exit', ended)
        resolve(isRight === true)
      })
      used.postMessage(comparison)
    })
}

function startWorker(): Worker {
  const entry = new URL(`./bcrypt-worker${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(entry, {
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  })
  // An `exit` event follows, which rejects the pending comparison.
  worker.on('error', () => {})
  worker.unref()
  return worker
}
