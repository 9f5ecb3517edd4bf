import { AppError } from '../errors.ts'

/** Bytes of bodies that are held at once, after decompression. */
export interface MostHeld {
  bytes: number
  /** By one address, so that none keeps all others out. */
  bytesOfOne: number
}

/** The part of one request in what is held. */
export interface Held {
  /** Makes it hold so many bytes in all; AppError store_unavailable where that is too much just now. */
  upTo(bytes: number): void
  release(): void
}

/** Counts what the bodies under way hold, so that no number of them exhausts the memory. */
export function createLoad(most: MostHeld): (address: string) => Held {
  const all = { bytes: 0 }
  const byAddress = new Map<string, number>()
  const add = (address: string, bytes: number): void => {
    const left = (byAddress.get(address) ?? 0) + bytes
    all.bytes += bytes
    if (left === 0) byAddress.delete(address)
    else byAddress.set(address, left)
  }
  return (address) => {
    const own = { bytes: 0 }
    return {
      upTo(bytes) {
        const more = bytes - own.bytes
        if (more <= 0) return
        const ofOne = (byAddress.get(address) ?? 0) + more
        if (all.bytes + more > most.bytes || ofOne > most.bytesOfOne)
          throw new AppError('store_unavailable', 'too many large requests at once; try again')
        own.bytes = bytes
        add(address, more)
      },
      release() {
        if (own.bytes > 0) add(address, -own.bytes)
        own.bytes = 0
      },
    }
  }
}
