import type {
  FailedPage,
  FailedQuery,
  MessageQuery,
  Page,
  StoredMessage,
  Total,
} from '../queries.ts'
import type { Tx } from '../tx.ts'
import { isId, readMessages } from './messages.ts'
import { readColumn, readValue, Where } from './rows.ts'
import { IN_STATE } from './schema.ts'

/** Messages that one query searches by text, kind or level, which have no index. */
const MAX_SEARCHED = 1_000

/** Totals are counted only up to this number. */
export const MAX_TOTAL = 10_000

/** SQL: messages that need a person. A split message has no deliveries, because its alerts wait again. */
export const FAILED = `state = 'dead' AND dismissed_at IS NULL AND (alert_count = 0
  OR EXISTS (SELECT 1 FROM deliveries d WHERE d.message = messages.id)
  OR EXISTS (SELECT 1 FROM delivery_ranges r WHERE r.message = messages.id))`

type Query = MessageQuery & Pick<FailedQuery, 'ids'>

/** A page of messages. A search by text, kind or level may end it early. */
export async function messages(tx: Tx, query: MessageQuery): Promise<Page<StoredMessage>> {
  const { ids, next, endedEarly } = await findPage(tx, query)
  return {
    items: await readMessages(tx, ids),
    next: next === undefined ? null : String(next),
    ...(endedEarly && { reached: await readCreatedAt(tx, next) }),
  }
}

/** Failed messages, oldest first. A page may have fewer than `limit`; its `next` continues. */
export async function failed(tx: Tx, { after, ...filters }: FailedQuery): Promise<FailedPage> {
  const query = { ...filters, failed: true, state: 'dead', order: 'oldest' } as const
  const { ids, next } = await findPage(tx, {
    ...query,
    ...(after !== undefined && { before: after }),
  })
  return { ids: ids.map(String), next: next === undefined ? undefined : String(next) }
}

/** Counts a list that an index selects. Undefined for a search, for sent messages, and for a channel with a robot. */
export async function messageTotal(tx: Tx, query: MessageQuery): Promise<Total | undefined> {
  const { channel, robot, state } = query
  const hasBoth = channel !== undefined && robot !== undefined
  // Few messages are open or dead, so their index is enough.
  if (isSearch(query) || state === 'sent' || (hasBoth && state === undefined)) return undefined
  const listed = await listConditions(tx, query)
  const rows = `SELECT 1 FROM messages WHERE ${listed.sql} LIMIT ${MAX_TOTAL + 1}`
  const count = await readValue<number>(tx, `SELECT COUNT(*) FROM (${rows}) m`, listed.values)
  return totalOf(count ?? 0)
}

/** The total for a count that stops one beyond MAX_TOTAL. */
export function totalOf(count: number): Total {
  return { count: Math.min(count, MAX_TOTAL), isExact: count <= MAX_TOTAL }
}

type FoundPage = { ids: number[] } & (
  | { endedEarly: false; next: number | undefined }
  | { endedEarly: true; next: number }
)

async function findPage(tx: Tx, query: Query): Promise<FoundPage> {
  const { limit, order = 'newest', state } = query
  // `id + 0` keeps SQLite from scanning all messages in the order of ids; the index of open messages has few rows.
  const isOpen = state === 'pending' || state === 'sending'
  const by = `${isOpen ? '(id + 0)' : 'id'} ${order === 'newest' ? 'DESC' : 'ASC'}`
  const readIds = ({ sql, values }: Where, max: number): Promise<number[]> =>
    readColumn(
      tx,
      `SELECT id FROM messages WHERE ${sql} ORDER BY ${by} LIMIT $${values.length + 1}`,
      [...values, max],
    )
  const where = await listConditions(tx, query)
  let edge: number | undefined
  if (isSearch(query)) {
    const searched = await readIds(where, MAX_SEARCHED)
    if (searched.length === MAX_SEARCHED) edge = searched.at(-1)
    addSearch(where, query).add(`id ${order === 'newest' ? '>=' : '<='} ?`, edge)
  }
  const found = await readIds(where, limit + 1)
  if (found.length > limit)
    return { ids: found.slice(0, limit), next: found[limit - 1], endedEarly: false }
  return edge === undefined
    ? { ids: found, next: undefined, endedEarly: false }
    : { ids: found, next: edge, endedEarly: true }
}

/** All conditions but those of a search; one of them selects by an index. Ids ascend with the time of creation. */
async function listConditions(tx: Tx, query: Query): Promise<Where> {
  const { ids, before, from, to, order = 'newest', channel, robot, state, failed } = query
  // `|| ''` keeps the planner from the index of the channel or robot, which has far more rows than that of the state.
  const isRare = failed === true || !['sent', undefined].includes(state)
  const column = (name: string): string => (isRare ? `(${name} || '')` : name)
  return new Where([IN_STATE[state ?? 'any'], failed === true ? FAILED : 'TRUE'])
    .add('id IN LIST(?, BIGINT)', ids?.filter(isId).map(Number))
    .add(`id ${order === 'newest' ? '<' : '>'} ?`, before === undefined ? before : Number(before))
    .add('id >= ?', from && (await firstSince(tx, tx.ms(from))))
    .add('id < ?', to && (await firstSince(tx, tx.ms(to))))
    .add(`${column('channel')} = ?`, channel)
    .add(`${column('robot')} = ?`, robot)
}

/** True if the query has conditions on text, kind or level, which no index supports. */
function isSearch({ text, kind, levels }: Query): boolean {
  return text !== undefined || kind !== undefined || levels !== undefined
}

function addSearch(where: Where, { text, kind, levels }: Query): Where {
  return where
    .add('kind = ?', kind)
    .add('level IN LIST(?, BIGINT)', levels)
    .add(
      `(title ILIKE ? ESCAPE '\\' OR text ILIKE ? ESCAPE '\\')`,
      text === undefined ? undefined : `%${text.replace(/[\\%_]/g, '\\$&')}%`,
    )
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
    const row = await tx.get<{ id: number; created_at: number }>(
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

async function readCreatedAt(tx: Tx, id: number): Promise<Date> {
  const at = await readValue<number>(tx, 'SELECT created_at FROM messages WHERE id = $1', [id])
  return tx.date(at ?? 0)
}
