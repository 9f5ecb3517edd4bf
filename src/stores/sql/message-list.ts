import type { MessageQuery, Page, StoredMessage, Total } from '../queries.ts'
import type { SqlValue, Tx } from '../tx.ts'
import { IN_STATE } from './message-states.ts'
import { readMessages } from './messages.ts'

/** Messages that one query searches by text, kind or level, which have no index. */
const MAX_SEARCHED = 1_000

/** Totals are counted only up to this number. */
export const MAX_TOTAL = 10_000

/** SQL: messages that need a person. A split message has no deliveries, because its alerts wait again. */
export const FAILED = `state = 'dead' AND dismissed_at IS NULL AND (alert_count = 0
  OR EXISTS (SELECT 1 FROM deliveries d WHERE d.message = messages.id)
  OR EXISTS (SELECT 1 FROM delivery_ranges r WHERE r.message = messages.id))`

interface Conditions {
  where: string
  values: SqlValue[]
}

/** A page of messages. A search by text, kind or level may end it early. */
export async function messages(tx: Tx, query: MessageQuery): Promise<Page<StoredMessage>> {
  const { limit, order = 'newest' } = query
  const listed = await listConditions(tx, query)
  const direction = order === 'newest' ? 'DESC' : 'ASC'
  // `id + 0` keeps SQLite from scanning all messages in the order of ids; the index of open messages has few rows.
  const isOpen = query.state === 'pending' || query.state === 'sending'
  const by = `${isOpen ? '(id + 0)' : 'id'} ${direction}`
  const readIds = async ({ where, values }: Conditions, most: number): Promise<number[]> => {
    const rows = await tx.all<{ id: number }>(
      `SELECT id FROM messages WHERE ${where} ORDER BY ${by} LIMIT $${values.length + 1}`,
      [...values, most],
    )
    return rows.map(({ id }) => id)
  }
  const pageOf = async (found: number[], next: number | undefined) => ({
    items: await readMessages(tx, found.slice(0, limit)),
    next: next === undefined ? null : String(next),
  })
  const search = searchConditions(query, listed)
  if (search === undefined) {
    const ids = await readIds(listed, limit + 1)
    return pageOf(ids, ids.length > limit ? ids[limit - 1] : undefined)
  }
  const searched = await readIds(listed, MAX_SEARCHED)
  const last = searched.at(-1)
  if (last === undefined) return { items: [], next: null }
  search.values.push(last)
  search.where += ` AND id ${order === 'newest' ? '>=' : '<='} $${search.values.length}`
  const found = await readIds(search, limit + 1)
  if (found.length > limit) return pageOf(found, found[limit - 1])
  if (searched.length < MAX_SEARCHED) return pageOf(found, undefined)
  return { ...(await pageOf(found, last)), reached: await createdAt(tx, last) }
}

/** Counts a list that one index selects; undefined for a search, for sent messages, or by channel and robot. */
export async function messageTotal(tx: Tx, query: MessageQuery): Promise<Total | undefined> {
  const { channel, robot, state } = query
  const listed = await listConditions(tx, query)
  const narrows = channel !== undefined && robot !== undefined
  if (
    searchConditions(query, listed) !== undefined ||
    state === 'sent' ||
    (narrows && state === undefined)
  )
    return undefined
  const row = await tx.get<{ n: number }>(
    `SELECT COUNT(*) AS n FROM (SELECT 1 FROM messages WHERE ${listed.where} LIMIT ${MAX_TOTAL + 1}) m`,
    listed.values,
  )
  const count = row?.n ?? 0
  return { count: Math.min(count, MAX_TOTAL), isExact: count <= MAX_TOTAL }
}

/** The ILIKE pattern for a substring. */
function patternOf(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/** Conditions that an index supports. Ids ascend with the time of creation. */
export async function listConditions(tx: Tx, query: MessageQuery): Promise<Conditions> {
  const { before, from, to, order = 'newest' } = query
  const values: SqlValue[] = []
  const conditions: string[] = [IN_STATE[query.state ?? 'any']]
  const add = (condition: string, value: SqlValue): void => {
    values.push(value)
    conditions.push(`${condition} $${values.length}`)
  }
  if (before !== undefined) add(order === 'newest' ? 'id <' : 'id >', Number(before))
  if (from !== undefined) add('id >=', await firstSince(tx, tx.ms(from)))
  if (to !== undefined) add('id <', await firstSince(tx, tx.ms(to)))
  if (query.failed === true) conditions.push(FAILED)
  // `|| ''` keeps the planner from the index of the channel or robot, which has far more rows than that of the state.
  const isRare = query.failed === true || !['sent', undefined].includes(query.state)
  const column = (name: string): string => (isRare ? `(${name} || '') =` : `${name} =`)
  if (query.channel !== undefined) add(column('channel'), query.channel)
  if (query.robot !== undefined) add(column('robot'), query.robot)
  return { where: conditions.join(' AND '), values }
}

/** Adds conditions on text, kind and level, which no index supports; undefined if the query has none of these. */
export function searchConditions(
  { text, kind, levels }: Pick<MessageQuery, 'text' | 'kind' | 'levels'>,
  listed: Conditions,
): Conditions | undefined {
  const values = [...listed.values]
  const conditions: string[] = []
  const add = (value: SqlValue): string => `$${values.push(value)}`
  if (kind !== undefined) conditions.push(`kind = ${add(kind)}`)
  if (levels !== undefined) conditions.push(`level IN LIST(${add([...levels])}, BIGINT)`)
  if (text !== undefined) {
    const pattern = add(patternOf(text))
    conditions.push(`(title ILIKE ${pattern} ESCAPE '\\' OR text ILIKE ${pattern} ESCAPE '\\')`)
  }
  if (conditions.length === 0) return undefined
  return { where: [listed.where, ...conditions].join(' AND '), values }
}

interface Created {
  id: number
  created_at: number
}

/** The first id created at an instant or later. A binary search, because the creation time has no index. */
async function firstSince(tx: Tx, at: number): Promise<number> {
  const ends = await tx.get<{ low: number | null; high: number | null }>(
    'SELECT (SELECT MIN(id) FROM messages) AS low, (SELECT MAX(id) FROM messages) AS high',
  )
  let low = ends?.low ?? 1
  let high = ends?.high ?? 0
  let first = high + 1
  while (low <= high) {
    const middle = Math.floor((low + high) / 2)
    const row = await tx.get<Created>(
      'SELECT id, created_at FROM messages WHERE id >= $1 ORDER BY id LIMIT 1',
      [middle],
    )
    if (row === undefined || row.created_at >= at) {
      first = Math.min(first, row?.id ?? first)
      high = middle - 1
    } else low = row.id + 1
  }
  return first
}

async function createdAt(tx: Tx, id: number): Promise<Date> {
  const row = await tx.get<Created>('SELECT id, created_at FROM messages WHERE id = $1', [id])
  return tx.date(row?.created_at ?? 0)
}
