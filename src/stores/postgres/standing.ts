import type { Standing, StandingQuestion } from '../store.ts'
import type { Tx } from './database.ts'
import { IN_FORCE } from './leases.ts'
import { organisationUsed, robotStates } from './waiting.ts'

/** What waits or is under way. */
const NOT_TOLD = `SELECT queue, channel, alert FROM tellings WHERE message IS NULL
  UNION ALL SELECT t.queue, t.channel, t.alert FROM messages m JOIN tellings t ON t.message = m.id
  WHERE m.state IN ('pending', 'sending')`

export async function standing(tx: Tx, question: StandingQuestion): Promise<Standing> {
  const open = await tx.all<{ queue: string; channel: string; count: number; oldest: number }>(
    `SELECT o.queue, o.channel, o.count, p.received_at AS oldest FROM (
       SELECT queue, channel, COUNT(*) AS count, MIN(alert) AS first FROM (${NOT_TOLD}) t GROUP BY queue, channel
     ) o JOIN alerts a ON a.id = o.first JOIN payloads p ON p.id = a.payload ORDER BY o.queue, o.channel`,
  )
  const several = [...new Set(open.map((each) => each.channel))].filter(
    (channel) => open.filter((each) => each.channel === channel).length > 1,
  )
  // Alerts that wait for several groups, each counted once.
  const once = await tx.all<{ channel: string; count: number }>(
    `SELECT channel, COUNT(DISTINCT alert) AS count FROM (${NOT_TOLD}) t WHERE channel = ANY($1::text[])
     GROUP BY channel`,
    several,
  )
  const channels = [...new Set(open.map((each) => each.channel))].map((channel) => {
    const ours = open.filter((each) => each.channel === channel)
    const counted = once.find((each) => each.channel === channel) ?? ours[0]
    const oldest = tx.date(Math.min(...ours.map((each) => each.oldest)))
    return { channel, count: counted?.count ?? 0, oldest }
  })
  return {
    robots: await robots(tx, question),
    queues: open.map((each) => ({ ...each, oldest: tx.date(each.oldest) })),
    channels,
    organisationUsed: await organisationUsed(tx, question.month),
  }
}

async function robots(tx: Tx, question: StandingQuestion): Promise<Standing['robots']> {
  const found: Standing['robots'] = new Map()
  const rows = await tx.all<{
    name: string
    last_result: string | null
    last_at: number | null
    owner: string | null
  }>(
    `SELECT n.name, r.last_result, r.last_at, l.owner FROM unnest($2::text[], $3::text[]) AS n (name, key)
     LEFT JOIN robots r ON r.key = n.key LEFT JOIN leases l ON l.robot = n.name AND ${IN_FORCE}`,
    tx.ms(question.now),
    question.robots.map((each) => each.name),
    question.robots.map((each) => each.key),
  )
  for (const robot of question.robots) {
    const { callsSince } = robot
    const [state] = await robotStates(tx, [robot], { callsSince, month: question.month })
    const row = rows.find((each) => each.name === robot.name)
    if (state !== undefined)
      found.set(robot.name, {
        ...state,
        lastResult: row?.last_result ?? undefined,
        lastAt: typeof row?.last_at === 'number' ? tx.date(row.last_at) : undefined,
        workedBy: row?.owner ?? undefined,
      })
  }
  return found
}
