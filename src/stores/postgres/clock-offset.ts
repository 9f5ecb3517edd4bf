/**
 * How far the database's clock is ahead of this process's. What is stored is in the database's time, so that replicas
 * whose clocks differ count the same calls in the same window and agree on when a lease ends.
 */
export class ClockOffset {
  #ms = 0

  /**
   * Takes a reading: the database's clock showed `there` at some instant between `sent` and `back` of this one, all in
   * whole milliseconds. The offset moves no further than that proves, so that slow replies cost no accuracy. Returns by
   * how much it moved.
   */
  measured({ sent, there, back }: { sent: number; there: number; back: number }): number {
    const least = there - back - 1
    const most = there - sent + 1
    const before = this.#ms
    this.#ms = Math.min(Math.max(before, least), most)
    return this.#ms - before
  }

  /** This process's clock was set by so much: what was stored keeps its distance from now. */
  shift(byMs: number): void {
    this.#ms -= byMs
  }

  get ms(): number {
    return this.#ms
  }
}
