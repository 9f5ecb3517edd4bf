import { scheduler } from 'node:timers/promises'
/** The only source of time; everything else is handed instants or a Clock. */
export interface Clock {
  now(): Date
  /** Resolves after `ms`, or at once when the signal fires; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** setTimeout fires at once for longer waits than this. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Where a clock takes its time from, in milliseconds. */
export interface Ticks {
  /** Since 1970, of the machine's clock, which a person or a time server may set. */
  wall(): number
  /** Evenly on, whatever the machine's clock is set to. */
  elapsed(): number
}

export const realTicks: Ticks = { wall: () => Date.now(), elapsed: () => performance.now() }

/**
 * Goes on evenly when the machine's clock is set, and follows only when it is told to: so what is counted from real
 * time, such as calls and penalties, can be moved along first.
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

  /** How far the machine's clock was set since; positive when it was set forward. */
  strayedMs(): number {
    return this.#ticks.wall() - this.#ticks.elapsed() - this.#offsetMs
  }

  /** Goes so much of the way to the machine's clock. */
  follow(byMs: number): void {
    this.#offsetMs += byMs
  }
}

/** Does it once all that came in this turn of the event loop has been looked at. */
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

/** Resolves when whatever else is ready has run: between parts of long work, so that nobody waits for all of it. */
export function giveWay(): Promise<void> {
  return scheduler.yield()
}
