/** Calls used of a monthly allowance. */
export interface Allowance {
  used: number
  limit: number | undefined
}

export interface Month {
  now: Date
  end: Date
}

/** The share of the month's calls that is kept for severe alerts. */
const KEPT_SHARE = 0.1

/** From this share on messages are merged more and more; from the second on as much as the month needs. */
const STRETCH_FROM = 0.5
const STRETCH_FULLY_FROM = 0.7

/** Shares of a month's calls, in percent, that are told when they are reached. */
const MARKS = [95, 80, 50] as const

/** The highest of these shares that is used; 0 for none. */
export function markReached({ used, limit = Infinity }: Allowance): number {
  return MARKS.find((mark) => used * 100 >= limit * mark) ?? 0
}

export type QuotaDecision =
  | { kind: 'open' }
  /** Not before `gapMs` after the message before. */
  | { kind: 'stretched'; gapMs: number }
  | { kind: 'severe_only' }
  | { kind: 'used_up' }

/** What the month still allows, for the stricter of several allowances (the robot's, the organisation's). */
export function quotaAllows(allowances: readonly Allowance[], month: Month): QuotaDecision {
  let gapMs = 0
  let severeOnly = false
  for (const { used, limit = Infinity } of allowances) {
    if (used >= limit) return { kind: 'used_up' }
    const ordinary = Math.floor(limit * (1 - KEPT_SHARE)) - used
    if (ordinary <= 0) severeOnly = true
    else gapMs = Math.max(gapMs, gapOf(used / limit, ordinary, month))
  }
  if (severeOnly) return { kind: 'severe_only' }
  return gapMs > 0 ? { kind: 'stretched', gapMs } : { kind: 'open' }
}

/** The time between messages with which the ordinary calls would last the month, growing in from half of it. */
function gapOf(share: number, ordinary: number, { now, end }: Month): number {
  const grown = (share - STRETCH_FROM) / (STRETCH_FULLY_FROM - STRETCH_FROM)
  const ramp = Math.min(1, Math.max(0, grown))
  return (Math.max(0, end.getTime() - now.getTime()) / ordinary) * ramp
}
