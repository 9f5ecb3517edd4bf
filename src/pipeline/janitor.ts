import type { Clock } from '../clock.ts'
import { effectiveRetentionMs } from '../decisions/retention.ts'
import type { Events } from '../events.ts'
import type { Settings } from '../model/settings.ts'
import type { Store } from '../stores/store.ts'

const EVERY_MS = 60_000

/** After this many deletions more rows are probably left. The next run starts soon, but leaves time for accepts. */
const MANY_ROWS = 1_000
const BETWEEN_MS = 200

/**
 * Deletes rows that are older than the retention and that no decision needs. In a shared store, also requeues in-flight
 * messages of robots that no process serves any more. Returns when to run again.
 */
export async function pruneOnce(deps: {
  store: Pick<Store, 'prune' | 'recover'>
  clock: Clock
  settings: () => Settings
  events: Events
  /** Whether other processes use the store; one may have ended with messages in flight. */
  shared: boolean
}): Promise<Date> {
  const now = deps.clock.now()
  if (deps.shared) deps.events.recovered(await deps.store.recover(now))
  const before = new Date(now.getTime() - effectiveRetentionMs(deps.settings()))
  const { messages, alerts } = await deps.store.prune(before, now)
  const gone = messages + alerts
  if (gone > 0) deps.events.pruned(messages, alerts)
  return new Date(now.getTime() + (gone >= MANY_ROWS ? BETWEEN_MS : EVERY_MS))
}
