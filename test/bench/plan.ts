import { calendarOf } from '../../src/decisions/calendar.ts'
import { countedForMs } from '../../src/decisions/pace.ts'
import { plan } from '../../src/decisions/plan.ts'
import { MOST_HEADS } from '../../src/pipeline/compose-message.ts'
import { openEngine } from '../../src/stores/sqlite/engine.ts'
import { channelNamed, robotNamed } from '../support/settings.ts'
import { median, residentMb } from './load.ts'

/** A process that asks a store what waits and plans the next message, again and again; prints what that takes. */
const [path = '', queue = '', channel = ''] = process.argv.slice(2)
const engine = openEngine({ path, reasonToSuppress: () => undefined })
const robot = robotNamed('default')
const took: number[] = []
for (let round = 0; round < 21; round += 1) {
  const began = performance.now()
  const now = new Date()
  const calendar = calendarOf(now, 'UTC')
  const waiting = engine.verbs.waiting({
    robot,
    queues: [queue],
    peers: [],
    now,
    callsSince: new Date(now.getTime() - countedForMs(robot.limits.perMs)),
    ...calendar,
    heads: MOST_HEADS,
  })
  const decided = plan({
    now,
    robot: { calls: waiting.robot.calls, limits: robot.limits, pause: waiting.robot.pause },
    due: waiting.due,
    nextDueAt: waiting.nextDueAt,
    waiting: waiting.channels.map((each) => ({
      ...each,
      channel: channelNamed(channel, { robots: ['default'] }),
      peers: [],
    })),
    allowances: [],
    ...calendar,
  })
  if (decided.kind !== 'tell') throw new Error(`nothing to tell: ${JSON.stringify(decided)}`)
  took.push(performance.now() - began)
}
const began = performance.now()
const { count } = engine.verbs.tally(queue, channel)
const tallyMs = performance.now() - began
process.stdout.write(
  JSON.stringify({ waiting: count, planMs: median(took), tallyMs, mb: residentMb(process.pid) }),
)
engine.close()
