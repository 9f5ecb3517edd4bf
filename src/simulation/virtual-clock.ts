import type { Clock } from '../clock.ts'

/** A clock that moves only by `pass` and `step`, and wakes sleepers in order. */
export class VirtualClock implements Clock {
  #nowMs: number
  /** In the order in which they began to sleep. */
  readonly #sleepers: { atMs: number; wake: () => void }[] = []

  constructor(start: Date) {
    this.#nowMs = start.getTime()
  }

  now(): Date {
    return new Date(this.#nowMs)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const sleeper = { atMs: this.#nowMs + Math.max(0, ms), wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', wake, { once: true })
      const sleepers = this.#sleepers
      function wake(): void {
        const at = sleepers.indexOf(sleeper)
        if (at >= 0) sleepers.splice(at, 1)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
    })
  }

  /** Advances by `ms`. Lets each sleeper that wakes run until it sleeps again. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settled()
    for (;;) {
      const next = this.#sleepers
        .filter((each) => each.atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.wake()
      await settled()
    }
    this.#nowMs = endMs
  }

  /** Sets the clock, as an operator or a time server does. */
  step(ms: number): void {
    this.#nowMs += ms
  }
}

/** Resolves when all work that does not wait for the clock has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}
