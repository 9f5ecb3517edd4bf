import type { Clock } from '../clock.ts'

const WINDOW_MS = 60_000
/** Addresses that are counted at once; requests of further ones count only toward the limit of all together. */
const MAX_TRACKED = 10_000

/** Returns true and counts the request, or false if a limit per minute is reached: of its address, or of all. */
type RateLimit = (address: string) => boolean

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
