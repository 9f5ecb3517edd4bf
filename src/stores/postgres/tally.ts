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
  from: number
  to: number
}

export async function tally(tx: Tx, queue: string, channel: string): Promise<Tally> {
  const rows = await tx.all<GroupRow>(
    `SELECT t.level, a.name, a.cluster, COUNT(*) FILTER (WHERE a.status = 'firing') AS firing,
       COUNT(*) FILTER (WHERE a.status = 'resolved') AS resolved, MAX(a.id) AS newest,
       (array_agg(a.payload || ':' || a.position ORDER BY a.id))[1:${FIRST_OF_GROUP}] AS first,
       MIN(p.received_at) AS "from", MAX(p.received_at) AS "to"
     FROM tellings t JOIN alerts a ON a.id = t.alert JOIN payloads p ON p.id = a.payload
     WHERE t.queue = $1 AND t.channel = $2 AND t.open AND t.message IS NULL ${UNBLOCKED}
     GROUP BY t.level, a.name, a.cluster ORDER BY t.level, COUNT(*) DESC, MIN(a.id)`,
    queue,
    channel,
  )
  const empty = rows.length === 0
  return {
    count: rows.reduce((sum, row) => sum + row.firing + row.resolved, 0),
    upTo: empty ? 0 : Math.max(...rows.map((row) => row.newest)),
    from: empty ? new Date(0) : tx.date(Math.min(...rows.map((row) => row.from))),
    to: empty ? new Date(0) : tx.date(Math.max(...rows.map((row) => row.to))),
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
