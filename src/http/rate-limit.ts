import type { Clock } from '../clock.ts'

const WINDOW_MS = 60_000
/** Addresses that are counted at once; beyond them all share what is left of the whole. */
const MAX_TRACKED = 10_000

/** Whether one more request of an address is within its limit and that of all together, each by the minute. */
export type RateLimit = (address: string) => boolean

export function createRateLimit(
  clock: Clock,
  { each, all }: { each: number; all: number },
): RateLimit {
  const counts = new Map<string, number>()
  const current = { window: 0, total: 0 }
  return (address) => {
    const window = Math.floor(clock.now().getTime() / WINDOW_MS)
    if (window !== current.window) {
      counts.clear()
      Object.assign(current, { window, total: 0 })
    }
    const count = (counts.get(address) ?? 0) + 1
    if (count > each || current.total >= all) return false
    if (count > 1 || counts.size < MAX_TRACKED) counts.set(address, count)
    current.total += 1
    return true
  }
}
