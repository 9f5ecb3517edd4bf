import { DateTime } from 'luxon'
import { TemplateError } from '../templates/template-error.ts'

/** A label or an annotation, like `Pair` of Alertmanager's templates. */
export class Pair {
  readonly name: string
  readonly value: string
  constructor(name: string, value: string) {
    this.name = name
    this.value = value
  }
  toString(): string {
    return `{${this.name} ${this.value}}`
  }
}

/** A duration that prints as in Go, such as `1h2m3s`. */
export class GoDuration {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  toString(): string {
    if (this.ms === 0) return '0s'
    const sign = this.ms < 0 ? '-' : ''
    const ms = Math.abs(this.ms)
    if (ms < 1_000) return `${sign}${ms}ms`
    const hours = Math.floor(ms / 3_600_000)
    const minutes = Math.floor(ms / 60_000) % 60
    const seconds = Number(((ms % 60_000) / 1_000).toFixed(3))
    const long = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : ''
    return `${sign}${long}${seconds}s`
  }
}

/** Whether Go treats a value as true: not empty, zero or missing. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (value instanceof GoDuration) return value.ms !== 0
  if (value instanceof Date || DateTime.isDateTime(value)) return true
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** Prints a value as Go does; undefined and null become an empty text. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Date || DateTime.isDateTime(value)) return timeText(timeOf(value))
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`
  if (typeof value === 'object' && !(value instanceof GoDuration) && !isText(value))
    return `map[${entriesOf(value)
      .map(([name, each]) => `${name}:${textOf(each)}`)
      .join(' ')}]`
  return String(value)
}

/** Prints the value of an action, which may be nil. */
export function printedText(value: unknown): string {
  return value === undefined || value === null ? '<no value>' : textOf(value)
}

function isText(value: object): boolean {
  return Object.getPrototypeOf(value) !== null && Object.getPrototypeOf(value) !== Object.prototype
}

/** A map's value. A missing one is empty in a map of texts, such as labels, which has no prototype. */
export function valueIn(map: unknown, key: string): unknown {
  const isTexts = typeof map === 'object' && map !== null && Object.getPrototypeOf(map) === null
  return own(map, key) ?? (isTexts ? '' : undefined)
}

/** An own property of an object; undefined for inherited ones and other values. */
export function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

export function numberOf(value: unknown): number {
  const number = typeof value === 'number' ? value : Number(textOf(value).trim() || 0)
  return Number.isFinite(number) ? number : 0
}

export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? [] : [value]
}

/** The entries of a map sorted by key, as Go ranges over them; none of any other value. */
export function entriesOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}

export function isTime(value: unknown): boolean {
  if (value instanceof Date || DateTime.isDateTime(value) || typeof value === 'number') return true
  return DateTime.fromISO(textOf(value)).isValid
}

/** A value as a time; UTC if it has no zone, as in Alertmanager's payload. */
export function timeOf(value: unknown): DateTime {
  if (DateTime.isDateTime(value)) return value
  if (value instanceof Date) return DateTime.fromJSDate(value, { zone: 'utc' })
  if (typeof value === 'number') return DateTime.fromSeconds(value, { zone: 'utc' })
  const time = DateTime.fromISO(textOf(value), { setZone: true })
  if (!time.isValid) throw new TemplateError(`${JSON.stringify(textOf(value))} is not a time`)
  return time
}

/** Abbreviations that Go prints for these zones, which Intl does not provide. */
const ZONE_NAMES: Readonly<Record<string, string>> = {
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
}

/** The abbreviation of a time's zone as Go prints it, or its offset. */
export function zoneName(time: DateTime): string {
  return time.offset === 0 ? 'UTC' : (ZONE_NAMES[time.zoneName ?? ''] ?? time.toFormat('ZZZ'))
}

function timeText(time: DateTime): string {
  const fraction =
    time.millisecond === 0 ? '' : `.${String(time.millisecond).padStart(3, '0').replace(/0+$/, '')}`
  return `${time.toFormat('yyyy-MM-dd HH:mm:ss')}${fraction} ${time.toFormat('ZZZ')} ${zoneName(time)}`
}
