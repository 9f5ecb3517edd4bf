/**
 * How far the database's clock is ahead of this process's. Instants are stored in the database's time, so that replicas
 * with different clocks agree on windows and on the end of a lease.
 */
export class ClockOffset {
  #ms = 0

  /**
   * Applies a reading: the database's clock showed `there` at some instant between `sent` and `back` of this clock, in
   * whole milliseconds. This proves a range for the offset. An offset within it is kept, so that a slow reply, with a
   * wide range, does not worsen it. Returns the change.
   */
  measured({ sent, there, back }: { sent: number; there: number; back: number }): number {
    const least = there - back - 1
    const most = there - sent + 1
    const before = this.#ms
    this.#ms = Math.min(Math.max(before, least), most)
    return this.#ms - before
  }

  /** Compensates for a change of this process's clock. */
  shift(byMs: number): void {
    this.#ms -= byMs
  }

  get ms(): number {
    return this.#ms
  }
}
