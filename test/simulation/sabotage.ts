import type { ReasonToSuppress } from '../../src/stores/incoming.ts'
import type { SqliteDatabase } from '../../src/stores/sqlite/database.ts'
import type { Store } from '../../src/stores/store.ts'

/** Takes a mend out of a process: its store breaks a promise, or its decision on what to suppress is wrong. */
export interface Sabotage {
  store?: (store: Store, database: SqliteDatabase) => Store
  reason?: (reason: ReasonToSuppress) => ReasonToSuppress
}
