import { DateTime } from 'luxon'
import type { ParameterFault } from '../reporting/list-query.ts'
import type { Page, Total } from '../stores/queries.ts'
import { DATETIME_LOCAL, pathWith } from './format.ts'
import { type ConsoleWord, isWord, type Words } from './i18n.ts'
import type { PageContext } from './page.ts'

type Query = Readonly<Record<string, string>>

const MINUTE_MS = 60_000

const LAST_MS = {
  '15m': 15 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '6h': 360 * MINUTE_MS,
  '24h': 1_440 * MINUTE_MS,
  '7d': 10_080 * MINUTE_MS,
} as const

const LAST = Object.keys(LAST_MS) as (keyof typeof LAST_MS)[]

/** A time in the format of an input of type datetime-local. */
const WALL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?$/

/**
 * Converts the times of a list's parameters to instants. A time without an offset is in the configured zone; `last` is
 * a range that ends now.
 */
export function instantsIn(
  { last, from, to, ...others }: Query,
  { now, timezone }: { now: Date; timezone: string },
): Record<string, string> {
  const instant = (text = ''): string => {
    if (!WALL_TIME.test(text)) return text
    const local = DateTime.fromISO(text, { zone: timezone })
    return local.isValid ? local.toJSDate().toISOString() : text
  }
  const range = Object.entries({ from: instant(from), to: instant(to) }).filter(
    ([, at]) => at !== '',
  )
  const chosen = LAST.find((each) => each === last)
  if (range.length > 0 || chosen === undefined) return { ...others, ...Object.fromEntries(range) }
  return { ...others, from: new Date(now.getTime() - LAST_MS[chosen]).toISOString() }
}

/** The select fields of a list's form, each with its values and their texts. */
export type Offers = readonly {
  name: string
  label: ConsoleWord
  values: readonly (readonly [value: string, text: string])[]
}[]

/** One page of a list, as it was read. */
interface ListPage {
  page: Page<unknown>
  total: Total | undefined
  limit: number
  offers: Offers
  faults: readonly ParameterFault[]
  /** When the search began. */
  began: Date
}

/** A list that took longer to search is not refreshed on each change. */
const MAX_LIVE_MS = 1_000

/** What the templates of both lists need besides their rows. */
export function listView(path: string, list: ListPage, context: PageContext) {
  const form = listFormOf(path, list, context)
  const ends = listEndsOf(path, list, context)
  const tookMs = context.facts.now().getTime() - list.began.getTime()
  return {
    scripts: ['lists.js'],
    form,
    filtered: form.used > 0 || form.q !== '',
    isLive: ends.isFirst && !ends.unfinished && tookMs < MAX_LIVE_MS,
    ...ends,
  }
}

/** The values of a list's form, and the choices that it offers. */
function listFormOf(
  path: string,
  { offers, faults }: Pick<ListPage, 'offers' | 'faults'>,
  { request, facts, words }: PageContext,
) {
  const { query } = request
  const { timezone } = facts.settings()
  const { from = '', to = '' } = instantsIn(query, { now: facts.now(), timezone })
  const isTyped = query['last'] === undefined || query['from'] || query['to']
  const picked = (at: string): string => {
    const local = DateTime.fromISO(at, { zone: timezone })
    return isTyped && local.isValid ? local.toFormat(DATETIME_LOCAL) : ''
  }
  const choices = offers.map((offer) => choiceOf(offer, query, words))
  const used = choices.filter(({ options }) =>
    options.some(({ isChosen, value }) => isChosen && value),
  )
  const others = (['fingerprint', 'matcher'] as const).flatMap((name) => {
    const value = path === '/alerts' ? (query[name] ?? '') : ''
    return value === '' ? [] : [{ name, value, label: words.t(name) }]
  })
  const hasRange = picked(from) !== '' || picked(to) !== ''
  return {
    ...{ path, choices, q: query['q'] ?? '' },
    // The range that was typed, in the configured time zone.
    ...{ from: picked(from), to: picked(to) },
    // The range of a fixed length in use, and links to such ranges; they end now.
    last: isTyped ? undefined : LAST.find((each) => each === query['last']),
    times: timesOf(path, hasRange ? 'range' : (query['last'] ?? ''), { query, words }),
    // Filters from a link that have no field in the form.
    others,
    // The number of filters in use, apart from the search text.
    used: used.length + others.length + (hasRange ? 1 : 0),
    faults: faults.map((fault) => faultText(fault, words)),
  }
}

