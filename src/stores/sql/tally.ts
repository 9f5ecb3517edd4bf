import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { Tally, TallyGroup } from '../store.ts'
import type { Database, Tx } from '../tx.ts'
import {
  type Blocked,
  blockedIn,
  blockedValues,
  LEVELS_IN_ORDER,
  type Place,
  unblocked,
  watermarks,
} from './deliveries.ts'

/** Rows that one read counts: a few milliseconds, between which requests are accepted. */
const PAGE_SIZE = 2_000

/** Targets that a tally names for each group. */
const FIRST_OF_GROUP = 3

interface Row {
  id: number
  status: Status
  level: Level
  name: string
  cluster: string
  payload: number
  position: number
}

/** Counts what waits by now, a page at a time. What is claimed meanwhile makes the claim of this tally fail. */
export async function tally(db: Database, place: Place): Promise<Tally> {
  const start = await db.read(async (tx) => ({
    blocked: await blockedIn(tx, place),
    marks: await watermarks(tx, place),
    upTo: await newestOf(tx, place),
  }))
  const groups = new Map<string, TallyGroup>()
  const ids = { count: 0, oldest: Number.POSITIVE_INFINITY, newest: 0 }
  for (const level of LEVELS_IN_ORDER)
    for (const waits of ['d.message IS NULL', 'd.message = 0'] as const) {
      let after = waits === 'd.message = 0' ? 0 : start.marks.get(level)
      while (after !== undefined) {
        const asked = { place, level, after, ...start }
        const rows = await db.read((tx) => page(tx, waits, asked))
        for (const row of rows) {
          add(groups, row)
          ids.count += 1
          ids.oldest = Math.min(ids.oldest, row.id)
          ids.newest = Math.max(ids.newest, row.id)
        }
        after = rows.length < PAGE_SIZE ? undefined : rows.at(-1)?.id
      }
    }
  return {
    count: ids.count,
    upTo: ids.newest,
    ...(await db.read((tx) => receivedBetween(tx, ids))),
    groups: [...groups.values()].sort(
      (a, b) => a.level - b.level || b.firing + b.resolved - a.firing - a.resolved,
    ),
  }
}

async function newestOf(tx: Tx, { queue, channel }: Place): Promise<number> {
  let newest = 0
  for (const level of LEVELS_IN_ORDER) {
    const row = await tx.get<{ alert: number | null }>(
      'SELECT MAX(alert) AS alert FROM deliveries WHERE queue = $1 AND channel = $2 AND level = $3',
      [queue, channel, level],
    )
    newest = Math.max(newest, row?.alert ?? 0)
  }
  return newest
}

function page(
  tx: Tx,
  waits: string,
  {
    place: { queue, channel },
    level,
    after,
    upTo,
    blocked,
  }: { place: Place; level: Level; after: number; upTo: number; blocked: Blocked },
): Promise<Row[]> {
  return tx.all<Row>(
    `SELECT a.id, a.status, d.level, a.name, a.cluster, a.payload, a.position
     FROM deliveries d CROSS JOIN alerts a
     WHERE d.queue = $1 AND d.channel = $2 AND d.level = $3 AND d.alert > $4 AND d.alert <= $5 AND ${waits}
       AND a.id = d.alert ${unblocked(6)}
     ORDER BY d.alert LIMIT ${PAGE_SIZE}`,
    [queue, channel, level, after, upTo, ...blockedValues(blocked)],
  )
}

function add(
  groups: Map<string, TallyGroup>,
  { status, level, name, cluster, payload, position }: Row,
): void {
  const key = `${level}\0${name}\0${cluster}`
  let group = groups.get(key)
  if (group === undefined) {
    group = { level, name, cluster, firing: 0, resolved: 0, first: [] }
    groups.set(key, group)
  }
  group[status] += 1
  if (group.first.length < FIRST_OF_GROUP) group.first.push({ payload, position })
}

async function receivedBetween(
  tx: Tx,
  { oldest, newest }: { oldest: number; newest: number },
): Promise<{ from: Date; to: Date }> {
  const row = await tx.get<{ since: number | null; until: number | null }>(
    `SELECT MIN(p.received_at) AS since, MAX(p.received_at) AS until FROM alerts a JOIN payloads p ON p.id = a.payload
     WHERE a.id IN LIST($1, BIGINT)`,
    [newest === 0 ? [] : [oldest, newest]],
  )
  const date = (ms: number | null | undefined): Date => (ms == null ? new Date(0) : tx.date(ms))
  return { from: date(row?.since), to: date(row?.until) }
}
