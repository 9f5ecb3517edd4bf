import { AppError } from '../errors.ts'
import { LargeReads } from '../large-reads.ts'

/** Requests that are read, or wait for the disk, at once. */
export const MAX_CONCURRENT_REQUESTS = 512

/** Bytes of their bodies as they were sent; while one is read it takes several times as much. */
export const MAX_CONCURRENT_BYTES = 48 * 1024 * 1024

/** Kept on top for addresses that have little under way, so that a sender that floods keeps no other out. */
export const RESERVE = { requests: 64, bytes: 8 * 1024 * 1024 } as const
const SMALL_SENDER = { requests: 8, bytes: 8 * 1024 * 1024 } as const

/** What is under way: beyond its bounds senders are asked to come again, before their bodies are read. */
export class AdmissionControl {
  readonly #all = { requests: 0, bytes: 0 }
  readonly #byAddress = new Map<string, { requests: number; bytes: number }>()
  readonly #reads: LargeReads

  constructor(reads = new LargeReads()) {
    this.#reads = reads
  }

  /** A place for a request of so many bytes, as far as they are declared; AppError overloaded when there is none. */
  acquire(declaredBytes: number, address = ''): Ticket {
    const all = this.#all
    const own = this.#byAddress.get(address) ?? { requests: 0, bytes: 0 }
    const mayEnter = (more: number): boolean =>
      all.requests + more <=
      MAX_CONCURRENT_REQUESTS +
        (own.requests + more <= SMALL_SENDER.requests ? RESERVE.requests : 0)
    const mayHold = (more: number): boolean =>
      all.bytes + more <=
      MAX_CONCURRENT_BYTES + (own.bytes + more <= SMALL_SENDER.bytes ? RESERVE.bytes : 0)
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
      grow: (bytes) => {
        come += bytes
        if (come <= held) return
        if (!mayHold(come - held)) throw overloaded('bytes')
        hold(come - held)
        held = come
      },
      waitToRead: async (bytes) => {
        read = bytes
        await this.#reads.acquire(read)
      },
      release: () => {
        if (read > 0) this.#reads.release(read)
        all.requests -= 1
        own.requests -= 1
        hold(-held)
        if (own.requests === 0) this.#byAddress.delete(address)
      },
    }
  }
}

export interface Ticket {
  /** Told of bytes as they come; AppError overloaded when they are more than declared and there is no room. */
  grow: (bytes: number) => void
  /** Resolves when a large body of this size may be read; at most once, and its turn ends with `leave`. */
  waitToRead: (bytes: number) => Promise<void>
  release: () => void
}

function overloaded(what: string): AppError {
  return new AppError(
    'overloaded',
    `too many ${what} under way at once; nothing of this request was taken, send it again`,
  )
}
