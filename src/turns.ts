import type { Clock } from './clock.ts'

/** Long work in steps of a few milliseconds at most, with what it comes to. */
export type Steps<T> = Generator<unknown, T, void>

/** For how long steps go on in one turn of the event loop. */
const TURN_MS = 1

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
