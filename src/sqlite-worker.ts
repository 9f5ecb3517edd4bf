import { reasonToSuppress } from './decisions/aggregate.ts'
import { runSqliteWorker } from './stores/sqlite/worker.ts'

// Functions cannot be passed to a worker thread, so the store gets this one here.
await runSqliteWorker(reasonToSuppress)
