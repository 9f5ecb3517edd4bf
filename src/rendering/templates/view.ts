import type { Alert, MessageAlert } from '../../model/alert.ts'
import type { Variables } from '../../model/variables.ts'
import { standsIn } from '../../model/whole-word.ts'
import type { RenderContext } from '../context.ts'
import { isWord, levelWord, type Word } from '../i18n.ts'
import { cutTo, firstLine } from '../text/escape.ts'
import { ICONS, LEVEL_ICONS, NO_LEVEL_ICON } from '../text/level-icons.ts'
import { type AlertLink, browserUrl, linksOf, urlWith } from '../text/links.ts'
import { locationOf, objectOf } from '../text/location.ts'
import { Markup } from '../text/markup.ts'
import { numbersFor } from '../text/numbers.ts'
import { isOcpAlert } from '../text/sender.ts'
import { NOTHING_SHARED, ownPlace, type SharedPlace } from '../text/shared-place.ts'
import { instantIn } from '../text/time.ts'
import { TemplateError } from './template-error.ts'
import { lastedMs, MAX_VALUE_LENGTH } from './variables.ts'

/** Number of values that a list shows; the rest is only counted. */
const LISTED = 5

const NONE: Variables = Object.freeze(Object.create(null))

/** The fields that `it` has in every part; `v` has the alert's variables, in parts about one alert. */
export function toolsFor(context: RenderContext, v: Variables = NONE) {
  const { heading, bold, quote, link, browser } = context.markup
  const instant = (value: unknown): Date | undefined => {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value
    return typeof value === 'string' ? instantIn(value, context.zone) : undefined
  }
  return {
    v,
    get: (name: string): string => v[name] ?? '',
    word: (word: string, values?: Record<string, string | number>): string => {
      if (!isWord(word)) throw new TemplateError(`unknown word ${JSON.stringify(word)}`)
      return context.word(word, values)
    },
    time: (value: unknown, pattern?: string, zone?: string): string => {
      const at = instant(value)
      return at === undefined ? String(value ?? '') : context.time(at, pattern, zone)
    },
    /** How long before the message an instant was. Adds the message's time, because people may read it much later. */
    ago: (value: unknown): string => {
      const at = instant(value)
      if (at === undefined) return ''
      return context.word('agoAsOf', { d: context.since(at), at: context.asOf })
    },
    duration: (from: unknown, to?: unknown): string => {
      if (typeof from === 'number') return context.duration(from)
      const [start, end] = [instant(from), instant(to ?? context.now)]
      if (start === undefined || end === undefined) return ''
      return context.duration(end.getTime() - start.getTime())
    },
    ...numbersFor(context.language),
    url: urlWith,
    levelSign: (level: keyof typeof LEVEL_ICONS): string => LEVEL_ICONS[level] ?? '',
    cut: (text: unknown, length: number): string =>
      cutTo(String(text ?? ''), length, context.word('cut')),
    list: (values: Iterable<unknown>, most = LISTED): string => listed([...values], most, context),
    heading,
    bold,
    quote,
    link,
    browser,
    /** Ends a line within a paragraph. */
    lineBreak: context.channel.format === 'text' ? '' : new Markup('  '),
    format: context.channel.format,
    language: context.language,
    now: context.now,
    asOf: context.asOf,
  }
}

function listed(values: readonly unknown[], most: number, context: RenderContext): string {
  const shown = values.slice(0, most).map(String)
  const comma = context.language === 'en-US' ? ', ' : '、'
  const more = values.length - shown.length
  if (more === 0) return shown.join(comma)
  return `${shown.join(comma)} ${context.word('moreOf', { n: context.language === 'en-US' ? more : values.length })}`
}

/** How an alert is shown: alone, or shorter among others. */
export interface ViewOptions {
  /** The alert is one of a group. */
  grouped?: boolean
  /** Without links and other optional fields. */
  brief?: boolean
  /** Values are cut to this length and this number of lines. */
  longest?: number
  maxLines?: number
  /** Variables to leave out, because the group shows them once. */
  without?: readonly string[]
  /** Name and location parts that the group shows once, so that its alerts need not repeat them. */
  common?: Common
  distinct?: DistinctTexts
}

/** For each alert of a message, the labels that distinguish it from others with the same name and target. */
export type DistinctTexts = ReadonlyMap<MessageAlert, readonly string[]>

export interface Common {
  name: string | undefined
  place: SharedPlace
}

