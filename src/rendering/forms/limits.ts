import { isSevere, type Level } from '../../model/level.ts'

/** With more alerts than this, a message becomes a digest, which shows at most Down and Critical ones in full. */
export const MAX_FULL_ALERTS = 8

/** Maximum number of lines that a person reads on a phone; for full alerts and for a list, separately. */
export const MAX_READABLE_LINES = 60

/** Minimum number of alerts in the first of `messages` messages: its share of them, and every severe alert. */
export function leastCarried(alerts: readonly { level: Level }[], messages: number): number {
  const severe = alerts.findLastIndex(({ level }) => isSevere(level)) + 1
  return Math.max(severe, Math.ceil(alerts.length / messages))
}

/** Whether `messages` messages can carry all alerts if the first carries `carried`, every severe one among them. */
export function carriesEnough(
  carried: number,
  alerts: readonly { level: Level }[],
  messages: number,
): boolean {
  return carried >= leastCarried(alerts, messages)
}

/** The forms to try for a number of alerts, the fullest first; counts are the last resort. */
export function formsFor(alerts: number): readonly ('full' | 'lines')[] {
  return alerts > MAX_FULL_ALERTS ? ['lines'] : ['full', 'lines']
}

/** The largest count up to `limit` that passes; 0 if 1 fails. A count above a failing one must fail as well. */
export function largestFitting(limit: number, passes: (count: number) => boolean): number {
  let low = 0
  let high = 1
  while (high <= limit && passes(high)) {
    low = high
    high *= 2
  }
  high = Math.min(high, limit + 1)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (passes(middle)) low = middle
    else high = middle
  }
  return low
}
