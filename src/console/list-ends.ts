import type { Page, Total } from '../stores/queries.ts'
import { pathWith } from './format.ts'
import type { Words } from './i18n.ts'
import { instantsIn } from './list-form.ts'
import type { PageContext } from './page.ts'

/** The head and end of a list: links to other pages and to exports, and the total. */
export interface ListEnds {
  isFirst: boolean
  newest: string
  older: string | undefined
  /** The search ended before the page was full; `reached` is how far back it searched. */
  unfinished: boolean
  reached: Date | undefined
  isOldestFirst: boolean
  csv: string
  json: string
  total: string | undefined
}

/** Parameters of a list that are kept in its links. */
const KEPT = new Set(
  'channel robot state kind status level fingerprint last from to sort q matcher'.split(' '),
)

export function listEndsOf(
  path: string,
  { page, total, limit }: { page: Page<unknown>; total: Total | undefined; limit: number },
  { request, facts, words }: PageContext,
): ListEnds {
  const { query } = request
  const kept = Object.fromEntries(Object.entries(query).filter(([name]) => KEPT.has(name)))
  const { timezone } = facts.settings()
  const exact = instantsIn(kept, { now: facts.now(), timezone })
  const isFirst = query['before'] === undefined
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
  { page, total }: { page: Page<unknown>; total: Total | undefined },
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
