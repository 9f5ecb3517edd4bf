import { AppError } from '../errors.ts'

/** Requests that are read, or wait for the disk, at once. */
export const MOST_REQUESTS_UNDER_WAY = 512

/** Bytes of their bodies as they were sent; while one is read it takes several times as much. */
export const MOST_BYTES_UNDER_WAY = 48 * 1024 * 1024

/** Kept on top for addresses that have little under way, so that a sender that floods keeps no other out. */
export const RESERVE = { requests: 64, bytes: 8 * 1024 * 1024 } as const
const LITTLE = { requests: 8, bytes: 8 * 1024 * 1024 } as const

/**
 * Large bodies that are read at once, in bytes after decompression; a larger one is read alone. Reading takes up to nine
 * times a body's size: as bytes, as text, as parsed values, and as the copies that go to the store.
 */
export const MAX_BYTES_READ_AT_ONCE = 2 * 1024 * 1024

/** What is under way: beyond its bounds senders are asked to come again, before their bodies are read. */
export class Load {
  readonly #all = { requests: 0, bytes: 0 }
  readonly #byAddress = new Map<string, { requests: number; bytes: number }>()
  readonly #reading = new Reading()

  /** A place for a request of so many bytes, as far as they are declared; AppError overloaded when there is none. */
  enter(declaredBytes: number, address = ''): Place {
    const all = this.#all
    const own = this.#byAddress.get(address) ?? { requests: 0, bytes: 0 }
    const mayEnter = (more: number): boolean =>
      all.requests + more <=
      MOST_REQUESTS_UNDER_WAY + (own.requests + more <= LITTLE.requests ? RESERVE.requests : 0)
    const mayHold = (more: number): boolean =>
      all.bytes + more <=
      MOST_BYTES_UNDER_WAY + (own.bytes + more <= LITTLE.bytes ? RESERVE.bytes : 0)
    const hold = (more: number): void => {
      all.bytes += more
      own.bytes += more
    }
    if (!mayEnter(1)) throw overloaded('requests')
    if (!mayHold(declaredBytes)) throw overloaded('bytes')
    this.#byAddress.set(address, own)
    all.requests += 1
    own.requests += 1
    hold(declaredBytes)
    let held = declaredBytes
    let come = 0
    let read = 0
    return {
      admit: (bytes) => {
        come += bytes
        if (come <= held) return
        if (!mayHold(come - held)) throw overloaded('bytes')
        hold(come - held)
        held = come
      },
      read: async (bytes) => {
        read = Math.min(bytes, MAX_BYTES_READ_AT_ONCE)
        await this.#reading.enter(read)
      },
      leave: () => {
        if (read > 0) this.#reading.leave(read)
        all.requests -= 1
        own.requests -= 1
        hold(-held)
        if (own.requests === 0) this.#byAddress.delete(address)
      },
    }
  }
}

export interface Place {
  /** Told of bytes as they come; AppError overloaded when they are more than declared and there is no room. */
  admit: (bytes: number) => void
  /** Resolves when a large body of this size may be read; at most once, and its turn ends with `leave`. */
  read: (bytes: number) => Promise<void>
  leave: () => void
}

/** Turns of large bodies, in the order in which they came. */
class Reading {
  readonly #waiting: { bytes: number; begin: () => void }[] = []
  #bytes = 0

  enter(bytes: number): Promise<void> {
    return new Promise((begin) => {
      this.#waiting.push({ bytes, begin })
      this.#next()
    })
  }

  leave(bytes: number): void {
    this.#bytes -= bytes
    this.#next()
  }

  #next(): void {
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined || this.#bytes + next.bytes > MAX_BYTES_READ_AT_ONCE) return
      this.#waiting.shift()
      this.#bytes += next.bytes
      next.begin()
    }
  }
}

function overloaded(what: string): AppError {
  return new AppError(
    'overloaded',
    `too many ${what} under way at once; nothing of this request was taken, send it again`,
  )
}
