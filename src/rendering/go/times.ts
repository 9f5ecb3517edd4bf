import { DateTime, IANAZone } from 'luxon'
import { TemplateError } from '../templates/template-error.ts'
import { formatGoTime } from './time-layout.ts'
import { GoDuration, isTime, numberOf, textOf, timeOf } from './values.ts'

const NS_PER_MS = 1_000_000
const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a Go duration, given as a number of nanoseconds or as text such as `-1.5h`. */
function durationMs(value: unknown): number {
  if (value instanceof GoDuration) return value.ms
  if (typeof value === 'number') return value / NS_PER_MS
  const text = textOf(value).trim()
  let ms = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    ms += Number(amount) * (UNITS_MS[unit as string] as number)
  return text.startsWith('-') ? -ms : ms
}

/** Units to which sprig's durationRound rounds, by letter. */
const ROUNDED: readonly (readonly [string, number])[] = [
  ['y', 365 * 86_400_000],
  ['mo', 30 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
]

function largestUnit(ms: number): string {
  const [unit, size] = ROUNDED.find(([, each]) => Math.abs(ms) >= each) ?? ['s', 1_000]
  return `${Math.floor(Math.abs(ms) / size)}${unit}`
}

const rounded = (value: unknown, to: unknown, by: (value: number) => number): GoDuration => {
  const step = durationMs(to)
  return new GoDuration(step <= 0 ? durationMs(value) : by(durationMs(value) / step) * step)
}

/** Time functions that need the time and zone of the message. */
export function timeFunctions(now: Date, zone: string) {
  /** The zone of that name; `Local` is the configured zone. Undefined if the name is unknown. */
  const zoneOf = (name: string): string | undefined => {
    const known = name === 'Local' ? zone : name || 'utc'
    return known === 'utc' || IANAZone.isValidZone(known) ? known : undefined
  }
  /** As in sprig, an invalid time becomes the current time, and an unknown zone becomes UTC. */
  const dateInZone = (layout: unknown, time: unknown, name: unknown): string => {
    const given = isTime(time) ? timeOf(time) : DateTime.fromJSDate(now)
    return formatGoTime(given.setZone(zoneOf(textOf(name)) ?? 'utc'), textOf(layout))
  }
  const date = (layout: unknown, time: unknown): string => dateInZone(layout, time, zone)
  return {
    now: () => DateTime.fromJSDate(now, { zone }),
    date,
    dateInZone,
    date_in_zone: dateInZone,
    htmlDate: (time: unknown) => date('2006-01-02', time),
    htmlDateInZone: (time: unknown, name: unknown) => dateInZone('2006-01-02', time, name),
    /** With `to`, Go's Duration.Round; otherwise sprig's, which returns the largest unit of a duration or of an age. */
    durationRound: (value: unknown, to?: unknown) => {
      if (to !== undefined) return rounded(value, to, Math.round)
      const isInstant = value instanceof Date || DateTime.isDateTime(value)
      return largestUnit(isInstant ? now.getTime() - timeOf(value).toMillis() : durationMs(value))
    },
    unixEpoch: (time: unknown) => String(Math.floor(timeOf(time).toSeconds())),
    duration: (seconds: unknown) => new GoDuration(Math.trunc(numberOf(seconds)) * 1_000),
    humanizeDuration: (seconds: unknown) => new GoDuration(numberOf(seconds) * 1_000).toString(),
    since: (time: unknown) => new GoDuration(now.getTime() - timeOf(time).toMillis()),
    ago: (time: unknown) =>
      new GoDuration(Math.floor((now.getTime() - timeOf(time).toMillis()) / 1_000) * 1_000),
    tz: (name: unknown, time: unknown) => {
      const known = zoneOf(textOf(name))
      if (known === undefined)
        throw new TemplateError(`unknown time zone ${JSON.stringify(textOf(name))}`)
      return timeOf(time).setZone(known)
    },
    timeLocal: (time: unknown) => timeOf(time).setZone(zone),
  } as const
}

const dateModify = (by: unknown, time: unknown): DateTime =>
  timeOf(time).plus({ milliseconds: durationMs(by) })

/** Time functions without clock or zone, and equivalents of the methods of time.Time and time.Duration. */
export const TIMES = {
  dateModify,
  date_modify: dateModify,
  timeFormat: (time: unknown, layout: unknown) => formatGoTime(timeOf(time), textOf(layout)),
  timeUTC: (time: unknown) => timeOf(time).toUTC(),
  timeAdd: (time: unknown, by: unknown) => dateModify(by, time),
  timeAddDate: (time: unknown, years: unknown, months: unknown, days: unknown) =>
    timeOf(time).plus({ years: numberOf(years), months: numberOf(months), days: numberOf(days) }),
  timeSub: (time: unknown, other: unknown) =>
    new GoDuration(timeOf(time).toMillis() - timeOf(other).toMillis()),
  timeUnix: (time: unknown) => Math.floor(timeOf(time).toSeconds()),
  timeIsZero: (time: unknown) => timeOf(time).year <= 1,
  timeAfter: (time: unknown, other: unknown) => timeOf(time) > timeOf(other),
  timeBefore: (time: unknown, other: unknown) => timeOf(time) < timeOf(other),
  timeEqual: (time: unknown, other: unknown) =>
    timeOf(time).toMillis() === timeOf(other).toMillis(),
  timeYear: (time: unknown) => timeOf(time).year,
  timeDay: (time: unknown) => timeOf(time).day,
  timeHour: (time: unknown) => timeOf(time).hour,
  timeMinute: (time: unknown) => timeOf(time).minute,
  timeSecond: (time: unknown) => timeOf(time).second,
  timeMonth: (time: unknown) => formatGoTime(timeOf(time), 'January'),
  timeWeekday: (time: unknown) => formatGoTime(timeOf(time), 'Monday'),
  durationSeconds: (value: unknown) => durationMs(value) / 1_000,
  durationMinutes: (value: unknown) => durationMs(value) / 60_000,
  durationHours: (value: unknown) => durationMs(value) / 3_600_000,
  durationTruncate: (value: unknown, to: unknown) => rounded(value, to, Math.trunc),
} as const
