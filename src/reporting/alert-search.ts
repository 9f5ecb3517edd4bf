import type { Variables } from '../model/variables.ts'
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

/** Store queries that one search makes at most; older matches are left to the next page. */
const MAX_QUERIES = 4

const MAX_WORDS = 5

export interface SearchDeps {
  store: Pick<Store, 'alerts' | 'messages'>
  /** May end early, but covers at least one alert. */
  variablesOf: (alerts: readonly StoredAlert[]) => Promise<Variables[]>
}

/** Finds messages whose title or text contains a text. A page may end early; `next` leads to older ones. */
export async function searchMessages(
  query: MessageQuery,
  { store }: Pick<SearchDeps, 'store'>,
): Promise<Page<StoredMessage>> {
  return paged(query, async (asked) => store.messages(asked))
}

/**
 * Finds alerts whose variables contain each word of a text. `name=value` searches the variable of that name, and also
 * literally. A page may end early; `next` leads to older ones.
 */
export async function searchAlerts(
  { text, ...query }: Omit<AlertQuery, 'words'> & { text: string | undefined },
  { store, variablesOf }: SearchDeps,
): Promise<Page<AlertWithVariables>> {
  const wanted = wordsIn(text ?? '')
  const words = wanted.map((word) => spellingsOf(textIn(word)))
  return paged(query, async (asked) => {
    const page = await withVariables(
      await store.alerts({ ...asked, ...(words.length === 0 ? {} : { words }) }),
      variablesOf,
    )
    const isFound = ({ variables }: AlertWithVariables) =>
      wanted.every((word) => holds(variables, word))
    return { items: page.items.filter(isFound), next: page.next }
  })
}

async function paged<Query extends { limit: number; before?: string }, Item>(
  query: Query,
  ask: (query: Query) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const items: Item[] = []
  let { before } = query
  for (let asked = 0; asked < MAX_QUERIES; asked += 1) {
    const page = await ask({
      ...query,
      limit: query.limit - items.length,
      ...(before === undefined ? {} : { before }),
    })
    items.push(...page.items)
    if (page.next === null) return { items, next: null }
    before = page.next
    if (items.length >= query.limit) break
  }
  return { items, next: before ?? null }
}

export function wordsIn(text: string): string[] {
  return [...new Set(text.trim().split(/\s+/))].filter((word) => word !== '').slice(0, MAX_WORDS)
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
