import type { Level } from '../model/level.ts'

/** A monthly allowance of calls. */
export interface Allowance {
  used: number
  limit: number | undefined
}

export interface Month {
  now: Date
  end: Date
}

/** Share of the month's calls that is reserved for severe alerts. */
const RESERVED_SHARE = 0.1

/**
 * Above STRETCH_FROM of the month's calls, the gap between messages grows. Above STRETCH_FULLY_FROM, the gap is long
 * enough for the calls to last until the end of the month.
 */
const STRETCH_FROM = 0.5
const STRETCH_FULLY_FROM = 0.7

/** Used shares of a month, in percent, that cause a warning. */
const WARNING_PERCENTS = [100, 95, 80, 50] as const

/** The highest warning percentage that is reached; 0 for none. */
export function reachedWarningPercent({ used, limit = Infinity }: Allowance): number {
  return WARNING_PERCENTS.find((percent) => used * 100 >= limit * percent) ?? 0
}

/** The level of a warning, with which it may use the month's last tenth. */
export const QUOTA_WARNING_LEVEL: Level = 2

export type QuotaDecision =
  | { kind: 'open' }
  /** A channel's next message without severe alerts goes out at least `gapMs` after its last one. */
  | { kind: 'stretched'; gapMs: number }
  | { kind: 'severe_only' }
  | { kind: 'used_up' }

/** What the strictest of the allowances still permits this month. */
export function quotaAllows(allowances: readonly Allowance[], month: Month): QuotaDecision {
  let gapMs = 0
  let severeOnly = false
  for (const { used, limit = Infinity } of allowances) {
    if (used >= limit) return { kind: 'used_up' }
    const ordinary = Math.floor(limit * (1 - RESERVED_SHARE)) - used
    if (ordinary <= 0) severeOnly = true
    else gapMs = Math.max(gapMs, gapMsOf(used / limit, ordinary, month))
  }
  if (severeOnly) return { kind: 'severe_only' }
  return gapMs > 0 ? { kind: 'stretched', gapMs } : { kind: 'open' }
}

/** The gap with which the ordinary calls last to the end of the month, phased in between the two shares. */
function gapMsOf(share: number, ordinary: number, { now, end }: Month): number {
  const progress = (share - STRETCH_FROM) / (STRETCH_FULLY_FROM - STRETCH_FROM)
  const ramp = Math.min(1, Math.max(0, progress))
  return (Math.max(0, end.getTime() - now.getTime()) / ordinary) * ramp
}
