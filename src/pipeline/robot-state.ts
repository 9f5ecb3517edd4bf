import { type Calendar, calendarOf } from '../decisions/calendar.ts'
import { countedForMs } from '../decisions/pace.ts'
import {
  type Plan,
  type PlanInput,
  pauseEnd,
  plan,
  type QueueState,
  type RobotNow,
} from '../decisions/plan.ts'
import { STORM_MS } from '../decisions/storm.ts'
import { isOpenEnded } from '../model/pause.ts'
import { type Channel, countsForQuota, type Robot, type Settings } from '../model/settings.ts'
import type { Backlog, RobotState, Store } from '../stores/store.ts'
import { MAX_QUEUED_PREVIEW } from './compose-message.ts'
import { queuesOfRobot, type RobotQueues } from './queues.ts'

/** Plans what a robot does next, and returns the plan with the state that it is based on. Writes nothing. */
export async function nextPlan(
  robot: Robot,
  { settings, now, store }: { settings: Settings; now: Date; store: Pick<Store, 'backlog'> },
): Promise<{ planned: Plan; backlog: Backlog; calendar: Calendar }> {
  const served = queuesOfRobot(robot, settings)
  const calendar = calendarOf(now, settings.timezone)
  const windowsMs = [robot, ...served.peers].map(({ limits }) => limits.perMs)
  const callsSince = new Date(now.getTime() - countedForMs(Math.max(STORM_MS, ...windowsMs)))
  const backlog = await store.backlog({
    robot: identityOf(robot),
    queues: served.queues,
    peers: served.peers.map(identityOf),
    now,
    callsSince,
    ...calendar,
    preview: MAX_QUEUED_PREVIEW,
  })
  const planned = plan(planInputOf({ robot, served, settings, now, calendar, backlog }))
  return { planned, backlog, calendar }
}

/** The fields by which the store identifies a robot; others hold functions, which cannot be passed to a thread. */
function identityOf({ name, key, address }: Robot): { name: string; key: string; address: string } {
  return { name, key, address }
}

interface PlanState {
  robot: Robot
  served: RobotQueues
  settings: Settings
  now: Date
  calendar: Calendar
  backlog: Backlog
}

function planInputOf({ robot, served, settings, now, calendar, backlog }: PlanState): PlanInput {
  const peers = new Map(
    served.peers.map((peer, index) => [
      peer.name,
      robotNow(peer, backlog.peers[index] as RobotState),
    ]),
  )
  return {
    now,
    robot: robotNow(robot, backlog.robot),
    due: backlog.due,
    dueSevere: backlog.dueSevere,
    nextDueAt: backlog.nextDueAt,
    waiting: backlog.channels.flatMap((entry): QueueState[] => {
      const channel = settings.channels.get(entry.channel)
      if (channel === undefined) return []
      const others =
        channel.mode === 'pool' ? channel.robots.filter((each) => each !== robot.name) : []
      return [{ ...entry, channel, peers: others.flatMap((each) => peers.get(each) ?? []) }]
    }),
    allowances: allowancesOf(robot, backlog, settings),
    ...calendar,
  }
}

/** The calls of the month and their limits, of the robot and of the organisation; `name` is the robot's. */
export function allowancesOf(robot: Robot, backlog: Backlog, settings: Settings) {
  const { key, name, monthly } = robot
  const quota = monthlyQuotaOf(robot, settings)
  return [
    { scope: key, name, used: backlog.robot.monthUsed, limit: monthly },
    { scope: 'organisation', name: undefined, used: backlog.organisationUsed, limit: quota },
  ]
}

/** The organisation's calls of a month, if a robot's calls count for it and they are limited. */
export function monthlyQuotaOf({ key }: Robot, settings: Settings): number | undefined {
  return countsForQuota(key) ? settings.monthlyQuota : undefined
}

function robotNow({ limits }: Robot, { calls, pause }: RobotState): RobotNow {
  return { calls, limits, pause }
}

/**
 * Whether another robot of the channel's pool can send: one that is not set aside after refusals, and that no person has
 * paused without an end. Shorter pauses do not count.
 */
export function hasUsablePeer({
  channel,
  robot,
  settings,
  backlog,
  now,
}: Pick<PlanState, 'robot' | 'settings' | 'now' | 'backlog'> & { channel: Channel }): boolean {
  return queuesOfRobot(robot, settings).peers.some((peer, index) => {
    const state = backlog.peers[index]
    if (state === undefined || !channel.robots.includes(peer.name)) return false
    if (pauseEnd(robotNow(peer, state), now) === undefined) return true
    const { pause } = state
    const isSetAside = pause?.reason === 'rejected'
    return !isSetAside && !(pause?.reason === 'by_hand' && isOpenEnded(pause.until))
  })
}
