import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, realClock } from './clock.ts'

/** How long long-running work may continue in one turn of the event loop. */
const SLICE_MS = 1

const RESOLVED = Promise.resolve()

const current = new AsyncLocalStorage<Pick<TimeSlices, 'next'>>()

/** Awaited between pieces of long work; resolves when the next piece may run, after other work. */
export function yieldTurn(): Promise<void> {
  return (current.getStore() ?? ofProcess).next()
}

const WITHOUT_SLICES = { next: () => RESOLVED }

/** Runs short work, which must not wait behind long work: every `yieldTurn` in it resolves at once. */
export function atOnce<T>(work: () => T): T {
  return current.run(WITHOUT_SLICES, work)
}

/**
 * Slices of SLICE_MS, which the jobs of one instance share. When a slice is over, each job waits for the next one, behind
 * earlier jobs and other work. Dispatch uses a separate instance, so that a flood of large bodies does not delay
 * messages.
 */
export class TimeSlices {
  readonly #clock: Clock
  #last = RESOLVED
  #beganMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs work in which every `yieldTurn` waits for a slice of this instance. */
  run<T>(work: () => T): T {
    return current.run(this, work)
  }

  next(): Promise<void> {
    const elapsedMs = this.#clock.now().getTime() - this.#beganMs
    // Negative after the clock was set back.
    if (elapsedMs >= 0 && elapsedMs < SLICE_MS) return RESOLVED
    this.#last = this.#begin(this.#last)
    return this.#last
  }

  async #begin(previous: Promise<void>): Promise<void> {
    await previous
    await this.#clock.sleep(0)
    this.#beganMs = this.#clock.now().getTime()
  }
}

const ofProcess = new TimeSlices(realClock)

/** Calls `make` for each item in order, and yields before each call. */
export async function mapYielding<T, R>(items: readonly T[], make: (item: T) => R): Promise<R[]> {
  const all: R[] = []
  for (const item of items) {
    await yieldTurn()
    all.push(make(item))
  }
  return all
}
