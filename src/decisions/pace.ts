import type { Limits } from '../model/settings.ts'

/** A call that was counted: it reached, or may reach, the peer between `at` and `until`. */
interface Call {
  at: Date
  until: Date
}

export interface Window {
  calls: readonly Call[]
  limits: Limits
  now: Date
}

/** Severe alerts are promised a call within 5 s; half a second of it is for collecting and for the network. */
const SEVERE_GAP_MS = 4_500

/** Calls that only severe alerts may use: a fifth. */
const RESERVED_SHARE = 0.2

/** How many of the calls may be set apart for severe alerts that come one after another. */
const SEVERE_SHARE = 0.7

/**
 * How long a call, or a penalty, counts after it may last have reached the peer. The peer counts `perMs`; the margin
 * covers clocks that run at different rates and packets that arrive late. Whole milliseconds: instants are compared.
 */
export function countedForMs(perMs: number): number {
  return perMs + Math.min(1_000, Math.max(100, Math.ceil(perMs / 100)))
}

/** The earliest instant, from now on, at which a call may be made without ever breaking the limit. */
export function nextCallAt(window: Window & { severe: boolean }): Date {
  return new Date(Math.max(window.now.getTime(), freeAt(leavingTimes(window), window)))
}

/** How many ordinary calls may be made at once now; at most what is not reserved for severe alerts. */
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

/** When each call stops counting, ascending. A call from the future (the clock was set back) counts from now. */
function leavingTimes({ calls, limits, now }: Window): number[] {
  const latest = now.getTime() + countedForMs(limits.perMs)
  return calls
    .map((call) => Math.min(call.until.getTime() + countedForMs(limits.perMs), latest))
    .sort((a, b) => a - b)
}

/**
 * From when on a call leaves room for a severe one every gap from then on, until those before have left. That is what
 * spreads the calls: of twenty, six may go at once, then one every few seconds.
 */
function freeAt(
  leaving: readonly number[],
  { limits, severe }: { limits: Limits; severe: boolean },
): number {
  const { messages, perMs } = limits
  /** From when on fewer than `count` calls are in the window. */
  const fewerAt = (count: number): number =>
    count > leaving.length ? -Infinity : (leaving[leaving.length - count] as number)
  const ordinary = Math.max(1, messages - Math.ceil(messages * RESERVED_SHARE))
  const own = severe ? 0 : 1
  // Room for one severe call each 4.5 s, as far as the limit allows; none where it is a single call.
  const kept = Math.min(Math.floor(messages * SEVERE_SHARE), Math.ceil(perMs / SEVERE_GAP_MS))
  const gap = Math.ceil(perMs / kept)
  let at = fewerAt(severe ? messages : ordinary)
  for (let k = 0; k < kept; k += 1) at = Math.max(at, fewerAt(messages - own - k) - k * gap)
  return at
}
