import type { MessageAlert } from '../../model/alert.ts'
import type { Variables } from '../../model/variables.ts'
import type { RenderContext } from '../context.ts'
import { isWord, levelWord, type Word } from '../i18n.ts'
import { cutTo, firstLine } from '../text/escape.ts'
import { ICONS, LEVEL_ICONS } from '../text/level-icons.ts'
import { type AlertLink, browserUrl, linksOf } from '../text/links.ts'
import { locationOf, objectOf } from '../text/location.ts'
import { Markup } from '../text/markup.ts'
import { instantIn } from '../text/time.ts'
import { TemplateError } from './template-error.ts'
import { lastedMs } from './variables.ts'

/** Names of a list before the rest is only counted. */
const LISTED = 5

const NONE: Variables = Object.freeze(Object.create(null))

/** What every part finds in `it`, whatever it tells; `v` are the variables of the alert, where there is one. */
export function toolsFor(making: RenderContext, v: Variables = NONE) {
  const { heading, bold, quote, link, browser } = making.markup
  const instant = (value: unknown): Date | undefined => {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value
    return typeof value === 'string' ? instantIn(value, making.zone) : undefined
  }
  const tools = {
    v,
    get: (name: string): string => v[name] ?? '',
    word: (word: string, values?: Record<string, string | number>): string => {
      if (!isWord(word)) throw new TemplateError(`there is no word ${JSON.stringify(word)}`)
      return making.word(word, values)
    },
    time: (value: unknown, pattern?: string): string => {
      const at = instant(value)
      return at === undefined ? String(value ?? '') : making.time(at, pattern)
    },
    ago: (value: unknown): string => {
      const at = instant(value)
      return at === undefined ? '' : making.ago(at)
    },
    duration: (from: unknown, to?: unknown): string => {
      if (typeof from === 'number') return making.duration(from)
      const [start, end] = [instant(from), instant(to ?? making.now)]
      if (start === undefined || end === undefined) return ''
      return making.duration(end.getTime() - start.getTime())
    },
    levelSign: (level: keyof typeof LEVEL_ICONS): string => LEVEL_ICONS[level] ?? '',
    cut: (text: unknown, length: number): string =>
      cutTo(String(text ?? ''), length, making.word('cut')),
    list: (values: Iterable<unknown>, most = LISTED): string => listed([...values], most, making),
    heading,
    bold,
    quote,
    link,
    browser,
    /** At the end of a line, so that the next one is a line of its own in the same paragraph. */
    lineBreak: making.channel.format === 'text' ? '' : new Markup('  '),
    format: making.channel.format,
    language: making.language,
    now: making.now,
  }
  return tools
}

export type Tools = ReturnType<typeof toolsFor>

function listed(values: readonly unknown[], most: number, making: RenderContext): string {
  const shown = values.slice(0, most).map(String)
  const comma = making.language === 'en-US' ? ', ' : '、'
  const more = values.length - shown.length
  if (more === 0) return shown.join(comma)
  return `${shown.join(comma)} ${making.word('moreOf', { n: making.language === 'en-US' ? more : values.length })}`
}

/** How an alert is told: alone, or within others where it takes less room. */
export interface ViewOptions {
  /** Within a group. */
  grouped?: boolean
  /** Without what is nice to have. */
  brief?: boolean
  /** Values are cut to this length. */
  longest?: number
  /** Variables that need not be told, since the group tells them once. */
  without?: readonly string[]
  /** What a group has in common, and its alerts need not repeat. */
  common?: { name: string | undefined; place: readonly string[] }
}

