import { mentionFor } from '../decisions/mention.ts'
import type { Subject } from '../decisions/route.ts'
import type { Events } from '../events.ts'
import type { Mention, MessageAlert } from '../model/alert.ts'
import type { Channel, Format, Settings } from '../model/settings.ts'
import { oneLine } from '../rendering/text/escape.ts'
import { escapedFor } from '../rendering/text/markup.ts'

export interface MentionSubject {
  channel: Channel
  alerts: readonly Subject[]
  now: Date
  /** Default: the channel's format. A text that the sender rendered may have another format. */
  format?: Format
  /** Mentions in the sender's own message. */
  own?: Mention | undefined
}

/** The people that a message mentions. Names without a person are shown beside them, escaped, and logged once. */
export function messageMention(
  { channel, alerts, now, format = channel.format, own }: MentionSubject,
  { settings, events }: { settings: Settings; events?: Pick<Events, 'nameUnknown'> },
): Mention {
  const { unknown, ...mention } = mentionFor(channel.mention, alerts, {
    directory: settings,
    now,
    ...(own && { own }),
  })
  for (const name of unknown) events?.nameUnknown(channel.name, name)
  const names = unknown
    .map((name) => escapedFor(format, oneLine(name), { opening: true }))
    .filter((name) => name !== '')
  return names.length === 0 ? mention : { ...mention, names }
}

/** Mentions go under the heading. In a single OCP alert they go to the end, so that OCP's format is unchanged. */
export function mentionPositionOf(
  alerts: readonly Pick<MessageAlert, 'alert'>[],
): 'heading' | 'end' {
  return alerts.length === 1 && alerts[0]?.alert.source === 'ocp' ? 'end' : 'heading'
}
