/**
 * What is read at once, in bytes of text; what is larger is read alone. Reading takes up to nine times as much: as bytes,
 * as text, as parsed values, and as the copies that go to the store.
 */
export const MAX_BYTES_READ_AT_ONCE = 2 * 1024 * 1024

/**
 * Turns of what takes much memory while it is read: large bodies that are accepted, and payloads that are read again.
 * Each kind goes in the order in which it came; what is read again comes first, so that no flood of bodies holds up
 * what is accepted already.
 */
export class LargeReads {
  readonly #again: Waiting[] = []
  readonly #bodies: Waiting[] = []
  #bytes = 0

  /** Resolves when a body of this size may be read; `leave` ends its turn. */
  acquire(bytes: number): Promise<void> {
    return this.#enter(this.#bodies, bytes)
  }

  /** The same for payloads that are read again, whose size is not known before. */
  acquireReread(): Promise<void> {
    return this.#enter(this.#again, MAX_BYTES_READ_AT_ONCE)
  }

  /** Of as many bytes as have entered. */
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
      const waiting = this.#again.length > 0 ? this.#again : this.#bodies
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
