import type { Limits } from '../model/settings.ts'

/** A counted call; DingTalk may receive it at any time between `at` and `until`. */
interface Call {
  at: Date
  until: Date
}

export interface Window {
  calls: readonly Call[]
  limits: Limits
  now: Date
}

/** Severe alerts go out within 5 s; half a second of this is for accepting and the network. */
const SEVERE_GAP_MS = 4_500

/** Share of the calls in a window that ordinary calls never use. */
const SEVERE_ONLY_SHARE = 0.2

/** Upper bound of the share that is kept for severe calls until the window is empty; see freeAt. */
const MAX_FUTURE_SEVERE_SHARE = 0.7

/**
 * How long a call or a penalty counts after its end. DingTalk counts `perMs`; the margin covers clock drift and delayed
 * packets. A whole number of milliseconds, because instants are compared.
 */
export function countedForMs(perMs: number): number {
  return perMs + Math.min(1_000, Math.max(100, Math.ceil(perMs / 100)))
}

/** The earliest instant, not before `now`, at which a call cannot break the limit. */
export function nextCallAt(window: Window & { severe: boolean }): Date {
  return new Date(Math.max(window.now.getTime(), freeAt(leavingTimes(window), window)))
}

/** How many ordinary calls may be made now in a burst, without the reserve for severe alerts. */
export function callsLeft(window: Window): number {
  const { limits } = window
  const leaving = leavingTimes(window)
  const now = window.now.getTime()
  const fresh = now + countedForMs(limits.perMs)
  let left = 0
  while (freeAt(leaving, { limits, severe: false }) <= now) {
    leaving.push(fresh)
    left += 1
  }
  return left
}

/** How many calls count towards the limit now. */
export function callsInWindow(window: Window): number {
  const now = window.now.getTime()
  return leavingTimes(window).filter((at) => at > now).length
}

/**
 * When each call leaves the window, in ascending order. A call in the future, left by a clock that was set back, counts
 * from now.
 */
function leavingTimes({ calls, limits, now }: Window): number[] {
  const latest = now.getTime() + countedForMs(limits.perMs)
  return calls
    .map((call) => Math.min(call.until.getTime() + countedForMs(limits.perMs), latest))
    .sort((a, b) => a - b)
}

/**
 * The earliest instant at which a call still leaves room for one severe call in every gap until the window is empty.
 * This spreads the calls. With 20 in 60 s, 14 are reserved, one every 4.3 s: six may go at once, and the seventh 4.9 s
 * later.
 */
function freeAt(
  leaving: readonly number[],
  { limits, severe }: { limits: Limits; severe: boolean },
): number {
  const { messages, perMs } = limits
  /** When fewer than `count` of the calls so far are left in the window. */
  const fewerAt = (count: number): number =>
    count > leaving.length ? -Infinity : (leaving[leaving.length - count] as number)
  const ordinary = Math.max(1, messages - Math.ceil(messages * SEVERE_ONLY_SHARE))
  const ownCalls = severe ? 0 : 1
  // Reserves one severe call every 4.5 s, as far as the limit allows; none with a limit of one call.
  const reserved = Math.min(
    Math.floor(messages * MAX_FUTURE_SEVERE_SHARE),
    Math.ceil(perMs / SEVERE_GAP_MS),
  )
  const gap = Math.ceil(perMs / reserved)
  let at = fewerAt(severe ? messages : ordinary)
  // After `k` gaps, an ordinary call and `k` severe ones are in the window; the next severe one needs room beside them.
  for (let k = 0; k < reserved; k += 1)
    at = Math.max(at, fewerAt(messages - ownCalls - k) - k * gap)
  return at
}
