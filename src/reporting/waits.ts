import { isOpenEnded } from '../model/pause.ts'
import type { Overview } from './overview.ts'
import type { RobotOverview } from './robot-overview.ts'

/** Why something waits, and until when; `until` is undefined if only a person or the next event ends the wait. */
export type Wait = { robot: string; until: Date | undefined } & (
  | { kind: 'paused'; reason: string; by: string | undefined }
  | { kind: 'plan'; reason: string }
)

/** Why the alerts of a channel wait, per robot; empty if nothing holds them back. Pure. */
export function waitsOf(name: string, { channels, robots }: Overview): Wait[] {
  const channel = channels.find((each) => each.name === name)
  if (channel === undefined) return []
  const ours = robots.filter((robot) => channel.robots.includes(robot.name))
  const waits = ours.flatMap((robot) => {
    const wait = waitOf(robot, channel.heldUntil)
    return wait === undefined ? [] : [wait]
  })
  // In a pool, the other robots send the alerts.
  return channel.mode === 'pool' && waits.length < ours.length ? [] : waits
}

/**
 * Why a robot does not send the waiting alerts of a channel; undefined if it sends them. `heldUntil`: the end of the wait
 * for the channel's push limit. Pure.
 */
export function waitOf(robot: RobotOverview, heldUntil: Date | undefined): Wait | undefined {
  const { name, pausedUntil, pauseReason = '', pausedBy, wait } = robot
  if (pausedUntil !== undefined) {
    const until = isOpenEnded(pausedUntil) ? undefined : pausedUntil
    return { robot: name, until, kind: 'paused', reason: pauseReason, by: pausedBy }
  }
  if (heldUntil !== undefined)
    return { robot: name, until: heldUntil, kind: 'plan', reason: 'push_limit' }
  // The push limit of another channel does not affect this one.
  if (wait === undefined || wait.reason === 'push_limit') return undefined
  return { robot: name, until: wait.until, kind: 'plan', reason: wait.reason }
}
