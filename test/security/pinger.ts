import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * Measures health checks in a separate thread, undisturbed by the rest of this process. `ownMs` excludes the time for
 * which a thread, here or of the receiver, waited for a processor.
 */
export interface Ping {
  ms: number
  ownMs: number
}

const PING_EVERY_MS = 20
const { url, pid } = workerData as { url: string; pid: number | undefined }
const state = { ended: false }

parentPort?.once('message', () => {
  state.ended = true
})

const pings: Ping[] = []
while (!state.ended) {
  const [began, waited] = [performance.now(), waitedMs()]
  await healthy()
  const ms = performance.now() - began
  pings.push({ ms, ownMs: Math.max(0, ms - (waitedMs() - waited)) })
  await sleep(PING_EVERY_MS)
}
parentPort?.postMessage(pings)

function healthy(): Promise<void> {
  return new Promise((resolve, reject) => {
    request(`${url}/-/healthy`, (response) => {
      response.resume()
      response.on('end', () =>
        response.statusCode === 200
          ? resolve()
          : reject(new Error(`/-/healthy answered ${response.statusCode}`)),
      )
    })
      .on('error', reject)
      .end()
  })
}

/** Total time that the receiver's main thread and this one waited for a processor; 0 except on Linux. */
function waitedMs(): number {
  const threads = ['thread-self', ...(pid === undefined ? [] : [`${pid}/task/${pid}`])]
  return threads.reduce((sum, each) => sum + waitedBy(`/proc/${each}/schedstat`), 0)
}

function waitedBy(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}
