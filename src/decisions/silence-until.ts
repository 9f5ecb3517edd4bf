import { DateTime } from 'luxon'
import { later } from '../model/instant.ts'
import type { SilenceLength } from '../model/silence.ts'

export const MAX_SILENCE_MS = 30 * 86_400_000
const MORNING_HOUR = 9

/**
 * When a silence ends, or why its length is invalid. A mute until recovery ends after 30 days at the latest, so that
 * nothing stays muted forever.
 */
export function endOfSilence(
  length: SilenceLength,
  now: Date,
  timezone: string,
): { until: Date } | { wrong: 'past' | 'too_long' | 'unreadable' } {
  const until = instantOf(length, now, timezone)
  if (until === undefined) return { wrong: 'unreadable' }
  if (until <= now) return { wrong: 'past' }
  if (until.getTime() - now.getTime() > MAX_SILENCE_MS) return { wrong: 'too_long' }
  return { until }
}

function instantOf(length: SilenceLength, now: Date, zone: string): Date | undefined {
  switch (length.kind) {
    case 'minutes':
      return later(now, length.minutes * 60_000)
    case 'recovery':
      return later(now, MAX_SILENCE_MS)
    case 'tomorrow':
      return DateTime.fromJSDate(now, { zone })
        .plus({ days: 1 })
        .set({ hour: MORNING_HOUR, minute: 0, second: 0, millisecond: 0 })
        .toJSDate()
    case 'until': {
      const local = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(length.wallTime)
        ? DateTime.fromISO(length.wallTime, { zone })
        : undefined
      return local?.isValid === true ? local.toJSDate() : undefined
    }
  }
}
