import type { Level } from '../../model/level.ts'

/**
 * A sign for each level: another shape as well as another colour, so that whoever cannot tell red from green can tell
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
