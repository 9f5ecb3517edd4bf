import { nextTurn } from '../../clock.ts'
import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { QueuePlace } from '../queries.ts'
import type { Tally, TallyGroup } from '../store.ts'
import type { Database, Tx } from '../tx.ts'
import {
  type Blocked,
  blockedValues,
  LEVELS_IN_ORDER,
  readBlocked,
  readNewestAlert,
  readPageEnd,
  readReceivedAt,
  readWatermarks,
  unblocked,
} from './deliveries.ts'

/** Rows in one read, which takes a few milliseconds; requests are accepted between reads. */
const PAGE_SIZE = 4_000

/** Alerts listed for each group; several of them may have the same target. */
const MAX_LISTED = 10

/** Rows of a level that are read one by one, for their targets. The database counts the rest. */
const FIRST_PAGE_SIZE = 1_000

interface Row {
  /** First and last alert that the row counts. */
  id: number
  last: number
  status: Status
  name: string
  cluster: string
  payload: number
  position: number
  n: number
}

/** Counts the waiting alerts page by page. If another claim takes some of them meanwhile, this tally's claim fails. */
export async function tally(db: Database, place: QueuePlace): Promise<Tally> {
  const { watermarks, ...start } = await db.read(async (tx) => {
    const upTo = await readNewestAlert(tx)
    const watermarks = await readWatermarks(tx, place)
    return { place, watermarks, blocked: await readBlocked(tx, place), upTo }
  })
  const groups = new Map<string, TallyGroup>()
  const ids = { oldest: Number.POSITIVE_INFINITY, newest: 0 }
  for (const level of LEVELS_IN_ORDER)
    for (const [waits, from] of [
      ['d.message IS NULL', watermarks.get(level)],
      ['d.message = 0', 0],
    ] as const)
      for await (const rows of readPages(db, { ...start, level, waits }, from))
        for (const row of rows) {
          add(groups, level, row)
          ids.oldest = Math.min(ids.oldest, row.id)
          ids.newest = Math.max(ids.newest, row.last)
        }
  const all = [...groups.values()]
  return {
    count: all.reduce((sum, { firing, resolved }) => sum + firing + resolved, 0),
    upTo: ids.newest,
    ...(await db.read((tx) => readReceivedRange(tx, ids))),
    groups: all.sort((a, b) => a.level - b.level || b.firing + b.resolved - a.firing - a.resolved),
  }
}

interface LevelQuery {
  place: QueuePlace
  level: Level
  /** An SQL condition on the deliveries. */
  waits: string
  upTo: number
  blocked: Blocked
}

/** Pages of a level after alert `from`; none if it is undefined. Requests are accepted between pages. */
async function* readPages(
  db: Database,
  query: LevelQuery,
  from: number | undefined,
): AsyncGenerator<Row[]> {
  for (let after = from, isFirst = true; after !== undefined; isFirst = false) {
    const page = { ...query, after, isFirst }
    const { rows, end } = await db.read((tx) => readPage(tx, page))
    yield rows
    after = end
    if (end !== undefined) await nextTurn()
  }
}

/** The next rows of a level: on the first page single alerts, then counts. `end` is the last alert of a full page. */
async function readPage(
  tx: Tx,
  {
    place: { queue, channel },
    level,
    waits,
    after,
    upTo,
    blocked,
    isFirst,
  }: LevelQuery & { after: number; isFirst: boolean },
): Promise<{ rows: Row[]; end: number | undefined }> {
  const size = isFirst ? FIRST_PAGE_SIZE : PAGE_SIZE
  const range = { queue, channel, level, after, up_to: upTo }
  const end = await readPageEnd(tx, range, { size, waits })
  const rows = await tx.all<Row>(
    `SELECT ${isFirst ? `${SINGLE_ROWS}, 1 AS n` : GROUPED_ROWS} FROM deliveries d CROSS JOIN alerts a
     WHERE d.queue = $1 AND d.channel = $2 AND d.level = $3 AND d.alert > $4 AND d.alert <= $5 AND ${waits}
       AND a.id = d.alert ${unblocked(6)} ${isFirst ? 'ORDER BY a.id' : 'GROUP BY a.name, a.cluster, a.status ORDER BY 1'}`,
    [queue, channel, level, after, end ?? upTo, ...blockedValues(blocked)],
  )
  return { rows, end }
}

const SINGLE_ROWS = 'a.id, a.id AS last, a.status, a.name, a.cluster, a.payload, a.position'
const GROUPED_ROWS = `MIN(a.id) AS id, MAX(a.id) AS last, a.status, a.name, a.cluster, MIN(a.payload) AS payload,
  MIN(a.position) AS position, COUNT(*) AS n`

function add(
  groups: Map<string, TallyGroup>,
  level: Level,
  { status, name, cluster, payload, position, n }: Row,
): void {
  const key = `${level}\0${name}\0${cluster}`
  let group = groups.get(key)
  if (group === undefined) {
    group = { level, name, cluster, firing: 0, resolved: 0, examples: [] }
    groups.set(key, group)
  }
  group[status] += n
  if (n === 1 && group.examples.length < MAX_LISTED) group.examples.push({ payload, position })
}

async function readReceivedRange(
  tx: Tx,
  { oldest, newest }: { oldest: number; newest: number },
): Promise<{ from: Date; to: Date }> {
  const receivedAt = await readReceivedAt(tx, newest === 0 ? [] : [oldest, newest])
  const instants = [...receivedAt.values()].map((each) => each.getTime())
  if (instants.length === 0) return { from: new Date(0), to: new Date(0) }
  return { from: new Date(Math.min(...instants)), to: new Date(Math.max(...instants)) }
}
