import type { Channel, Robot, Settings } from '../model/settings.ts'
import type { MessageWithAlerts } from '../stores/queries.ts'
import type { NewMessage } from '../stores/store.ts'
import { type DispatchDeps, pass } from './dispatch.ts'

const PASS_AGAIN_WITHIN_MS = 1_000

/** The queue of tests that run without a receiver. It has a blank in its name, which no channel can have. */
export function testQueueOf(robot: string): Pick<NewMessage, 'queue' | 'channel'> {
  return { queue: `channel:${testQueueName(robot)}`, channel: `robot:${robot}` }
}

function testQueueName(robot: string): string {
  return `test of ${robot}`
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

/** Settings with which the robot serves only its test queue. */
function settingsFor(robot: Robot, settings: Settings): Settings {
  const [any] = settings.channels.values()
  const name = testQueueName(robot.name)
  const channel: Channel = { ...(any as Channel), name, mode: 'pool', robots: [robot.name] }
  return {
    ...settings,
    robots: new Map([[robot.name, robot]]),
    channels: new Map([[name, channel]]),
  }
}

/** Whether a message is sent or dead. */
export function isFinal({ message }: MessageWithAlerts): boolean {
  return message.state === 'sent' || message.state === 'dead'
}
