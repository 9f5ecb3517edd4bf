import type { Channel } from '../model/settings.ts'
import type { Silence } from '../model/silence.ts'
import { wordIn } from '../rendering/i18n.ts'
import { oneLine } from '../rendering/text/escape.ts'
import { escapedFor } from '../rendering/text/markup.ts'
import { timeFor } from '../rendering/text/time.ts'
import type { NewMessage } from '../stores/store.ts'
import { type PlainDeps, plainMessages } from './plain-message.ts'

/** One line for each group of a channel: what is silenced, by whom and until when. */
export function silenceNotices(
  silence: Pick<Silence, 'by' | 'until' | 'untilRecovery'>,
  { channel, what }: { channel: Channel; what: string },
  deps: PlainDeps & { now: Date },
): NewMessage[] {
  const { settings, now } = deps
  const format = channel.format === 'text' ? 'text' : 'markdown'
  const zone = channel.timezone ?? settings.timezone
  const until = timeFor(silence.until, { zone, now })
  const word = silence.untilRecovery ? 'mutedUntilRecovery' : 'silencedBy'
  const line = (shown: (text: string) => string): string =>
    `🔕 ${wordIn(channel.language ?? settings.language, word, { by: shown(silence.by), what: shown(what), until })}`
  const title = line(oneLine)
  const text = line((each) => escapedFor(format, oneLine(each)))
  return plainMessages({ format, title, text }, { channel, kind: 'alert' }, deps)
}
