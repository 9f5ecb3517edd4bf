import { NO_MENTION } from '../model/alert.ts'
import type { Content } from '../model/message.ts'
import { type Channel, groupsOf, type Robot, type Settings } from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type { NewMessage } from '../stores/store.ts'
import { robotsOf } from './queues.ts'

export interface PlainDeps {
  settings: Settings
  notifier: Pick<Notifier, 'compose'>
  uuid: () => string
}

/** A text without mentions and links. */
export type PlainText = Pick<Content, 'format' | 'title' | 'text'>

interface Recipient extends Pick<NewMessage, 'queue' | 'channel' | 'kind'> {
  robot: Robot
  /** The robots of the message's queue, any of which may send it. */
  group: readonly Robot[]
  level?: NewMessage['level']
}

/** A message without alerts. */
export function plainMessage(
  { format, title, text }: PlainText,
  { robot, group, level, ...rest }: Recipient,
  deps: Omit<PlainDeps, 'settings'>,
): NewMessage {
  const uuid = deps.uuid()
  const content: Content = { format, title, text, mention: NO_MENTION, link: undefined }
  const body = deps.notifier.compose(content, group, uuid)
  const identity = { uuid, robot: robot.name, robotKey: robot.key, ...rest }
  return { ...identity, title, text, body, alertCount: 0, level, storm: false }
}

/** A message without alerts for each group of a channel. */
export function plainMessages(
  text: PlainText,
  { channel, kind }: { channel: Channel; kind: NewMessage['kind'] },
  deps: PlainDeps,
): NewMessage[] {
  return groupsOf(channel).flatMap(({ queue, robots }) => {
    const group = robotsOf({ robots }, deps.settings)
    const [robot] = group
    // A reload may have removed it meanwhile.
    if (robot === undefined) return []
    return [plainMessage(text, { robot, group, queue, channel: channel.name, kind }, deps)]
  })
}
