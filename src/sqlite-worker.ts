import { reasonToSuppress } from './decisions/aggregate.ts'
import { runSqliteWorker } from './stores/sqlite/worker.ts'

// Functions cannot be handed to a thread, so what the store decides by is put together here.
await runSqliteWorker(reasonToSuppress)
