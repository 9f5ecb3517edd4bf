import { type Bucket, type Totals, totalsOf } from './history.ts'
import { isRefusal } from './refusals.ts'

/** The facts from which a robot's past pauses are derived, besides its throttle replies. */
export interface PausingRobot {
  name: string
  penaltyMs: number
  pause: { since: Date; until: Date } | undefined
}

/** One column of the chart. */
export interface ChartBucket extends Totals {
  at: Date
  until: Date
  /** Robots that were paused in it. */
  paused: readonly string[]
}

/** The worst event of a robot in one minute. `idle`: it sent nothing, and could have sent. */
export type CellKind = 'idle' | 'accepted' | 'retried' | 'paused' | 'refused'

export interface Cell {
  at: Date
  kind: CellKind
  calls: number
}

/** The columns of the chart, oldest first. Pure. */
export function chartBuckets(
  buckets: readonly Bucket[],
  robots: readonly PausingRobot[],
): ChartBucket[] {
  const pauses = robots.map((robot) => ({ name: robot.name, paused: pausedIn(buckets, robot) }))
  return buckets.map(({ at, until, alerts }, index) => ({
    ...{ at, until, ...totalsOf(alerts) },
    paused: pauses.flatMap(({ name, paused }) => (paused[index] === true ? [name] : [])),
  }))
}

/** The minutes of one robot, oldest first. Pure. */
export function cellsOf(minutes: readonly Bucket[], robot: PausingRobot): Cell[] {
  const paused = pausedIn(minutes, robot)
  return minutes.map(({ at, attempts }, index) => {
    const ours = attempts.filter((each) => each.robot === robot.name)
    const calls = ours.reduce((sum, { count }) => sum + count, 0)
    return {
      at,
      kind: kindOf(
        ours.map(({ result }) => result),
        paused[index] === true,
      ),
      calls,
    }
  })
}

function kindOf(results: readonly string[], paused: boolean): CellKind {
  if (results.some(isRefusal)) return 'refused'
  if (paused) return 'paused'
  if (results.some((each) => each !== 'ok')) return 'retried'
  return results.length > 0 ? 'accepted' : 'idle'
}

/** A penalty ends after its duration, or when a later call was not throttled. */
function pausedIn(buckets: readonly Bucket[], { name, penaltyMs, pause }: PausingRobot): boolean[] {
  let penaltyUntil = Number.NEGATIVE_INFINITY
  return buckets.map(({ at, until, attempts }) => {
    const ours = attempts.filter(({ robot }) => robot === name)
    const isThrottled = ours.some(({ result }) => result === 'throttled')
    if (isThrottled) penaltyUntil = at.getTime() + penaltyMs
    else if (ours.length > 0) penaltyUntil = Number.NEGATIVE_INFINITY
    const isPaused = pause !== undefined && pause.since < until && pause.until > at
    return isThrottled || isPaused || penaltyUntil > at.getTime()
  })
}
