import type { WaitReason } from '../decisions/plan.ts'
import type { Robot } from '../model/settings.ts'
import type { RobotFacts } from './headline.ts'
import type { Bucket } from './history.ts'
import { isRefusal } from './refusals.ts'
import type { StatusSnapshot } from './status.ts'
import { type Cell, cellsOf, type PausingRobot } from './timeline.ts'

export interface RobotOverview extends RobotFacts {
  callsLeft: number
  calls: number
  perMs: number
  /** Why the robot sends nothing although alerts wait; `until` undefined: until the next event. */
  wait: { reason: WaitReason; until: Date | undefined } | undefined
  /** The process that holds its lease, if several share the store. */
  leasedBy: string | undefined
  /** The past hour, minute by minute. */
  cells: Cell[]
}

/** One robot as the store describes it, without the reason for its wait. */
export function robotOverview(
  robot: Robot,
  status: StatusSnapshot,
  minutes: readonly Bucket[],
): RobotOverview {
  const { name, limits } = robot
  const state = status.robots.get(name)
  const pausedUntil = status.pausedUntil(robot)
  const pause = pausedUntil === undefined ? undefined : state?.pause
  return {
    name,
    sandbox: robot.target.kind === 'sandbox',
    callsLeft: status.callsLeft(robot),
    calls: limits.messages,
    perMs: limits.perMs,
    pausedUntil,
    pausedSince: pause?.since,
    pauseReason: pause?.reason,
    pausedBy: pause?.by,
    monthUsed: state?.monthUsed ?? 0,
    monthly: robot.monthly,
    ...waitingFor(robot, status),
    covered: isCovered(robot, status),
    wait: undefined,
    lastResult: state?.lastResult,
    lastAt: state?.lastAt,
    leasedBy: state?.leasedBy,
    attempts: attemptsOf(name, minutes),
    cells: cellsOf(minutes, pausingRobot(robot, status)),
  }
}

/** A robot and the pause that was last in force. */
export function pausingRobot({ name, limits }: Robot, { robots }: StatusSnapshot): PausingRobot {
  return { name, penaltyMs: limits.penaltyMs, pause: robots.get(name)?.pause }
}

function attemptsOf(name: string, minutes: readonly Bucket[]): RobotFacts['attempts'] {
  const attempts = { accepted: 0, refused: 0 }
  for (const { robot, result, count } of minutes.flatMap((each) => each.attempts)) {
    if (robot !== name) continue
    if (result === 'ok') attempts.accepted += count
    else if (isRefusal(result)) attempts.refused += count
  }
  return attempts
}

/** What waits in the robot's own queue and in those of its pools. */
export function waitingFor(
  { name }: Robot,
  { settings, queues }: StatusSnapshot,
): Pick<RobotFacts, 'waiting' | 'oldest' | 'sharedBy'> {
  const pools = new Map(
    [...settings.channels.values()]
      .filter((channel) => channel.mode === 'pool' && channel.robots.includes(name))
      .map((channel) => [`channel:${channel.name}`, channel.robots]),
  )
  const found = queues.filter(({ queue }) => queue === `robot:${name}` || pools.has(queue))
  const waiting = found.reduce((sum, { count }) => sum + count, 0)
  const shared = found.find(({ queue, count }) => pools.has(queue) && count * 2 > waiting)
  const robots = shared && pools.get(shared.queue)
  return {
    waiting,
    oldest:
      found.length === 0
        ? undefined
        : new Date(Math.min(...found.map(({ oldest }) => oldest.getTime()))),
    sharedBy: robots !== undefined && robots.length > 1 ? robots : undefined,
  }
}

/** True if every channel that uses the robot is a pool with another working robot. */
function isCovered({ name }: Robot, status: StatusSnapshot): boolean {
  const { settings, robots } = status
  const works = (each: string): boolean => {
    const robot = settings.robots.get(each)
    const { lastResult } = robots.get(each) ?? {}
    const isGood = lastResult === undefined || lastResult === 'ok'
    return each !== name && robot !== undefined && isGood && !status.pausedUntil(robot)
  }
  const ours = [...settings.channels.values()].filter((channel) => channel.robots.includes(name))
  return (
    ours.length > 0 && ours.every(({ mode, robots: all }) => mode === 'pool' && all.some(works))
  )
}
