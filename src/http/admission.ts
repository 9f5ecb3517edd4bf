import { AppError } from '../errors.ts'
import { LargeReads } from '../large-reads.ts'

/** Limit on the requests that are read, or wait for the disk, at the same time. */
export const MAX_CONCURRENT_REQUESTS = 512

/**
 * Limit on the bytes held for these requests: bodies as sent, and small ones decompressed. Parsing one takes several
 * times as much memory.
 */
export const MAX_CONCURRENT_BYTES = 48 * 1024 * 1024

/** Extra capacity for addresses with few requests in progress, so that a flood from one does not block others. */
export const RESERVE = { requests: 64, bytes: 8 * 1024 * 1024 } as const
const SMALL_SENDER = { requests: 8, bytes: 8 * 1024 * 1024 } as const

/**
 * Limits concurrent requests and their bytes. A request beyond the limits is refused: by number or declared size before
 * its body is read, else while it is read.
 */
export class AdmissionControl {
  readonly #all = { requests: 0, bytes: 0 }
  readonly #byAddress = new Map<string, { requests: number; bytes: number }>()
  readonly #reads: LargeReads

  constructor(reads = new LargeReads()) {
    this.#reads = reads
  }

  /** Admits a request with its declared size; throws AppError overloaded at the limit. */
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
    let received = 0
    let read = 0
    return {
      grow: (bytes) => {
        received += bytes
        if (received <= held) return
        if (!mayHold(received - held)) throw overloaded('bytes')
        hold(received - held)
        held = received
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
  /** Counts bytes received or decompressed; throws AppError overloaded if they exceed declared size and limit. */
  grow: (bytes: number) => void
  /**
   * Resolves when a body of this size may be decompressed or parsed; call at most once. `release` makes room for the
   * next body.
   */
  waitToRead: (bytes: number) => Promise<void>
  release: () => void
}

function overloaded(what: string): AppError {
  return new AppError(
    'overloaded',
    `too many ${what} in progress; nothing of this request was stored, send it again`,
  )
}
