import { NO_MENTION } from '../model/alert.ts'
import type { Content } from '../model/message.ts'
import { type Channel, groupsOf, type Settings } from '../model/settings.ts'
import type { Silence } from '../model/silence.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import { wordIn } from '../rendering/i18n.ts'
import { oneLine } from '../rendering/text/escape.ts'
import { escapedFor } from '../rendering/text/markup.ts'
import { timeFor } from '../rendering/text/time.ts'
import type { NewMessage } from '../stores/store.ts'
import { robotsOf } from './compose-message.ts'
import { plainMessage } from './plain-message.ts'

export interface NoticeDeps {
  settings: Settings
  notifier: Pick<Notifier, 'compose'>
  uuid: () => string
  now: Date
}

/** One line for each group of a channel: what is silenced, by whom and until when. */
export function silenceNotices(
  silence: Pick<Silence, 'by' | 'until' | 'untilRecovery'>,
  { channel, what }: { channel: Channel; what: string },
  deps: NoticeDeps,
): NewMessage[] {
  const { settings, now } = deps
  const format = channel.format === 'text' ? 'text' : 'markdown'
  const zone = channel.timezone ?? settings.timezone
  const until = timeFor(silence.until, { zone, now })
  const word = silence.untilRecovery ? 'mutedUntilRecovery' : 'silencedBy'
  const line = (shown: (text: string) => string): string =>
    `🔕 ${wordIn(channel.language ?? settings.language, word, { by: shown(silence.by), what: shown(what), until })}`
  const content: Content = {
    format,
    title: line(oneLine),
    text: line((text) => escapedFor(format, oneLine(text))),
    mention: NO_MENTION,
    link: undefined,
  }
  return groupsOf(channel).flatMap(({ queue, robots }) => {
    const group = robotsOf({ robots }, settings)
    const [robot] = group
    // A reload may have removed it meanwhile.
    if (robot === undefined) return []
    const recipient = { robot, group, queue, channel: channel.name, kind: 'alert' } as const
    return [plainMessage(content, recipient, deps)]
  })
}
