import { DateTime } from 'luxon'
import type { SourceName } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { StoredAlert, StoredMessage } from '../stores/queries.ts'
import { alertReason, messageReason } from './explanations.ts'
import type { ConsoleWord, Words } from './i18n.ts'

/** The format of an input of type datetime-local. */
export const DATETIME_LOCAL = "yyyy-MM-dd'T'HH:mm"

export interface FormatContext {
  words: Words
  now: Date
  timezone: string
}

/** Creates the functions that templates print with. Their results are HTML; the template escapes anything else. */
export function formattersOf({ words, now, timezone }: FormatContext) {
  const zoned = (at: Date): DateTime => DateTime.fromJSDate(at, { zone: timezone })
  const day = zoned(now).toISODate()
  /** The time, with the date unless it is today. */
  const short = (at: Date): string => {
    const local = zoned(at)
    return local.toFormat(local.toISODate() === day ? 'HH:mm:ss' : 'MM-dd HH:mm:ss')
  }
  const absolute = (at: Date): string => zoned(at).toFormat('yyyy-MM-dd HH:mm:ss ZZ')
  const timeTag = (at: Date, text: string): string =>
    `<time datetime="${at.toISOString()}" title="${absolute(at)}">${text}</time>`
  /** A duration that the script updates; the instant itself appears on hover and on focus. */
  const relative = (at: Date, kind: 'since' | 'until' | 'ago', text: string): string =>
    `<time tabindex="0" datetime="${at.toISOString()}" title="${absolute(at)}" data-${kind}="${at.toISOString()}">${text}</time>`
  return {
    lang: words.language,
    now,
    t: words.t,
    n: words.n,
    reason: words.reason,
    messageReason: (message: StoredMessage) => messageReason(message, words),
    alertReason: (alert: StoredAlert) => alertReason(alert, words),
    number: words.number,
    duration: words.duration,
    short,
    minute: (at: Date): string => zoned(at).toFormat('HH:mm'),
    picked: (at: Date): string => zoned(at).toFormat(DATETIME_LOCAL),
    dayTime: (at: Date): string => zoned(at).toFormat('MM-dd HH:mm'),
    time: (at: Date | undefined): string => (at === undefined ? '–' : timeTag(at, short(at))),
    /** Time since an instant; the script counts it up. */
    since: (at: Date): string =>
      relative(at, 'since', words.duration(now.getTime() - at.getTime())),
    /** Time since an instant, in the form `3 min ago`. */
    ago: (at: Date): string =>
      relative(at, 'ago', words.t('ago', { time: words.duration(now.getTime() - at.getTime()) })),
    /** Time until an instant; the script counts it down. */
    countdown: (at: Date): string =>
      relative(at, 'until', words.duration(at.getTime() - now.getTime())),
    /** The time zone of all shown times, with its present offset. */
    zone: `${timezone} (UTC${zoned(now).toFormat('ZZ')})`,
    text: (value: unknown): string => escaped(String(value ?? '')),
    /** The name of a level, as in the alert's message: OCP's English name of level 3 is different. */
    level(level: Level, source?: SourceName): string {
      const word = level === 3 && source === 'ocp' ? 'level3OfOcp' : `level${level}`
      return `<span class="level level-${level}">${words.t(word as ConsoleWord)}</span>`
    },
    /** Variables cut to 20,000 characters, so that a page of 50 large alerts stays small. */
    shown: excerptOf,
    tag: (state: string): string =>
      `<span class="tag ${state}">${words.t(state as ConsoleWord)}</span>`,
  }
}

/** Escapes a text for HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const MAX_SHOWN_LENGTH = 4_000
const MAX_SHOWN = 20_000

function excerptOf(variables: Readonly<Record<string, string>>): [name: string, value: string][] {
  const shown: [string, string][] = []
  let left = MAX_SHOWN
  for (const [name, value] of Object.entries(variables)) {
    if (left <= 0) return [...shown, ['…', '']]
    const most = Math.min(MAX_SHOWN_LENGTH, left)
    const text = value.length > most ? `${value.slice(0, most).toWellFormed()}…` : value
    shown.push([name.slice(0, 200), text])
    left -= text.length + Math.min(200, name.length)
  }
  return shown
}

/** Builds a path with the non-empty parameters. */
export function pathWith(
  path: string,
  query: Readonly<Record<string, string | null | undefined>>,
): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && entry[1] !== null && entry[1] !== '',
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}
