import { isSevere, type Level } from '../../model/level.ts'

/** Maximum number of alerts that a message shows in full; with more, those of lower levels get a line each. */
export const MAX_WHOLE_ALERTS = 8

/** Maximum number of lines that a person reads on a phone; for full alerts and for a list, separately. */
export const MAX_READABLE_LINES = 60

/** Minimum number of alerts in one of `messages` messages: its share, and every severe one. */
export function leastCarried(alerts: readonly { level: Level }[], messages: number): number {
  const severe = alerts.findLastIndex(({ level }) => isSevere(level)) + 1
  return Math.max(severe, Math.ceil(alerts.length / messages))
}

/** The forms to try for a number of alerts, the fullest first; counts are the last resort. */
export function formsFor(alerts: number): readonly ('full' | 'lines')[] {
  return alerts > MAX_WHOLE_ALERTS ? ['lines'] : ['full', 'lines']
}
