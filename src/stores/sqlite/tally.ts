import type { Steps } from '../../turns.ts'
import type { Tally, TallyGroup } from '../store.ts'
import type { Database } from './database.ts'
import type { Rows } from './engine.ts'
import { receivedAt, waitsUpTo } from './waiting.ts'

/** Targets that a tally names for each group. */
const FIRST_OF_GROUP = 3

interface Counted extends Omit<TallyGroup, 'name' | 'cluster' | 'first'> {
  subject: number
  first: number[]
}

/** One walk over what waits by now, without a look at the alerts themselves. */
export function* tally(rows: Rows, queue: string, channel: string): Steps<Tally> {
  const counted = new Map<number, Counted>()
  let count = 0
  let upTo = 0
  let oldest = Number.POSITIVE_INFINITY
  const newest =
    rows.database.get<{ id: number | null }>('SELECT MAX(id) AS id FROM alerts')?.id ?? 0
  yield* waitsUpTo(
    rows,
    { queue, channel, upTo: newest },
    ({ level, alert, subject, resolved }) => {
      count += 1
      upTo = Math.max(upTo, alert)
      oldest = Math.min(oldest, alert)
      const key = subject * 8 + level
      let group = counted.get(key)
      if (group === undefined) {
        group = { level, subject, firing: 0, resolved: 0, first: [] }
        counted.set(key, group)
      }
      if (resolved === 1) group.resolved += 1
      else group.firing += 1
      if (group.first.length < FIRST_OF_GROUP) group.first.push(alert)
    },
  )
  const groups = [...counted.values()].sort(
    (a, b) =>
      a.level - b.level ||
      b.firing + b.resolved - a.firing - a.resolved ||
      (a.first[0] ?? 0) - (b.first[0] ?? 0),
  )
  const db = rows.database
  return {
    count,
    upTo,
    from: receivedAt(db, oldest),
    to: receivedAt(db, upTo),
    groups: groups.map((group) => groupFrom(db, group)),
  }
}

function groupFrom(db: Database, { subject, first, ...counts }: Counted): TallyGroup {
  const named = db.get<{ name: string; cluster: string }>(
    'SELECT name, cluster FROM subjects WHERE id = ?',
    subject,
  )
  return {
    ...counts,
    name: named?.name ?? '',
    cluster: named?.cluster ?? '',
    first: first.flatMap(
      (alert) =>
        db.get<{ payload: number; position: number }>(
          'SELECT payload, position FROM alerts WHERE id = ?',
          alert,
        ) ?? [],
    ),
  }
}
