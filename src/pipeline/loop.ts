import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Events } from '../events.ts'

/** The longest sleep, because the wall clock may be changed meanwhile. */
const MAX_SLEEP_MS = 30_000

/**
 * Bounds of the rest before a pass that only a wake has caused: in a storm each commit wakes the loop. In between, the
 * rest is REST_FACTOR times the duration of the last pass, which grows with the number of waiting alerts.
 */
const MIN_REST_MS = 50
const MAX_REST_MS = 1_000
const REST_FACTOR = 40

/** Rest after a pass that threw; a wake shortens it. */
const AFTER_FAILURE_MS = 1_000

export interface LoopOptions {
  /** Does one step and returns when to run again; undefined waits for a wake, at most MAX_SLEEP_MS. */
  pass: () => Promise<Date | undefined>
  clock: Clock
  onFailure: (error: unknown) => void
  /** Called after each pass that did not throw. */
  onSuccess: () => void
}

/** Repeats a pass, one at a time; `wake` starts the next one. */
export class Loop {
  readonly #options: LoopOptions
  #woken = false
  readonly #stopping = new AbortController()
  #sleep: AbortController | undefined
  #done: Promise<void> | undefined

  constructor(options: LoopOptions) {
    this.#options = options
  }

  start(): this {
    this.#done ??= this.#run()
    return this
  }

  /** Ends the sleep. A wake during a pass causes another pass after a rest. */
  wake(): void {
    this.#woken = true
    this.#sleep?.abort()
  }

  /** Resolves when the current pass has ended; no new pass begins. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#sleep?.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const { pass, clock, onFailure, onSuccess } = this.#options
    const stopping = this.#stopping.signal
    while (!stopping.aborted) {
      this.#woken = false
      const began = clock.now().getTime()
      let next: Date | undefined
      try {
        next = await pass()
        onSuccess()
      } catch (error) {
        onFailure(error)
        next = new Date(clock.now().getTime() + AFTER_FAILURE_MS)
      }
      if (stopping.aborted) return
      const now = clock.now().getTime()
      const waitMs = next === undefined ? MAX_SLEEP_MS : next.getTime() - now
      if (waitMs <= 0) continue
      const restMs = Math.min(
        MAX_REST_MS,
        waitMs,
        Math.max(MIN_REST_MS, REST_FACTOR * Math.abs(now - began)),
      )
      if (this.#woken) {
        await clock.sleep(restMs, stopping)
        continue
      }
      this.#sleep = new AbortController()
      await clock.sleep(Math.min(waitMs, MAX_SLEEP_MS), this.#sleep.signal)
      this.#sleep = undefined
    }
  }
}

/** A loop of work on the store. A pass that throws is logged as `store.failed` with the name of the work. */
export function storeLoop(
  doing: string,
  pass: LoopOptions['pass'],
  { clock, events }: { clock: Clock; events: Pick<Events, 'storeFailed' | 'storeWorks'> },
): Loop {
  return new Loop({
    pass,
    clock,
    onFailure: (error) => events.storeFailed(doing, messageOf(error), clock.now()),
    onSuccess: () => events.storeWorks(doing, clock.now()),
  })
}
