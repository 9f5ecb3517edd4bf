// Loaded before the receiver: SIGUSR2 ends every worker thread that it has started.
import { syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'

const started = []
if (threads.isMainThread) {
  const { Worker } = threads
  threads.Worker = class extends Worker {
    constructor(...values) {
      super(...values)
      started.push(this)
    }
  }
  syncBuiltinESMExports()
  process.on('SIGUSR2', () => {
    for (const worker of started) void worker.terminate()
  })
}
