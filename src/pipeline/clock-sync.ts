import type { SteadyClock } from '../clock.ts'
import type { Events } from '../events.ts'
import type { Store } from '../stores/store.ts'

const EVERY_MS = 1_000

/** What a clock drifts, or a time server slews it, within a second: 1 %, for which the pace leaves a margin. */
const DRIFT_MS = 10

/**
 * Lets the service's clock follow the machine's. When that was set, calls, penalties and due times are moved by as
 * much, so that the limit and a penalty hold in real time; gives when to look again.
 */
export async function correctClockSteps({
  clock,
  store,
  events,
}: {
  clock: SteadyClock
  store: Pick<Store, 'shift'>
  events: Pick<Events, 'clockSet'>
}): Promise<Date> {
  const byMs = Math.trunc(clock.strayedMs())
  if (Math.abs(byMs) <= DRIFT_MS) clock.follow(byMs)
  else {
    // In either order calls look younger in between, never older.
    if (byMs > 0) await store.shift(byMs)
    clock.follow(byMs)
    if (byMs < 0)
      await store.shift(byMs).catch((error: unknown) => {
        clock.follow(-byMs)
        throw error
      })
    events.clockSet(byMs)
  }
  return new Date(clock.now().getTime() + EVERY_MS)
}
