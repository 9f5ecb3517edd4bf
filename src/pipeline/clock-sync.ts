import type { SteadyClock } from '../clock.ts'
import type { Events } from '../events.ts'
import type { Store } from '../stores/store.ts'

const EVERY_MS = 1_000

/** The most that a clock drifts, or is slewed by a time server, within a second: 1 %. The pace has a margin for it. */
const MAX_DRIFT_MS = 10

/**
 * Makes the receiver's clock follow the machine's clock. After a step, shifts calls, penalties and due times in the
 * store by the same amount, so that limits and penalties hold in real time. Returns when to check again.
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
  const byMs = Math.trunc(clock.driftMs())
  if (Math.abs(byMs) <= MAX_DRIFT_MS) clock.follow(byMs)
  else {
    // This order makes calls look younger in between, never older, so that the limit holds.
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