/** What a part about one alert finds in `it`, besides the tools; a group has one for each of its alerts. */
export function viewOf(told: MessageAlert, making: RenderContext, telling: ViewOptions = {}) {
  const { alert, level } = told
  const { grouped = false, brief = false, longest, without = [], common } = telling
  const all = making.variablesOf(told)
  const cut = longest === undefined ? all : cutAll(all, longest, making.word('cut'))
  const v = without.length === 0 ? cut : lacking(cut, without)
  const isResolved = alert.status === 'resolved'
  const sign = isResolved ? ICONS.resolved : LEVEL_ICONS[level]
  const name = nameOf(v, making)
  const places = locationOf(v)
  const links = linksOf(told, v).map(({ word, url }) => ({
    label: SHORT[word] ?? making.word(word),
    url,
  }))
  const levelIn = levelWord(making.language, level)
  const { format } = making.channel
  const separator = format === 'text' ? '\n' : ' · '
  const linkTexts = (): string[] => {
    if (brief || (format === 'actionCard' && !grouped)) return []
    // In plain text every address is read in full, so within a group one is enough.
    const shown = format === 'text' && grouped ? links.slice(0, 1) : links
    return shown.map(({ label, url }) => making.markup.browser(label, url).toString())
  }
  return {
    ...toolsFor(making, v),
    told,
    isOcp: alert.source === 'ocp',
    isResolved,
    level,
    levelWord: levelIn,
    sign,
    mark: `${sign} ${isResolved ? making.word('resolvedWord') : levelIn}`,
    name,
    object: objectOf(v),
    place: places.join(' · '),
    label: labelOf(name, places, common),
    labels: labelsOf(told, longest),
    startsAt: alert.startsAt,
    endsAt: alert.endsAt,
    lastedMs: lastedMs(told),
    receivedAt: told.receivedAt,
    repeats: told.repeats,
    changes: told.changes ?? 0,
    firedWhileWaiting: told.firedWhileWaiting,
    grouped,
    brief,
    links,
    /** The links as one line, opened in the browser; none where a card has them as buttons. */
    get linkLine(): Markup | undefined {
      const line = linkTexts().join(separator)
      return line === '' ? undefined : new Markup(line)
    },
    /** Since when, or for how long, with the links: the last line of an alert within a group. */
    get whenLine(): Markup | undefined {
      const when = whenOf(told, making)
      const line = [...(when === '' ? [] : [when]), ...linkTexts()].join(separator)
      return line === '' ? undefined : new Markup(line)
    },
  }
}

export type AlertView = ReturnType<typeof viewOf>

/** What an alert is called; never empty. */
export function nameOf(v: Variables, making: RenderContext): string {
  const message = v['message'] ?? v['alarm_summary'] ?? v['alarm_description']
  return (
    v['alarm_name'] ??
    v['alarm_type'] ??
    (message === undefined ? undefined : cutTo(firstLine(message), 60, '…')) ??
    making.word('alertWord')
  )
}

/** The link to the page that lists all, where there is one that is no button already. */
export function listLinkOf(url: string | undefined, making: RenderContext): Markup | undefined {
  if (url === undefined || making.channel.format === 'actionCard') return undefined
  return making.markup.link(making.word('all'), url)
}

/** The buttons of a card about one alert; they open in the browser, as the links of a text do. */
export function buttonsOf(links: readonly AlertLink[], making: RenderContext) {
  return links.map(({ word, url }) => ({ title: making.word(word), url: browserUrl(url) }))
}

/** Labels that are told elsewhere in a message. */
const TOLD_ELSEWHERE = new Set(['alertname', 'severity', 'serverity'])

/** What a link within a text is called, where its button says more. */
const SHORT: Readonly<Partial<Record<Word, string>>> = {
  openInPrometheus: 'Prometheus',
  openInGrafana: 'Grafana',
}

/** Since when it fires and how long ago that was, or how long it lasted and when it ended. */
function whenOf(told: MessageAlert, making: RenderContext): string {
  const { startsAt, endsAt } = told.alert
  const lasted = lastedMs(told)
  const comma = making.word('comma')
  if (lasted !== undefined && endsAt !== undefined)
    return `${making.word('lastedFor', { d: making.duration(lasted) })}${comma}${making.time(endsAt)}`
  return startsAt === undefined ? '' : `${making.time(startsAt)}${comma}${making.ago(startsAt)}`
}

/** What tells an alert from the others of its group: what it has not in common with them. */
function labelOf(
  name: string,
  places: readonly string[],
  common: ViewOptions['common'] = { name: undefined, place: [] },
): string {
  const own = places.slice(common.place.length)
  const shown = [...(common.name === undefined ? [name] : []), ...own]
  return shown.length === 0 ? name : shown.join(' · ')
}

function lacking(variables: Variables, without: readonly string[]): Variables {
  const rest: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(variables))
    if (!without.includes(name)) rest[name] = value
  return rest
}

function labelsOf({ alert }: MessageAlert, longest = Number.POSITIVE_INFINITY) {
  return Object.entries(alert.labels ?? {})
    .filter(([name]) => !TOLD_ELSEWHERE.has(name))
    .map(([name, value]) => ({
      name: cutTo(name, longest, '…'),
      value: cutTo(value, longest, '…'),
    }))
}

function cutAll(variables: Variables, longest: number, notice: string): Variables {
  const cut: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(variables)) cut[name] = cutTo(value, longest, notice)
  return cut
}
