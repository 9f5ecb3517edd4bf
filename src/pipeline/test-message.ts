import type { Probe } from '../model/message.ts'
import {
  type Language,
  queueOfRobot,
  queuesOf,
  type Robot,
  type Settings,
} from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type { NewMessage } from '../stores/store.ts'
import { channelNamed, robotNamed } from './lookup.ts'
import { type PlainDeps, type PlainText, plainMessage, plainMessages } from './plain-message.ts'
import { NO_CHANNEL } from './queues.ts'

const WORDS: Record<Language, { title: string; text: string }> = {
  'en-US': { title: 'Test message', text: 'If you read this, alerts will arrive here.' },
  'zh-CN': { title: '测试消息', text: '看到这条消息，说明告警可以送达这里。' },
  'zh-TW': { title: '測試訊息', text: '看到這則訊息，表示警示可以送達這裡。' },
}

/** One test message for each group of a channel. Throws AppError unknown_channel. */
export function testMessages(channelName: string, deps: PlainDeps): NewMessage[] {
  const channel = channelNamed(channelName, deps.settings)
  return plainMessages(testText(channel.name, deps.settings), { channel, kind: 'test' }, deps)
}

/** A test message for one robot, in its own queue. Throws AppError not_found. */
export function robotTest(robotName: string, deps: PlainDeps): NewMessage {
  const { settings } = deps
  const robot = robotNamed(robotName, settings)
  const queue = queueOfRobot(robot.name)
  const channel = [...settings.channels.values()].find((each) => queuesOf(each).includes(queue))
  const place = { queue, channel: channel?.name ?? NO_CHANNEL }
  const recipient = { robot, group: [robot], ...place, kind: 'test' as const }
  return plainMessage(testText(robot.name, settings), recipient, deps)
}

/** A probe's message for one robot, in its own queue. AppError not_found. */
export function probeMessage(
  robotName: string,
  { probe, uuid }: { probe: Probe; uuid: string },
  deps: PlainDeps & { notifier: Pick<Notifier, 'probe'> },
): NewMessage {
  const message = robotTest(robotName, deps)
  const robot = deps.settings.robots.get(robotName) as Robot
  return { ...message, ...deps.notifier.probe(probe, robot, uuid) }
}

function testText(name: string, { language }: Settings): PlainText {
  const { title, text } = WORDS[language]
  return { format: 'markdown', title, text: `### ${title}\n\n${text}\n\n- ${name}` }
}
