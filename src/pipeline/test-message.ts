import { AppError } from '../errors.ts'
import { NO_MENTION } from '../model/alert.ts'
import type { Content } from '../model/message.ts'
import { type Language, queuesOf, type Robot, type Settings } from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type { NewMessage } from '../stores/store.ts'
import { robotsOf } from './compose-message.ts'

const WORDS: Record<Language, { title: string; text: string }> = {
  'en-US': { title: 'Test message', text: 'If you read this, alerts will arrive here.' },
  'zh-CN': { title: '测试消息', text: '看到这条消息，说明告警可以送达这里。' },
  'zh-TW': { title: '測試訊息', text: '看到這則訊息，表示告警可以送達這裡。' },
}

/** What a test message says; it mentions nobody. */
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

/** One test message for each group of a channel. AppError unknown_channel. */
export function testMessages(
  channelName: string,
  {
    settings,
    notifier,
    uuid,
  }: { settings: Settings; notifier: Pick<Notifier, 'compose'>; uuid: () => string },
): NewMessage[] {
  const channel = settings.channels.get(channelName)
  if (channel === undefined)
    throw new AppError(
      'unknown_channel',
      `there is no channel ${JSON.stringify(channelName.slice(0, 100))}; there is: ${[...settings.channels.keys()].join(', ')}`,
    )
  const robots = robotsOf(channel, settings)
  return queuesOf(channel).map((queue, index) => {
    const group = channel.mode === 'pool' ? robots : robots.slice(index, index + 1)
    const content = testContent(channel.name, settings)
    const key = uuid()
    return {
      uuid: key,
      robot: (group[0] as Robot).name,
      robotKey: (group[0] as Robot).key,
      queue,
      channel: channel.name,
      kind: 'test',
      title: content.title,
      text: content.text,
      body: notifier.compose(content, group, key),
      alertCount: 0,
      level: undefined,
      storm: false,
    }
  })
}