/** The fields that `it` has in a part about one alert; a group has them for each of its alerts. */
export function viewOf(entry: MessageAlert, context: RenderContext, options: ViewOptions = {}) {
  const { alert, level } = entry
  const { grouped = false, brief = false, without = [], common, longest, maxLines } = options
  const distinct = options.distinct?.get(entry) ?? []
  const all = context.variablesOf(entry)
  const cut =
    longest === undefined ? all : cutAll(all, { longest, maxLines, notice: context.word('cut') })
  const v = without.length === 0 ? cut : leavingOut(without, cut)
  const isResolved = alert.status === 'resolved'
  const levelText = context.levelText(entry)
  const sign = signOf(entry, levelText)
  const mark = `${sign} ${isResolved ? context.word('resolvedWord') : levelText}`.trim()
  const name = nameOf(cut, context)
  const places = [...locationOf(v), ...distinct]
  // A group shows the link to its silence form once, not with each alert.
  const own = linksOf(entry, v).filter(({ word }) => !grouped || word !== 'silenceGroup')
  const links = own.map(({ word, url }) => ({ label: context.word(SHORT[word] ?? word), url }))
  const elapsed = elapsedOf(alert, context, grouped)
  const when = whenOf(entry, context, elapsed)
  return {
    ...toolsFor(context, v),
    told: entry,
    isOcp: isOcpAlert(alert),
    isResolved,
    level,
    levelWord: levelWord(context.language, level, isOcpAlert(alert)),
    levelText,
    sign,
    mark,
    /** The text before the name in a heading. */
    lead: mark === sign ? `${sign} ` : `${mark} · `,
    name,
    object: objectOf(v),
    place: places.join(' · '),
    places,
    distinct,
    label: labelOf(name, places, common),
    ...textsIn(v, otherTexts(entry, longest), context),
    labels: labelsOf(entry, longest),
    /** The labels that are not part of the place. */
    otherLabels: labelList(entry, longest).filter(
      ({ name, value }) => !places.includes(value) && !places.includes(`${name}=${value}`),
    ),
    labelsExcept: (...names: string[]) => labelList(entry, longest, names),
    startsAt: alert.startsAt,
    endsAt: alert.endsAt,
    lastedMs: lastedMs(entry),
    receivedAt: entry.receivedAt,
    repeats: entry.repeats,
    changes: entry.changes ?? 0,
    firedWhileWaiting: entry.firedWhileWaiting,
    /** Start and duration of a firing alert; duration and end of a resolved one. */
    when,
    elapsed,
    grouped,
    brief,
    links,
    ...linkLines(links, context, { grouped, brief, when }),
  }
}

export type AlertView = ReturnType<typeof viewOf>

/** The links as a line, alone and after the time. A card about one alert has them as buttons instead. */
function linkLines(
  links: readonly { label: string; url: string }[],
  context: RenderContext,
  { grouped, brief, when }: { grouped: boolean; brief: boolean; when: string },
) {
  const { format } = context.channel
  const isWithout = brief || (format === 'actionCard' && !grouped)
  // Plain text shows addresses in full, so within a group each alert has only one.
  const most = isWithout ? 0 : format === 'text' && grouped ? 1 : links.length
  const texts = links
    .slice(0, most)
    .map(({ label, url }) => context.markup.browser(label, url).toString())
  const lineOf = (parts: readonly string[]): Markup | undefined => {
    const line = parts.filter((each) => each !== '').join(format === 'text' ? '\n' : ' · ')
    return line === '' ? undefined : new Markup(line)
  }
  return { linkLine: lineOf(texts), whenLine: lineOf([when, ...texts]) }
}

/** The sign of an alert's level or of its recovery. */
export function signOf({ alert, level }: MessageAlert, levelText: string): string {
  if (alert.status === 'resolved') return ICONS.resolved
  return levelText === '' ? NO_LEVEL_ICON : LEVEL_ICONS[level]
}

/**
 * Summary, details and value, without repetition. Without summary and description, details are other annotations, else
 * the message.
 */
function textsIn(v: Variables, texts: readonly Label[], context: RenderContext) {
  const summary = v['alarm_summary'] ?? ''
  const description = v['alarm_description'] ?? ''
  const others = texts.map(({ name, value }) => `${name}${context.word('colon')}${value}`)
  const described = description.trim() === summary.trim() ? '' : description
  const details =
    summary === '' && described === ''
      ? others.join('\n') || (v['notification_message'] ?? v['message'] ?? '')
      : described
  const value = v['value_shown'] ?? v['value'] ?? ''
  const isShown = [summary, details].some((text) => standsIn(text, value))
  return { summary, details, value: isShown ? '' : value }
}

