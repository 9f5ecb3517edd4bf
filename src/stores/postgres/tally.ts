import type { Level } from '../../model/level.ts'
import type { Tally } from '../store.ts'
import type { Tx } from './database.ts'
import { UNBLOCKED } from './waiting.ts'

/** Targets that a tally names for each group. */
const FIRST_OF_GROUP = 3

interface GroupRow {
  level: Level
  name: string
  cluster: string
  firing: number
  resolved: number
  newest: number
  /** The first few, as `payload:position`. */
  first: string[]
  oldest: number
}

export async function tally(tx: Tx, queue: string, channel: string): Promise<Tally> {
  const rows = await tx.all<GroupRow>(
    `SELECT t.level, a.name, a.cluster, COUNT(*) FILTER (WHERE a.status = 'firing') AS firing,
       COUNT(*) FILTER (WHERE a.status = 'resolved') AS resolved, MIN(a.id) AS oldest, MAX(a.id) AS newest,
       (array_agg(a.payload || ':' || a.position ORDER BY a.id))[1:${FIRST_OF_GROUP}] AS first
     FROM tellings t JOIN alerts a ON a.id = t.alert
     WHERE t.queue = $1 AND t.channel = $2 AND t.message IS NULL ${UNBLOCKED}
     GROUP BY t.level, a.name, a.cluster ORDER BY t.level, COUNT(*) DESC, MIN(a.id)`,
    queue,
    channel,
  )
  const newest = Math.max(0, ...rows.map((row) => row.newest))
  const span = await tx.one<{ from: number; to: number }>(
    `SELECT MIN(received_at) AS "from", MAX(received_at) AS "to" FROM payloads
     WHERE id IN (SELECT payload FROM alerts WHERE id = ANY($1::bigint[]))`,
    [newest, Math.min(newest, ...rows.map((row) => row.oldest))],
  )
  return {
    count: rows.reduce((sum, row) => sum + row.firing + row.resolved, 0),
    upTo: newest,
    from: rows.length === 0 ? new Date(0) : tx.date(span?.from ?? 0),
    to: rows.length === 0 ? new Date(0) : tx.date(span?.to ?? 0),
    groups: rows.map(({ level, name, cluster, firing, resolved, first }) => ({
      level,
      name,
      cluster,
      firing,
      resolved,
      first: first.map((place) => {
        const [payload, position] = place.split(':').map(Number)
        return { payload: payload as number, position: position as number }
      }),
    })),
  }
}
