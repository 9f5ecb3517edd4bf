import { calendarOf } from '../../../src/decisions/calendar.ts'
import { countedForMs } from '../../../src/decisions/pace.ts'
import { plan } from '../../../src/decisions/plan.ts'
import { MAX_QUEUED_PREVIEW } from '../../../src/pipeline/compose-message.ts'
import { openSqliteStore } from '../../../src/stores/sqlite/store.ts'
import { channelNamed, robotNamed } from '../../support/settings.ts'
import { median, residentMb } from './load.ts'

/** Reads the backlog and plans the next message repeatedly; prints the durations. */
const [path = '', queue = '', channel = ''] = process.argv.slice(2)
const store = await openSqliteStore({ path, reasonToSuppress: () => undefined })
const robot = robotNamed('default')
const took: number[] = []
for (let round = 0; round < 21; round += 1) {
  const began = performance.now()
  const now = new Date()
  const calendar = calendarOf(now, 'UTC')
  const backlog = await store.verbs.backlog({
    robot,
    queues: [queue],
    peers: [],
    now,
    callsSince: new Date(now.getTime() - countedForMs(robot.limits.perMs)),
    ...calendar,
    preview: MAX_QUEUED_PREVIEW,
  })
  const planned = plan({
    now,
    robot: { calls: backlog.robot.calls, limits: robot.limits, pause: backlog.robot.pause },
    due: backlog.due,
    dueSevere: backlog.dueSevere,
    nextDueAt: backlog.nextDueAt,
    waiting: backlog.channels.map((each) => ({
      ...each,
      channel: channelNamed(channel, { robots: ['default'] }),
      peers: [],
    })),
    allowances: [],
    ...calendar,
  })
  if (planned.kind !== 'send') throw new Error(`nothing to send: ${JSON.stringify(planned)}`)
  took.push(performance.now() - began)
}
const began = performance.now()
const { count } = await store.verbs.tally(queue, channel)
const tallyMs = performance.now() - began
process.stdout.write(
  JSON.stringify({ waiting: count, planMs: median(took), tallyMs, mb: residentMb(process.pid) }),
)
store.close()
