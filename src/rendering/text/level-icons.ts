import type { Level } from '../../model/level.ts'

/**
 * An emoji for each level. They differ in shape as well as in color, for people who cannot distinguish red and green.
 * All are from before 2012, so that old phones have them. Messages show the level's name beside it.
 */
export const LEVEL_ICONS: Readonly<Record<Level, string>> = {
  1: '⛔',
  2: '🔴',
  3: '⚠️',
  4: '🔷',
  5: 'ℹ️',
}

/** The emoji of an alert that names no level. */
export const NO_LEVEL_ICON = '🔔'

export const ICONS = { resolved: '✅', flapping: '🔁', waited: '⏳', quota: '📊' } as const
