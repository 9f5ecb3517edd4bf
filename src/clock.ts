/** The only source of time; everything else is handed instants or a Clock. */
export interface Clock {
  now(): Date
  /** Resolves after `ms`, or at once when the signal fires; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** setTimeout fires at once for longer waits than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

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

/** Long work in steps of a few milliseconds at most, with what it comes to. */
export type Steps<T> = Generator<unknown, T, void>

/** For how long steps go on in one turn of the event loop. */
const TURN_MS = 10

/**
 * Lets long work give way: however much of it there is at once, in one turn of the event loop only one piece goes on,
 * for TURN_MS and the rest of a step, and whatever else has come is looked at before the next.
 */
export class Turns {
  readonly #clock: Clock
  #last: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Goes through steps to their end; rejects with what one of them throws. */
  async run<T>(steps: Steps<T>): Promise<T> {
    for (;;) {
      await this.next()
      const until = this.#clock.now().getTime() + TURN_MS
      do {
        const step = steps.next()
        if (step.done) return step.value
      } while (this.#clock.now().getTime() < until)
    }
  }

  /** Resolves in a turn that no other long work has. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => this.#clock.sleep(0))
    return this.#last
  }
}

/** Something of each item, a step for each. */
export function* ofEach<T, R>(items: readonly T[], make: (item: T) => R): Steps<R[]> {
  const all: R[] = []
  for (const item of items) {
    all.push(make(item))
    yield
  }
  return all
}

/** For where time is virtual, and nobody waits for a turn. */
export const noTurns: Pick<Turns, 'run'> = { run: async (steps) => atOnce(steps) }

/** Goes through steps without giving way. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

export const realClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS))
      signal?.addEventListener('abort', done, { once: true })
      function done(): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
    }),
}
