import { reasonToSuppress } from './decisions/aggregate.ts'
import { runStoreThread } from './stores/sqlite/thread.ts'

// Functions cannot be handed to a thread, so what the store decides by is put together here.
runStoreThread(reasonToSuppress)
