import { DateTime } from 'luxon'

/**
 * A time as ISO 8601 in the zone, with milliseconds where the text has them; text that is no time is kept as it is.
 * A text without an offset is taken to be of the zone already.
 */
export function timeInZone(text: string, zone: string): string {
  const time = timeIn(text, zone)
  return time?.toISO({ suppressMilliseconds: !/[.,]\d/.test(text) }) ?? text
}

/** The instant that a text names, a text without an offset being of the zone; undefined where it names none. */
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

/** An instant as people of the zone read it, to the second; the day and the year only where they are not today's. */
export function timeFor(instant: Date, { zone, now }: { zone: string; now: Date }): string {
  const time = DateTime.fromJSDate(instant, { zone })
  const today = DateTime.fromJSDate(now, { zone })
  if (time.hasSame(today, 'day')) return time.toFormat('HH:mm:ss')
  return time.toFormat(time.hasSame(today, 'year') ? 'MM-dd HH:mm:ss' : 'yyyy-MM-dd HH:mm:ss')
}

/** An instant in the zone in a pattern of Luxon's, such as `yyyy-MM-dd HH:mm`. */
export function timeAs(pattern: string, instant: Date, zone: string): string {
  return DateTime.fromJSDate(instant, { zone }).toFormat(pattern)
}