function otherTexts({ alert }: MessageAlert, longest = MAX_VALUE_LENGTH): Label[] {
  return Object.entries(alert.texts ?? {}).map(([name, value]) => ({
    name,
    value: cutTo(value, longest, '…'),
  }))
}

/** The name or type of an alert, else the beginning of its text. */
export function nameOf(v: Variables, context: RenderContext): string {
  const message = v['message'] ?? v['alarm_summary'] ?? v['alarm_description']
  return (
    v['alarm_name'] ??
    v['alarm_type'] ??
    (message === undefined ? undefined : cutTo(firstLine(message), 60, '…')) ??
    context.word('alertWord')
  )
}

/** The link to the page that lists all; undefined in a card, which has a button for it. */
export function listLinkOf(url: string | undefined, context: RenderContext): Markup | undefined {
  if (url === undefined || context.channel.format === 'actionCard') return undefined
  return context.markup.link(context.word('all'), url)
}

/** The buttons of a card about one alert; they open in the browser, as the links of a text do. */
export function buttonsOf(links: readonly AlertLink[], context: RenderContext) {
  return links.map(({ word, url }) => ({ title: context.word(word), url: browserUrl(url) }))
}

/** Labels that are not listed, because the heading shows them. */
const SHOWN_ELSEWHERE = ['alertname', 'severity', 'serverity']

/** Labels of links within a text, if shorter than those of buttons. */
const SHORT: Readonly<Partial<Record<Word, Word>>> = {
  openInPrometheus: 'graph',
}

function whenOf(entry: MessageAlert, context: RenderContext, elapsed: string): string {
  const { startsAt, endsAt } = entry.alert
  const lasted = lastedMs(entry)
  const comma = context.word('comma')
  if (lasted !== undefined && endsAt !== undefined)
    return `${context.word('lastedFor', { d: context.duration(lasted) })}${comma}${context.time(endsAt)}`
  if (startsAt === undefined) return ''
  return elapsed === '' ? context.time(startsAt) : `${context.time(startsAt)}${comma}${elapsed}`
}

/** How long a firing alert has lasted; empty below 10 seconds. Outside a group it includes the message's time. */
function elapsedOf({ status, startsAt }: Alert, context: RenderContext, grouped: boolean): string {
  const d = status === 'firing' && startsAt !== undefined ? context.elapsed(startsAt) : undefined
  if (d === undefined) return ''
  return grouped
    ? context.word('firesFor', { d })
    : context.word('firesForAsOf', { d, at: context.asOf })
}

/** Name and location, without the parts that the group shows once. */
function labelOf(name: string, places: readonly string[], common: Common | undefined): string {
  const own = ownPlace(places, common?.place ?? NOTHING_SHARED)
  const shown = common?.name === undefined ? [name, ...own] : own
  return shown.length === 0 ? name : shown.join(' · ')
}

function leavingOut(names: readonly string[], variables: Variables): Variables {
  const rest: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(variables))
    if (!names.includes(name)) rest[name] = value
  return rest
}

interface Label {
  name: string
  value: string
}

/**
 * Labels as a list, without those of the heading. Each label, also one of the heading, is a property under its name
 * unless the name is a number or an array has a property of that name.
 */
function labelsOf(entry: MessageAlert, longest?: number) {
  const list = labelList(entry, longest)
  for (const [name, value] of Object.entries(entry.alert.labels ?? {}))
    if (!(name in list) && !/^\d+$/.test(name)) Object.defineProperty(list, name, { value })
  return list
}

function labelList(
  { alert }: MessageAlert,
  longest = Number.POSITIVE_INFINITY,
  without: readonly string[] = [],
): Label[] {
  const hidden = new Set([...SHOWN_ELSEWHERE, ...without])
  return Object.entries(alert.labels ?? {})
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => ({
      name: cutTo(name, longest, '…'),
      value: cutTo(value, longest, '…'),
    }))
}

function cutAll(
  variables: Variables,
  { longest, maxLines, notice }: { longest: number; maxLines: number | undefined; notice: string },
): Variables {
  const cut: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(variables)) {
    const shown = maxLines === undefined ? value : firstLines(value, maxLines)
    cut[name] =
      shown === value ? cutTo(value, longest, notice) : `${cutTo(shown, longest, '')}${notice}`
  }
  return cut
}

function firstLines(text: string, count: number): string {
  let end = -1
  for (let line = 0; line < count; line += 1) {
    end = text.indexOf('\n', end + 1)
    if (end < 0) return text
  }
  return text.slice(0, end)
}
