import type { ReasonToSuppress } from '../../src/stores/incoming.ts'
import type { SqliteDatabase } from '../../src/stores/sqlite/database.ts'
import type { Store } from '../../src/stores/store.ts'

/** Disables a safeguard of a process, in its store or in its suppress decision. */
export interface Sabotage {
  store?: (store: Store, database: SqliteDatabase) => Store
  reason?: (reason: ReasonToSuppress) => ReasonToSuppress
}
