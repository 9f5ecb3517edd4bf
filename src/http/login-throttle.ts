import type { Clock } from '../clock.ts'

const STEP_MS = 250
const MAX_DELAY_MS = 5_000
/** So many wrong ones of one address under way make even its next one wait before it is looked at. */
const MAX_TRACKED = 20

/**
 * Makes guessing slow without locking anybody out. A right secret is answered at once; a wrong one the later, the more
 * wrong ones of its address wait already. From an address that guesses on many connections at once every attempt waits
 * first, so it gets 200 looks a second at most over all the connections that the server has.
 */
export function createLoginThrottle(clock: Clock): LoginThrottle {
  const waiting = new Map<string, number>()
  const wait = async (from: string): Promise<void> => {
    const others = waiting.get(from) ?? 0
    waiting.set(from, others + 1)
    try {
      await clock.sleep(Math.min(MAX_DELAY_MS, STEP_MS * (others + 1)))
    } finally {
      const left = (waiting.get(from) ?? 1) - 1
      if (left === 0) waiting.delete(from)
      else waiting.set(from, left)
    }
  }
  return async (address, isRight) => {
    const from = neighbourhoodOf(address)
    if ((waiting.get(from) ?? 0) >= MAX_TRACKED) await wait(from)
    if (isRight()) return true
    await wait(from)
    return false
  }
}

/** Whether an attempt from an address is right, when that may be known. */
export type LoginThrottle = (address: string, isRight: () => boolean) => Promise<boolean>

/** One holder of IPv6 has a whole /64. */
function neighbourhoodOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [front = [], back = []] = address.split('::').map((half) => half.split(':'))
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0')
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}
