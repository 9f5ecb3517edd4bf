import { AppError } from '../errors.ts'
import { NO_MENTION } from '../model/alert.ts'
import type { Content, Probe } from '../model/message.ts'
import {
  type Language,
  queueOfRobot,
  queuesOf,
  type Robot,
  type Settings,
} from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type { NewMessage } from '../stores/store.ts'
import { robotsOf } from './compose-message.ts'
import { NO_CHANNEL } from './dispatchers.ts'
import { testQueueOf } from './test-run.ts'

const WORDS: Record<Language, { title: string; text: string }> = {
  'en-US': { title: 'Test message', text: 'If you read this, alerts will arrive here.' },
  'zh-CN': { title: '测试消息', text: '看到这条消息，说明告警可以送达这里。' },
  'zh-TW': { title: '測試訊息', text: '看到這則訊息，表示警示可以送達這裡。' },
}

/** The content of a test message, without mentions. */
export function testContent(name: string, settings: Settings): Content {
  const { title, text } = WORDS[settings.language]
  return {
    format: 'markdown',
    title,
    text: `### ${title}\n\n${text}\n\n- ${name}`,
    mention: NO_MENTION,
    link: undefined,
  }
}

interface TestDeps {
  settings: Settings
  notifier: Pick<Notifier, 'compose'>
  uuid: () => string
}

/** One test message for each group of a channel. AppError unknown_channel. */
export function testMessages(channelName: string, deps: TestDeps): NewMessage[] {
  const { settings } = deps
  const channel = settings.channels.get(channelName)
  if (channel === undefined)
    throw new AppError(
      'unknown_channel',
      `unknown channel ${JSON.stringify(channelName.slice(0, 100))}; available: ${[...settings.channels.keys()].join(', ')}`,
    )
  const robots = robotsOf(channel, settings)
  return queuesOf(channel).map((queue, index) => {
    const group = channel.mode === 'pool' ? robots : robots.slice(index, index + 1)
    return messageFor(group, { queue, channel: channel.name, name: channel.name }, deps)
  })
}

/** A test message for one robot, in its own queue. AppError not_found. */
export function robotTest(robotName: string, deps: TestDeps): NewMessage {
  const { settings } = deps
  const robot = settings.robots.get(robotName)
  if (robot === undefined)
    throw new AppError(
      'not_found',
      `unknown robot ${JSON.stringify(robotName.slice(0, 100))}; available: ${[...settings.robots.keys()].join(', ')}`,
    )
  const queue = queueOfRobot(robot.name)
  const channel = [...settings.channels.values()].find((each) => queuesOf(each).includes(queue))
  const place = { queue, channel: channel?.name ?? NO_CHANNEL }
  return messageFor([robot], { ...place, name: robot.name }, deps)
}

/** A test message for one robot in a separate queue. */
export function separateTest(robot: Robot, name: string, deps: TestDeps): NewMessage {
  return messageFor([robot], { ...testQueueOf(robot.name), name }, deps)
}

/** A probe's message for one robot, in its own queue or in a separate one. AppError not_found. */
export function probeMessage(
  robotName: string,
  { probe, uuid, apart }: { probe: Probe; uuid: string; apart: boolean },
  deps: Omit<TestDeps, 'notifier'> & { notifier: Pick<Notifier, 'compose' | 'probe'> },
): NewMessage {
  const message = robotTest(robotName, deps)
  const robot = deps.settings.robots.get(robotName) as Robot
  const place = apart ? testQueueOf(robotName) : {}
  return { ...message, ...place, ...deps.notifier.probe(probe, robot, uuid) }
}

function messageFor(
  group: readonly Robot[],
  { queue, channel, name }: Pick<NewMessage, 'queue' | 'channel'> & { name: string },
  { settings, notifier, uuid }: TestDeps,
): NewMessage {
  const content = testContent(name, settings)
  const key = uuid()
  return {
    uuid: key,
    robot: (group[0] as Robot).name,
    robotKey: (group[0] as Robot).key,
    queue,
    channel,
    kind: 'test',
    title: content.title,
    text: content.text,
    body: notifier.compose(content, group, key),
    alertCount: 0,
    level: undefined,
    storm: false,
  }
}
