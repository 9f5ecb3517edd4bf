import { isSevere, type Level } from '../../model/level.ts'

/** Alerts that one message shows whole; with more, those of lower levels get a line each. */
export const MAX_WHOLE_ALERTS = 8

/** Lines of whole alerts, and lines of a list, that a person reads on a phone. */
export const MAX_READABLE_LINES = 60

/** How many alerts, the most severe first, one of `messages` messages carries at least: its share, and every severe one. */
export function leastCarried(alerts: readonly { level: Level }[], messages: number): number {
  const severe = alerts.findLastIndex(({ level }) => isSevere(level)) + 1
  return Math.max(severe, Math.ceil(alerts.length / messages))
}

/** The forms to try for a number of alerts, the fullest first; counts are the last resort. */
export function formsFor(alerts: number): readonly ('whole' | 'lines')[] {
  return alerts > MAX_WHOLE_ALERTS ? ['lines'] : ['whole', 'lines']
}
