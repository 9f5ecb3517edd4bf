import { scheduler } from 'node:timers/promises'

/** The only source of time; all other code takes instants or a Clock as parameters. */
export interface Clock {
  now(): Date
  /** Resolves after `ms`, or at once when the signal fires; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** setTimeout fires immediately for longer delays. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Time sources of a clock, in milliseconds. */
export interface Ticks {
  /** Milliseconds since 1970 by the wall clock, which a person or a time server may set. */
  wall(): number
  /** Milliseconds that only ever increase. */
  elapsed(): number
}

export const realTicks: Ticks = { wall: () => Date.now(), elapsed: () => performance.now() }

/**
 * A clock that ignores changes of the wall clock until `follow` is called, so that stored calls and penalties can be
 * shifted first.
 */
export class SteadyClock implements Clock {
  readonly #ticks: Ticks
  readonly sleep: Clock['sleep']
  #offsetMs: number

  constructor(ticks: Ticks, sleep: Clock['sleep']) {
    this.#ticks = ticks
    this.sleep = sleep
    this.#offsetMs = ticks.wall() - ticks.elapsed()
  }

  now(): Date {
    return new Date(this.#ticks.elapsed() + this.#offsetMs)
  }

  /** How far the wall clock is ahead of this clock. */
  driftMs(): number {
    return this.#ticks.wall() - this.#ticks.elapsed() - this.#offsetMs
  }

  /** Moves this clock by `byMs`. */
  follow(byMs: number): void {
    this.#offsetMs += byMs
  }
}

/** Runs `work` after all I/O events of this event-loop turn. */
export function afterThisTurn(work: () => void): void {
  setImmediate(work)
}

export const realClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), MAX_TIMER_MS))
      signal?.addEventListener('abort', done, { once: true })
      function done(): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
    }),
}

/** Resolves after other pending work; awaited between parts of long reads and writes of a store. */
export function nextTurn(): Promise<void> {
  return scheduler.yield()
}
