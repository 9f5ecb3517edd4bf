import { DateTime } from 'luxon'

/**
 * A time as ISO 8601 in the zone, with milliseconds where the text has them; text that is no time is kept as it is.
 * A text without an offset is taken to be of the zone already.
 */
export function timeInZone(text: string, zone: string): string {
  const trimmed = text.trim()
  const iso = DateTime.fromISO(trimmed, { zone })
  const time = iso.isValid ? iso : DateTime.fromSQL(trimmed, { zone })
  if (!time.isValid || !/^\d{4}-\d\d-\d\d[T ]/.test(trimmed)) return text
  return time.toISO({ suppressMilliseconds: !/[.,]\d/.test(trimmed) }) ?? text
}

/** An instant as people of the zone read it, to the second. */
export function shortTime(instant: Date, zone: string): string {
  return DateTime.fromJSDate(instant, { zone }).toFormat('yyyy-MM-dd HH:mm:ss')
}
