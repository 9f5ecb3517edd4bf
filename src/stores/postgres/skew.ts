/**
 * How far the database's clock is ahead of this process's. What is stored is in the database's time, so that replicas
 * whose clocks differ count the same calls in the same window and agree on when a lease ends; what is handed out is in
 * the process's own.
 */
export class Skew {
  #ms = 0
  #known = false

  /**
   * Takes a reading: the database's clock showed `there` at some instant between `sent` and `back` of this one. The
   * offset moves no further than that proves, so that slow replies cost no accuracy. Gives by how much it moved, 0 for
   * the first.
   */
  measured({ sent, there, back }: { sent: number; there: number; back: number }): number {
    const least = Math.ceil(there - back)
    const most = Math.floor(there - sent)
    const middle = Math.round((least + most) / 2)
    const next = this.#known ? Math.min(Math.max(this.#ms, least), Math.max(least, most)) : middle
    const moved = this.#known ? next - this.#ms : 0
    this.#ms = next
    this.#known = true
    return moved
  }

  /** This process's clock was set by so much: what was stored keeps its distance from now. */
  shift(byMs: number): void {
    this.#ms -= byMs
  }

  get ms(): number {
    return this.#ms
  }
}
