import { DateTime } from 'luxon'

/** A date with a time of day; luxon would fill in a missing part from today's date. */
const DATE_AND_TIME =
  /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?) ?(Z|[+-]?\d\d:?\d\d)?$/

/** UTC instants as Go and JavaScript write them, with a day from 1 to 28, which every month has. */
const PLAIN =
  /^(?:199|20\d)\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

function numberAt(text: string, from: number, digits: number): number {
  let number = 0
  for (let at = from; at < from + digits; at += 1) number = number * 10 + text.charCodeAt(at) - 48
  return number
}

/**
 * Parses ISO 8601 or `YYYY-MM-DD HH:mm:ss`, to the millisecond, in `zone` where there is no offset. Undefined for any
 * other text, for days that do not exist, and for the zero times of Go and Unix.
 */
export function instantOf(text: string | undefined, zone: string): Date | undefined {
  // Reading the digits takes half as long as `Date` (0.35 instead of 0.65 µs), and a large payload has 80,000 times.
  if (text !== undefined && PLAIN.test(text)) {
    const at = (from: number, digits: number): number => numberAt(text, from, digits)
    const [hour, minute, second] = [at(11, 2), at(14, 2), at(17, 2)]
    const ms = text[19] === '.' ? Number(text.slice(20, -1).padEnd(3, '0').slice(0, 3)) : 0
    if (hour < 24 && minute < 60 && second < 60)
      return new Date(Date.UTC(at(0, 4), at(5, 2) - 1, at(8, 2), hour, minute, second, ms))
  }
  const [, year, month, day, time = '', offset] = DATE_AND_TIME.exec(text?.trim() ?? '') ?? []
  if (year === undefined || year === '0001' || year === '1970') return undefined
  // Form decoding turns a plus sign into a space.
  const given = offset === undefined || /^[Z+-]/.test(offset) ? (offset ?? '') : `+${offset}`
  const iso = `${year}-${month}-${day}T${time.replace(',', '.')}${given}`
  // `Date` is ten times faster than luxon. It reads 30 February as 1 March, hence the limit of 28 days.
  const quick = /Z$|[+-]\d\d:\d\d$/.test(iso) && Number(day) <= 28 ? new Date(iso) : undefined
  const instant = quick ?? DateTime.fromISO(iso, { zone }).toJSDate()
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

/** Formats an instant as ISO 8601 in UTC, to the second. */
export function utcSeconds(instant: Date): string {
  return instant.toISOString().replace(/\.\d{3}Z$/, 'Z')
}
