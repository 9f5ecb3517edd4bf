import { AppError } from '../errors.ts'

/** Requests that are read, or wait for the disk, at once. */
export const MOST_REQUESTS_UNDER_WAY = 512

/** Bytes of their bodies; each costs several times as much until its alerts are on disk. */
export const MOST_BYTES_UNDER_WAY = 64 * 1024 * 1024

/** What is under way: beyond its bounds senders are asked to come again, before their bodies are read. */
export class Load {
  #requests = 0
  #bytes = 0

  /** A place for a request of so many bytes, as far as they are declared; AppError overloaded when there is none. */
  enter(declaredBytes: number): Place {
    if (this.#requests >= MOST_REQUESTS_UNDER_WAY) throw overloaded('requests')
    if (this.#bytes + declaredBytes > MOST_BYTES_UNDER_WAY) throw overloaded('bytes')
    this.#requests += 1
    this.#bytes += declaredBytes
    let held = declaredBytes
    let come = 0
    return {
      admit: (bytes) => {
        come += bytes
        if (come <= held) return
        if (this.#bytes + come - held > MOST_BYTES_UNDER_WAY) throw overloaded('bytes')
        this.#bytes += come - held
        held = come
      },
      leave: () => {
        this.#requests -= 1
        this.#bytes -= held
      },
    }
  }
}

export interface Place {
  /** Told of bytes as they come; AppError overloaded when they are more than declared and there is no room. */
  admit: (bytes: number) => void
  leave: () => void
}

function overloaded(what: string): AppError {
  return new AppError(
    'overloaded',
    `too many ${what} under way at once; nothing of this request was taken, send it again`,
  )
}
