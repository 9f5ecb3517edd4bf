import type { Clock } from '../clock.ts'
import { keepMs } from '../decisions/retention.ts'
import type { Events } from '../events.ts'
import type { Settings } from '../model/settings.ts'
import type { Store } from '../stores/store.ts'

const EVERY_MS = 60_000

/** When so much went at once there is more: soon again, but accepting goes first. */
const BATCH_SIZE = 1_000
const BETWEEN_MS = 200

/**
 * Deletes what is older than the retention and no decision needs and, where the store is shared, frees what is in flight
 * for a robot that nobody works any more; returns when to look again.
 */
export async function pruneRegularly(deps: {
  store: Pick<Store, 'prune' | 'recover'>
  clock: Clock
  settings: () => Settings
  events: Events
  /** Other processes may have gone, or have had robots that are configured no more. */
  shared?: boolean
}): Promise<Date> {
  const now = deps.clock.now()
  if (deps.shared) deps.events.recovered(await deps.store.recover(now))
  const before = new Date(now.getTime() - keepMs(deps.settings()))
  const { messages, alerts } = await deps.store.prune(before, now)
  const gone = messages + alerts
  if (gone > 0) deps.events.pruned(messages, alerts)
  return new Date(now.getTime() + (gone >= BATCH_SIZE ? BETWEEN_MS : EVERY_MS))
}
