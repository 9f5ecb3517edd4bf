import { matches } from '../decisions/route.ts'
import { LEVELS } from '../model/level.ts'
import type { Variables } from '../model/variables.ts'
import { MAX_KEPT } from '../pipeline/bounded.ts'
import { type AlertWithVariables, withVariables } from '../pipeline/stored-alerts.ts'
import type {
  AlertQuery,
  MessageQuery,
  Page,
  Spellings,
  StoredAlert,
  StoredMessage,
} from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import { yieldTurn } from '../time-slices.ts'
import type { ReadMatchers, SearchTerms } from './search-terms.ts'

/** Limit on the time of a search for one page; the next page continues it. */
export const MAX_SEARCH_MS = { page: 150, program: 1_500 } as const

/** Alerts whose variables are read at once, since few of them may match. */
const CANDIDATES = 200

export interface SearchDeps {
  store: Pick<Store, 'alerts' | 'messages'>
  /** May end early, but covers at least one alert. */
  variablesOf: (alerts: readonly StoredAlert[]) => Promise<Variables[]>
  readMatchers: ReadMatchers
  now: () => Date
  maxSearchMs: number
}

/** By level: the most severe first, and among equals the newest. */
export type AlertSort = 'newest' | 'oldest' | 'level'

export interface AlertSearch extends Omit<AlertQuery, 'words' | 'order'> {
  terms: SearchTerms
  sort?: AlertSort
}

/** Finds messages whose title or text contains a text. A page may end early; `next` leads to the rest. */
export async function searchMessages(
  query: MessageQuery,
  { store, ...deps }: Pick<SearchDeps, 'store' | keyof Budget>,
): Promise<Page<StoredMessage>> {
  return paged(query, deps, {
    ask: (asked) => store.messages(asked),
    cursorOf: ({ id }) => id,
    sizeOf: ({ body }) => body.length,
  })
}

/**
 * Finds alerts whose variables contain each word and match each matcher. `name=value` searches the variable of that
 * name, and also literally. A page may end early; `reached` is the time it searched back to, and `next` leads to the
 * rest.
 */
export async function searchAlerts(
  { sort = 'newest', ...query }: AlertSearch,
  deps: SearchDeps,
): Promise<Page<AlertWithVariables>> {
  const ask = (asked: AlertSearch): Promise<Page<AlertWithVariables>> => read(asked, deps)
  const sizeOf = ({ variables }: AlertWithVariables): number =>
    Object.values(variables).reduce((sum, { length }) => sum + length, 0)
  const reader = { ask, cursorOf: ({ alert }: AlertWithVariables) => alert.id, sizeOf }
  if (sort === 'level')
    return paged(query, deps, {
      ...reader,
      ask: (asked) => askByLevel(asked, ask),
      cursorOf: ({ alert }) => `${alert.level}-${alert.id}`,
    })
  return paged({ ...query, sort }, deps, reader)
}

async function read(
  { terms, sort, ...query }: AlertSearch,
  { store, variablesOf }: SearchDeps,
): Promise<Page<AlertWithVariables>> {
  const { words, matchers } = terms
  const isSearch = words.length > 0 || matchers.length > 0
  const stored = await store.alerts({
    ...query,
    ...(sort === 'oldest' && { order: 'oldest' }),
    ...(isSearch && { limit: Math.max(query.limit, CANDIDATES) }),
    ...(words.length > 0 && { words: words.map((word) => spellingsOf(textIn(word))) }),
  })
  const { items, next, reached } = await withVariables(stored, variablesOf)
  const last = stored.reached ?? items.at(-1)?.alert.receivedAt ?? reached
  const found = items.filter(
    ({ alert, variables }) =>
      words.every((word) => holds(variables, word)) &&
      matches(matchers, { variables, level: alert.level }),
  )
  return { items: found, next, ...(last !== undefined && { reached: last }) }
}

