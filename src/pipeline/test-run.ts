import { type Channel, queueOfRobot, type Robot, type Settings } from '../model/settings.ts'
import type { MessageWithAlerts } from '../stores/queries.ts'
import type { QueuePlace } from '../stores/store.ts'
import { type DispatchDeps, pass } from './dispatch.ts'

const PASS_AGAIN_WITHIN_MS = 1_000

/** The queue of tests that run without a receiver. Its channel has a colon in its name, which no other can have. */
export function testQueueOf(robot: string): QueuePlace {
  const channel = queueOfRobot(robot)
  return { queue: `channel:${channel}`, channel }
}

/**
 * Serves a robot's test queue until its message has been attempted or is dead. For commands that run without a receiver.
 * Leases the robot and counts the call, as every pass does.
 */
export async function serveTest(
  { id, robot }: { id: string; robot: Robot },
  deps: DispatchDeps,
): Promise<void> {
  const own: DispatchDeps = { ...deps, settings: () => settingsFor(robot, deps.settings()) }
  for (;;) {
    const next = await pass(robot.name, own)
    const found = await deps.store.message(id, 0)
    if (found === undefined || isFinal(found) || found.message.attempts.length > 0) return
    const waitMs = (next?.getTime() ?? Number.POSITIVE_INFINITY) - deps.clock.now().getTime()
    await deps.clock.sleep(Math.max(0, Math.min(waitMs, PASS_AGAIN_WITHIN_MS)))
  }
}

/**
 * Settings with which the robot serves only its test queue, also in its lease: other processes, which do not know the
 * queue, leave it alone.
 */
function settingsFor(robot: Robot, settings: Settings): Settings {
  const [any] = settings.channels.values()
  const name = testQueueOf(robot.name).channel
  const channel: Channel = { ...(any as Channel), name, mode: 'pool', robots: [robot.name] }
  return {
    ...settings,
    robots: new Map([[robot.name, robot]]),
    // Not found by its name, since a refused test must not set the robot aside as in a pool.
    channels: new Map([['', channel]]),
  }
}

/** Whether a message is sent or dead. */
export function isFinal({ message }: MessageWithAlerts): boolean {
  return message.state === 'sent' || message.state === 'dead'
}
