import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { TimeSlices } from '../../src/time-slices.ts'

/** Runs work whose every `yieldTurn` waits for `next`. */
export function yieldingTo<T>(next: () => Promise<void>, work: () => T): T {
  return Object.assign(new TimeSlices(new VirtualClock(new Date(0))), { next }).run(work)
}

/** Counts how often the work yields. */
export async function yieldsOf<T>(work: () => Promise<T>): Promise<{ result: T; yields: number }> {
  let yields = 0
  const next = async (): Promise<void> => {
    yields += 1
  }
  return { result: await yieldingTo(next, work), yields }
}
