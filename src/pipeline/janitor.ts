import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'
import type { Settings } from '../model/settings.ts'
import type { Store } from '../stores/store.ts'

const EVERY_MS = 10 * 60_000

/** Between two batches, so that accepting goes first. */
const BETWEEN_MS = 200

/**
 * Forgets what is older than the retention, and frees what is in flight for a robot that nobody works any more; gives
 * when to look again.
 */
export async function tidy(deps: {
  store: Pick<Store, 'prune' | 'recover'>
  clock: Clock
  settings: () => Settings
  events: Events
}): Promise<Date> {
  const now = deps.clock.now()
  deps.events.recovered(await deps.store.recover(now))
  const before = new Date(now.getTime() - deps.settings().retentionMs)
  const { messages, alerts } = await deps.store.prune(before, now)
  const more = messages + alerts > 0
  if (more) deps.events.pruned(messages, alerts)
  return new Date(now.getTime() + (more ? BETWEEN_MS : EVERY_MS))
}