function timesOf(path: string, chosen: string, { query, words }: { query: Query; words: Words }) {
  const { from: _from, to: _to, last: _last, before: _before, notice: _notice, ...others } = query
  return (['', ...LAST] as const).map((last) => ({
    text: words.t(last === '' ? 'within_any' : `within_${last}`),
    href: pathWith(path, { ...others, last }),
    isChosen: last === chosen,
  }))
}

const NAMES = new Set(['channel', 'robot'])

/** A select field; its option with an empty value means any. */
function choiceOf({ name, label, values }: Offers[number], query: Query, words: Words) {
  const given = query[name] ?? ''
  const any = name === 'sort' ? [] : [['', words.t('any')] as const]
  // A channel or robot that is no longer configured can still be searched for.
  const isOther = NAMES.has(name) && !values.some(([value]) => value === given)
  const other = isOther && given !== '' ? [[given, given] as const] : []
  const options = [...any, ...values, ...other].map(([value, text]) => ({
    ...{ value, text },
    isChosen: value === given,
  }))
  return { name, label: words.t(label), options }
}

function faultText({ name, why, at }: ParameterFault, words: Words): string {
  if (at !== undefined) return words.t('searchFault', { n: at + 1, why })
  return words.t('faultLeftOut', { name, why })
}

/** Pairs of values and their translations, such as those of a state. */
export function worded(
  values: readonly string[],
  words: Words,
  prefix = '',
): (readonly [string, string])[] {
  return values.map((value) => {
    const word = `${prefix}${value}`
    return [value, isWord(word) ? words.t(word) : value] as const
  })
}

export function namesOf(names: Iterable<string>): (readonly [string, string])[] {
  return [...names].map((name) => [name, name] as const)
}

export function levelOffer(words: Words): Offers[number] {
  const levels = ['1', '2', '3', '4', '5']
  const all = [['1,2', words.t('severeLevels')] as const, ...worded(levels, words, 'level')]
  return { name: 'level', label: 'level', values: all }
}

/** Parameters of a list that are kept in its links. */
const KEPT = new Set(
  'channel robot state kind status level fingerprint last from to sort q matcher'.split(' '),
)

/** The head and end of a list: links to other pages and to exports, and the total. */
function listEndsOf(
  path: string,
  { page, total, limit }: Pick<ListPage, 'page' | 'total' | 'limit'>,
  { request, facts, words }: PageContext,
) {
  const { query } = request
  const kept = Object.fromEntries(Object.entries(query).filter(([name]) => KEPT.has(name)))
  const { timezone } = facts.settings()
  const exact = instantsIn(kept, { now: facts.now(), timezone })
  const isFirst = query['before'] === undefined
  // The search ended before the page was full; `reached` is how far back it searched.
  const unfinished = page.next !== null && page.items.length < limit
  return {
    ...{ isFirst, unfinished, reached: page.reached },
    isOldestFirst: query['sort'] === 'oldest',
    newest: pathWith(path, kept),
    older: page.next === null ? undefined : pathWith(path, { ...kept, before: page.next }),
    csv: pathWith(`${path}.csv`, exact),
    json: pathWith(`/api/v1${path}`, exact),
    total: isFirst ? totalText({ page, total }, words) : undefined,
  }
}

function totalText(
  { page, total }: Pick<ListPage, 'page' | 'total'>,
  words: Words,
): string | undefined {
  if (page.next === null)
    return page.items.length === 0 ? undefined : words.n('totalN', page.items.length)
  if (total === undefined) return undefined
  if (total.isExact) return words.n('totalN', total.count)
  // A partial count is shown only if it exceeds the items on this page.
  if (total.count <= page.items.length) return undefined
  return words.n('totalAtLeast', total.count)
}
