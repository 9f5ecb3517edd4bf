import { waitOf } from '../../reporting/waits.ts'
import { type BuiltPage, type PageContext, testOutcomes } from '../page.ts'
import { robotView } from '../robot-line.ts'
import { waitsIn, waitView } from '../waits.ts'

const ATTEMPTS = 15
const PENDING = 10

/** The page of one robot: its condition, what waits for it, its latest attempts, and actions. */
export async function robotPage(
  name: string,
  context: PageContext,
): Promise<BuiltPage | undefined> {
  const { request, facts, words } = context
  const settings = facts.settings().robots.get(name)
  if (settings === undefined) return undefined
  const overview = await facts.overview()
  const robot = overview.robots.find((each) => each.name === name)
  if (robot === undefined) return undefined
  const format = { words, now: facts.now(), timezone: facts.settings().timezone }
  const [attempted, pending, failed] = await Promise.all([
    facts.store.messages({ robot: name, limit: ATTEMPTS }),
    facts.store.messages({ robot: name, state: 'pending', limit: PENDING }),
    facts.store.messages({ robot: name, failed: true, limit: 1 }),
  ])
  const wait = waitOf(robot, undefined)
  return {
    template: 'robot',
    title: name,
    view: {
      robot: {
        ...robotView(robot, format),
        limits: settings.limits,
        keywords: settings.keywords,
      },
      here: `/robots/${encodeURIComponent(name)}`,
      wait: wait && robot.waiting > 0 ? waitView(wait, words) : undefined,
      channels: overview.channels.filter(({ robots }) => robots.includes(name)),
      attempted: attempted.items.filter(({ attempts }) => attempts.length > 0),
      pending: pending.items,
      hasFailed: failed.items.length > 0,
      waitsOf: waitsIn(overview, format),
      outcomes: await testOutcomes(request.query, facts),
    },
  }
}
