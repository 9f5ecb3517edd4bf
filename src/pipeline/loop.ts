import type { Clock } from '../clock.ts'

/** However far away the next thing is, look again after this: a wall clock may have been set meanwhile. */
const LONGEST_SLEEP_MS = 30_000

/** After a pass that threw. */
const AFTER_FAILURE_MS = 1_000

export interface LoopOptions {
  /** Does one thing; gives when there may be more to do, undefined when not before it is woken. */
  pass: () => Promise<Date | undefined>
  clock: Clock
  failed: (error: unknown) => void
}

/** A pass again and again, one at a time, woken when something new waits. */
export class Loop {
  readonly #options: LoopOptions
  #woken = false
  #stopped = false
  #sleep: AbortController | undefined
  #done: Promise<void> | undefined

  constructor(options: LoopOptions) {
    this.#options = options
  }

  start(): this {
    this.#done ??= this.#run()
    return this
  }

  /** Ends the sleep; a wake during a pass is not lost. */
  wake(): void {
    this.#woken = true
    this.#sleep?.abort()
  }

  /** Resolves when the pass under way has ended; no other begins. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#sleep?.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const { pass, clock, failed } = this.#options
    while (!this.#stopped) {
      this.#woken = false
      let next: Date | undefined
      try {
        next = await pass()
      } catch (error) {
        failed(error)
        next = new Date(clock.now().getTime() + AFTER_FAILURE_MS)
      }
      if (this.#woken || this.#stopped) continue
      const waitMs = next === undefined ? LONGEST_SLEEP_MS : next.getTime() - clock.now().getTime()
      if (waitMs <= 0) continue
      this.#sleep = new AbortController()
      await clock.sleep(Math.min(waitMs, LONGEST_SLEEP_MS), this.#sleep.signal)
      this.#sleep = undefined
    }
  }
}