/** Lists one level after another; the cursor contains the level. */
async function askByLevel(
  query: AlertSearch,
  ask: (query: AlertSearch) => Promise<Page<AlertWithVariables>>,
): Promise<Page<AlertWithVariables>> {
  const wanted = LEVELS.filter((level) => query.levels?.includes(level) ?? true)
  const [, named, id = ''] = /^([1-5])-(\d*)$/.exec(query.before ?? '') ?? []
  const level = wanted.find((each) => each >= Number(named ?? 1))
  if (level === undefined) return { items: [], next: null }
  const { before: _before, ...others } = query
  const isWithin = id !== '' && level === Number(named)
  const page = await ask({ ...others, levels: [level], ...(isWithin && { before: id }) })
  const following = wanted.find((each) => each > level)
  const after = following === undefined ? null : `${following}-`
  return { ...page, next: page.next === null ? after : `${level}-${page.next}` }
}

type Budget = Pick<SearchDeps, 'now' | 'maxSearchMs'>

/** How to read one part of a list, and the cursor after an item. */
interface PartReader<Query, Item> {
  ask: (query: Query) => Promise<Page<Item>>
  cursorOf: (item: Item) => string
  /** The characters of an item; their sum is limited for a page. */
  sizeOf: (item: Item) => number
}

/** Reads parts until the page is full, unless another read would exceed the time of a search. */
async function paged<Query extends { limit: number; before?: string }, Item>(
  query: Query,
  { now, maxSearchMs }: Budget,
  { ask, cursorOf, sizeOf }: PartReader<Query, Item>,
): Promise<Page<Item>> {
  const began = now().getTime()
  const items: Item[] = []
  let size = 0
  for (let before = query.before; ; ) {
    const askedMs = now().getTime()
    const limit = query.limit - items.length
    const page = await ask({ ...query, limit, ...(before === undefined ? {} : { before }) })
    const taken = page.items.slice(0, limit)
    items.push(...taken)
    const last = items.at(-1)
    if (page.items.length > limit && last !== undefined) return { items, next: cursorOf(last) }
    if (page.next === null) return { items, next: null }
    if (items.length === query.limit) return { items, next: page.next }
    before = page.next
    size += taken.reduce((sum, each) => sum + sizeOf(each), 0)
    const nowMs = now().getTime()
    const nextEndMs = nowMs - began + (nowMs - askedMs)
    // Negative after the clock was set back.
    if (nowMs < askedMs || nextEndMs >= maxSearchMs || size >= MAX_KEPT)
      return { items, next: page.next, ...(page.reached && { reached: page.reached }) }
    await yieldTurn()
  }
}

function textIn(word: string): string {
  const at = word.indexOf('=')
  const value = at > 0 ? word.slice(at + 1).replace(/^"|"$/g, '') : word
  return value === '' ? word : value
}

/** Whether the variables contain a word, ignoring case. Pure. */
export function holds(variables: Variables, word: string): boolean {
  const wanted = word.toLowerCase()
  const at = word.indexOf('=')
  if (at > 0) {
    const own = variables[word.slice(0, at)]
    if (own?.toLowerCase().includes(textIn(word).toLowerCase())) return true
  }
  return Object.values(variables).some((value) => value.toLowerCase().includes(wanted))
}

/**
 * The spellings of a text in a payload: literal, in a JSON string, with non-ASCII escaped (as some JSON libraries do),
 * with HTML characters escaped (as Go does), and form-encoded. Pure.
 */
export function spellingsOf(text: string): Spellings {
  const json = JSON.stringify(text).slice(1, -1)
  const escaped = (match: string): string =>
    `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}`
  const spellings = [
    text,
    json,
    json.replace(/[^\u0000-\u007f]/g, escaped),
    json.replace(/[<>&]/g, escaped),
    encodeURIComponent(text.toWellFormed()),
  ]
  return [...new Set(spellings)]
}
