import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from './clock.ts'

/** How long long-running work may continue in one turn of the event loop. */
const SLICE_MS = 1

const RESOLVED = Promise.resolve()

const current = new AsyncLocalStorage<TimeSlices | undefined>()

/**
 * Awaited between pieces of long work; resolves when the next piece may run: within `TimeSlices.run` in the next free
 * slice, elsewhere at once.
 */
export function yieldTurn(): Promise<void> {
  return current.getStore()?.next() ?? RESOLVED
}

/** Runs short work within long work: it never waits for a slice. */
export function atOnce<T>(work: () => T): T {
  return current.run(undefined, work)
}

/**
 * Slices of SLICE_MS, which the jobs of one instance share. When a slice is over, each job waits for the next one, behind
 * earlier jobs and other work. Requests and messages have one instance each, so that a flood of large bodies does not
 * delay messages.
 */
export class TimeSlices {
  readonly #clock: Clock
  #last = RESOLVED
  #beganMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs work that takes turns: `yieldTurn` anywhere in it waits for a slice. */
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

/** Calls `make` for each item in order, and yields before each call. */
export async function mapYielding<T, R>(items: readonly T[], make: (item: T) => R): Promise<R[]> {
  const all: R[] = []
  for (const item of items) {
    await yieldTurn()
    all.push(make(item))
  }
  return all
}
