/**
 * Limit on the bytes of text that are read at once; a larger body is read alone. Reading takes up to nine times as much
 * memory: bytes, text, parsed values, and the copies for the store.
 */
export const MAX_BYTES_READ_AT_ONCE = 2 * 1024 * 1024

/**
 * Queues for reads that need much memory: large bodies to accept, and stored payloads to read again. Each queue is
 * first in, first out. Stored payloads come first, so that a flood of bodies does not delay accepted alerts.
 */
export class LargeReads {
  readonly #rereads: Waiting[] = []
  readonly #bodies: Waiting[] = []
  #bytes = 0

  /** Resolves when a body of this size may be read; `release` ends the read. */
  acquire(bytes: number): Promise<void> {
    return this.#enter(this.#bodies, bytes)
  }

  /** Like `acquire`, for stored payloads, whose size is not known in advance. */
  acquireReread(): Promise<void> {
    return this.#enter(this.#rereads, MAX_BYTES_READ_AT_ONCE)
  }

  /** Ends a read of as many bytes as were acquired. */
  release(bytes = MAX_BYTES_READ_AT_ONCE): void {
    this.#bytes -= Math.min(bytes, MAX_BYTES_READ_AT_ONCE)
    this.#next()
  }

  #enter(waiting: Waiting[], bytes: number): Promise<void> {
    return new Promise((begin) => {
      waiting.push({ bytes: Math.min(bytes, MAX_BYTES_READ_AT_ONCE), begin })
      this.#next()
    })
  }

  #next(): void {
    for (;;) {
      const waiting = this.#rereads.length > 0 ? this.#rereads : this.#bodies
      const [next] = waiting
      if (next === undefined || this.#bytes + next.bytes > MAX_BYTES_READ_AT_ONCE) return
      waiting.shift()
      this.#bytes += next.bytes
      next.begin()
    }
  }
}

interface Waiting {
  bytes: number
  begin: () => void
}
