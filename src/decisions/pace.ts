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
  const leaving = leavingTimes(window)
  const now = window.now.getTime()
  const { limits, severe } = window
  if (isFree(leaving, now, { limits, severe })) return window.now
  // What is free changes only when a call leaves, or leaves by one of the future severe calls.
  const gap = severeGapMs(limits)
  const candidates = new Set<number>()
  for (const time of leaving) for (let at = time; at > now; at -= gap) candidates.add(at)
  const ordered = [...candidates].sort((a, b) => a - b)
  // When the last call has left, the window is empty: there is always one.
  return new Date(ordered.find((at) => isFree(leaving, at, { limits, severe })) as number)
}

/** How many ordinary calls may be made at once now; at most what is not reserved for severe alerts. */
export function callsLeft(window: Window): number {
  const { limits } = window
  const leaving = leavingTimes(window)
  const now = window.now.getTime()
  const fresh = now + countedForMs(limits.perMs)
  let left = 0
  while (isFree(leaving, now, { limits, severe: false })) {
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

/** How many severe calls a window keeps room for; 0: the limit is too small to keep any. */
function severeCalls({ messages, perMs }: Limits): number {
  return Math.min(Math.floor(messages * SEVERE_SHARE), Math.ceil(perMs / SEVERE_GAP_MS))
}

/** The time between these severe calls, in whole milliseconds; Infinity where there are none. */
function severeGapMs(limits: Limits): number {
  return Math.ceil(limits.perMs / severeCalls(limits))
}

/**
 * Whether a call at `at` leaves room for a severe one every gap from then on, until those before have left.
 * That is what spreads the calls: of twenty, six may go at once, then one every few seconds.
 */
function isFree(
  leaving: readonly number[],
  at: number,
  { limits, severe }: { limits: Limits; severe: boolean },
): boolean {
  const { messages } = limits
  const inWindow = (time: number): number => leaving.length - countUpTo(leaving, time)
  const ordinary = Math.max(1, messages - Math.ceil(messages * RESERVED_SHARE))
  if (inWindow(at) >= (severe ? messages : ordinary)) return false
  const own = severe ? 0 : 1
  const gap = severeGapMs(limits)
  const last = leaving.at(-1) ?? at
  for (let k = 0; k < severeCalls(limits) && at + k * gap < last; k += 1)
    if (inWindow(at + k * gap) + own + k + 1 > messages) return false
  return true
}

/** How many of the ascending times are not after `time`. */
function countUpTo(times: readonly number[], time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) <= time) low = middle + 1
    else high = middle
  }
  return low
}
