import type { Clock } from './clock.ts'

/** Awaited between pieces of long work; resolves when the next piece may run. */
export type YieldTurn = () => Promise<void>

const RESOLVED = Promise.resolve()

/** For short work and for virtual time: continues in the same turn of the event loop. */
export const immediate: YieldTurn = () => RESOLVED

/** How long long-running work may continue in one turn of the event loop. */
const SLICE_MS = 1

/**
 * Jobs of one instance share slices of SLICE_MS. When a slice is over, each job waits for the next one, behind earlier
 * jobs and other work. The app has one instance for dispatch and one for all other jobs.
 */
export function createYieldTurn(clock: Clock): YieldTurn {
  let last = RESOLVED
  let sliceBeganMs = Number.NEGATIVE_INFINITY
  const nextSlice = async (previous: Promise<void>): Promise<void> => {
    await previous
    await clock.sleep(0)
    sliceBeganMs = clock.now().getTime()
  }
  return () => {
    const elapsedMs = clock.now().getTime() - sliceBeganMs
    // Negative after the clock was set back.
    if (elapsedMs >= 0 && elapsedMs < SLICE_MS) return RESOLVED
    last = nextSlice(last)
    return last
  }
}

/** Calls `make` for each item in order, and yields before each call. */
export async function mapYielding<T, R>(
  items: readonly T[],
  make: (item: T) => R,
  yieldTurn: YieldTurn,
): Promise<R[]> {
  const all: R[] = []
  for (const item of items) {
    await yieldTurn()
    all.push(make(item))
  }
  return all
}
