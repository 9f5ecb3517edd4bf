import type { Clock } from './clock.ts'

/** Awaited between the pieces of long work; resolves when the next piece may go on. */
export type GiveWay = () => Promise<void>

const RESOLVED = Promise.resolve()

/** For short work, and for virtual time: goes on within the same turn of the event loop. */
export const immediate: GiveWay = () => RESOLVED

/** For how long long work goes on in one turn of the event loop. */
const SLICE_MS = 1

/**
 * To be shared by all long work of a process. Whatever number of jobs runs at once, in one turn of the event loop one
 * job goes on, for SLICE_MS and the rest of a piece; other work runs before the next job does.
 */
export function createGiveWay(clock: Clock): GiveWay {
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

/** What `make` returns for each item, in order; gives way before each. */
export async function mapGivingWay<T, R>(
  items: readonly T[],
  make: (item: T) => R,
  giveWay: GiveWay,
): Promise<R[]> {
  const all: R[] = []
  for (const item of items) {
    await giveWay()
    all.push(make(item))
  }
  return all
}
