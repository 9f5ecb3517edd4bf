import type { Standing, StandingQuestion } from '../store.ts'
import type { Database } from './database.ts'
import { organisationUsed, robotState } from './robots.ts'
import { receivedAt } from './waiting.ts'

export function standing(db: Database, question: StandingQuestion): Standing {
  const robots: Standing['robots'] = new Map()
  for (const robot of question.robots) {
    const last = db.get<{ last_result: string | null; last_at: number | null }>(
      'SELECT last_result, last_at FROM robots WHERE key = ?',
      robot.key,
    )
    robots.set(robot.name, {
      ...robotState(db, robot, { callsSince: robot.callsSince, month: question.month }),
      lastResult: last?.last_result ?? undefined,
      lastAt: typeof last?.last_at === 'number' ? new Date(last.last_at) : undefined,
    })
  }
  const open = db.all<{ queue: string; channel: string; count: number; oldest: number }>(
    `SELECT queue, channel, SUM(n) AS count, MIN(oldest) AS oldest FROM (
       SELECT q.name AS queue, c.name AS channel, w.n, w.oldest FROM
         (SELECT queue, channel, COUNT(*) AS n, MIN(alert) AS oldest FROM waits GROUP BY queue, channel) w
         JOIN queues q ON q.id = w.queue JOIN channels c ON c.id = w.channel
       UNION ALL
       SELECT m.queue, m.channel, COUNT(*), MIN(t.alert) FROM messages m JOIN tellings t ON t.message = m.id
         WHERE m.state IN ('pending', 'sending') GROUP BY m.queue, m.channel
     ) GROUP BY queue, channel ORDER BY queue, channel`,
  )
  const channels = [...new Set(open.map((each) => each.channel))].map((channel) => {
    const ours = open.filter((each) => each.channel === channel)
    const oldest = receivedAt(db, Math.min(...ours.map((each) => each.oldest)))
    return {
      channel,
      count: ours.length === 1 ? (ours[0]?.count ?? 0) : countOnce(db, channel),
      oldest,
    }
  })
  return {
    robots,
    queues: open.map((each) => ({ ...each, oldest: receivedAt(db, each.oldest) })),
    channels,
    organisationUsed: organisationUsed(db, question.month),
  }
}

/** Alerts that wait for several groups, each counted once. */
function countOnce(db: Database, channel: string): number {
  return (
    db.get<{ n: number }>(
      `SELECT COUNT(*) AS n FROM (
         SELECT alert FROM waits WHERE channel = (SELECT id FROM channels WHERE name = ?1)
         UNION SELECT t.alert FROM messages m JOIN tellings t ON t.message = m.id
           WHERE m.state IN ('pending', 'sending') AND m.channel = ?1)`,
      channel,
    )?.n ?? 0
  )
}
