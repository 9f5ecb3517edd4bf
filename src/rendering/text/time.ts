import { DateTime } from 'luxon'

/**
 * Converts a time to ISO 8601 in the zone, with milliseconds if the text has them. A time without an offset counts as
 * one of the zone. Returns any other text unchanged.
 */
export function timeInZone(text: string, zone: string): string {
  const time = timeIn(text, zone)
  return time?.toISO({ suppressMilliseconds: !/[.,]\d/.test(text) }) ?? text
}

/** Parses a time; one without an offset counts as one of the zone. Undefined if the text is not a time. */
export function instantIn(text: string, zone: string): Date | undefined {
  return timeIn(text, zone)?.toJSDate()
}

function timeIn(text: string, zone: string): DateTime | undefined {
  const trimmed = text.trim()
  if (!/^\d{4}-\d\d-\d\d[T ]/.test(trimmed)) return undefined
  const iso = DateTime.fromISO(trimmed, { zone })
  const time = iso.isValid ? iso : DateTime.fromSQL(trimmed, { zone })
  return time.isValid ? time : undefined
}

/** The time of day in the zone, to the second; with the date if it is not today's, and the year if not this year's. */
export function timeFor(instant: Date, { zone, now }: { zone: string; now: Date }): string {
  const time = DateTime.fromJSDate(instant, { zone })
  const today = DateTime.fromJSDate(now, { zone })
  if (time.hasSame(today, 'day')) return time.toFormat('HH:mm:ss')
  return time.toFormat(time.hasSame(today, 'year') ? 'MM-dd HH:mm:ss' : 'yyyy-MM-dd HH:mm:ss')
}

/** Formats an instant in the zone with a Luxon pattern, such as `yyyy-MM-dd HH:mm`. */
export function timeAs(pattern: string, instant: Date, zone: string): string {
  return DateTime.fromJSDate(instant, { zone }).toFormat(pattern)
}
