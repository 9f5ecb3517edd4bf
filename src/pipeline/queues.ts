import {
  type Channel,
  groupsOf,
  queueOfRobot,
  queuesOf,
  type Robot,
  type Settings,
} from '../model/settings.ts'
import type { QueueAssignment } from '../stores/assignments.ts'
import type { QueuePlace } from '../stores/store.ts'

/** The channel name in a message for one robot only, such as the test of a robot whose queue no channel uses. */
export const NO_CHANNEL = ''

/** The queues that a robot serves: its own, and those of its pools. */
export interface RobotQueues {
  queues: string[]
  /** Each of these queues with each of its channels. */
  places: QueuePlace[]
  /** The other robots of its pools. */
  peers: Robot[]
}

export function queuesOfRobot(robot: Robot, settings: Settings): RobotQueues {
  const channels = [...settings.channels.values()].filter(({ robots }) =>
    robots.includes(robot.name),
  )
  const own = queueOfRobot(robot.name)
  const places = channels.flatMap((each) =>
    queuesOf(each)
      .filter((queue) => queue === own || each.mode === 'pool')
      .map((queue) => ({ queue, channel: each.name })),
  )
  const pools = channels.filter(({ mode }) => mode === 'pool')
  const peers = new Set(pools.flatMap((each) => robotsOf(each, settings)))
  peers.delete(robot)
  const queues = [...new Set([own, ...places.map(({ queue }) => queue)])]
  return { queues, places, peers: [...peers] }
}

/** The robots with these names, which the configuration contains. */
export function robotsOf({ robots }: Pick<Channel, 'robots'>, settings: Settings): Robot[] {
  return robots.map((name) => settings.robots.get(name) as Robot)
}

/** Each channel's queues, with the robots that serve them; under NO_CHANNEL, each robot's own queue. */
export function assignmentsOf(settings: Settings): QueueAssignment[] {
  const keys = (robots: Iterable<Robot>) => Array.from(robots, ({ name, key }) => ({ name, key }))
  const ofChannels = [...settings.channels.values()].map((channel) => ({
    channel: channel.name,
    queues: groupsOf(channel).map((group) => ({
      queue: group.queue,
      robots: keys(robotsOf(group, settings)),
    })),
  }))
  const alone = keys(settings.robots.values()).map((robot) => ({
    queue: queueOfRobot(robot.name),
    robots: [robot],
  }))
  return [...ofChannels, { channel: NO_CHANNEL, queues: alone }]
}
