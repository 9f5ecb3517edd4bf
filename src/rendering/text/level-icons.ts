import type { Level } from '../../model/level.ts'

/**
 * A sign for each level: differing in shape as well as in colour, so that people who do not see red and green can tell
 * them apart; all are older than 2012, so that old phones have them. The word stands beside it.
 */
export const LEVEL_ICONS: Readonly<Record<Level, string>> = {
  1: '⛔',
  2: '🔴',
  3: '⚠️',
  4: '🔷',
  5: 'ℹ️',
}

/** Of an alert that names no level. */
export const NO_LEVEL_ICON = '🔔'

export const ICONS = { resolved: '✅', flapping: '🔁', waited: '⏳', quota: '📊' } as const
