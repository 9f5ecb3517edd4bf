import type { Content } from '../model/message.ts'
import type { Robot } from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type { NewMessage } from '../stores/store.ts'

interface Recipient extends Pick<NewMessage, 'queue' | 'channel' | 'kind'> {
  robot: Robot
  /** The robots of the message's queue, any of which may send it. */
  group: readonly Robot[]
  level?: NewMessage['level']
}

/** A message without alerts. */
export function plainMessage(
  content: Content,
  { robot, group, level, ...rest }: Recipient,
  { notifier, uuid: newUuid }: { notifier: Pick<Notifier, 'compose'>; uuid: () => string },
): NewMessage {
  const uuid = newUuid()
  const { title, text } = content
  const body = notifier.compose(content, group, uuid)
  const identity = { uuid, robot: robot.name, robotKey: robot.key, ...rest }
  return { ...identity, title, text, body, alertCount: 0, level, storm: false }
}
