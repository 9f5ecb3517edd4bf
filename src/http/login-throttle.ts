import type { Clock } from '../clock.ts'

const STEP_MS = 250
const MAX_DELAY_MS = 5_000
/** With this many attempts of one network waiting, its next attempt waits before it is checked. */
const MAX_WAITING = 20

/**
 * Slows down guessing without a lockout. A wrong secret is delayed by 250 ms, plus 250 ms for each other attempt of its
 * network that waits, up to 5 s. A correct secret is answered at once, unless 20 attempts of its network wait. Then
 * every check waits 5 s.
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
    const from = networkOf(address)
    if ((waiting.get(from) ?? 0) >= MAX_WAITING) await wait(from)
    if (isRight()) return true
    await wait(from)
    return false
  }
}

/** Resolves to `isRight()`, delayed as needed. */
export type LoginThrottle = (address: string, isRight: () => boolean) => Promise<boolean>

/** The network that attempts are counted for: an IPv6 client owns a whole /64. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [front = [], back = []] = address.split('::').map((half) => half.split(':'))
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0')
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}
