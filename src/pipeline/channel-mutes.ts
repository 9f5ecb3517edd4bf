import type { Clock } from '../clock.ts'
import { endOfSilence, MAX_SILENCE_MS } from '../decisions/silence-until.ts'
import { AppError } from '../errors.ts'
import type { Events } from '../events.ts'
import type { Settings } from '../model/settings.ts'
import type { SilenceLength } from '../model/silence.ts'
import { channelNamed } from './lookup.ts'
import type { Mutes } from './mutes.ts'
import { nameFrom } from './silencing.ts'

interface ChannelMute {
  until: Date
  /** In Alertmanager's notation; empty: the whole channel. */
  matchers: readonly string[]
  by: string
}

/** Mutes channels as requested through the API and the console. Each rejects with AppError unknown_channel. */
export interface ChannelMutes {
  /** Mutes alerts of a channel and returns the mute's id. AppError bad_request for an invalid time or matcher. */
  mute(channel: string, mute: ChannelMute): Promise<string>
  /** Like `mute`, with a length that a page offers; a date without a zone is in the configured time zone. */
  muteFor(
    channel: string,
    mute: Omit<ChannelMute, 'until'> & { length: SilenceLength },
  ): Promise<string>
  /** Ends one mute of a channel, or all of them without an id; returns how many were in force. */
  unmute(channel: string, end: { id: string | undefined; by: string }): Promise<number>
}

const WRONG_ENDS = {
  past: 'until: must be in the future',
  too_long: 'until: must be within 30 days',
  unreadable: 'until: must be a date and a time',
} as const

export function createChannelMutes({
  mutes,
  settings,
  clock,
  events,
}: {
  mutes: Mutes
  settings: () => Settings
  clock: Clock
  events: Pick<Events, 'silenceCreated' | 'silenceEnded'>
}): ChannelMutes {
  const mute: ChannelMutes['mute'] = async (channel, { until, matchers, by }) => {
    channelNamed(channel, settings())
    const madeAt = clock.now()
    if (until <= madeAt) throw wrongEnd('past')
    if (until.getTime() - madeAt.getTime() > MAX_SILENCE_MS) throw wrongEnd('too_long')
    mutes.assertReadable(matchers)
    const id = await mutes.add({
      ...{ kind: 'mute', channel, alert: undefined, fingerprint: undefined, matchers },
      ...{ level: undefined, by: nameFrom(by), madeAt, until, untilRecovery: false },
      remote: undefined,
    })
    events.silenceCreated({ kind: 'mute', channel, by, until })
    return id
  }
  return {
    mute,
    async muteFor(channel, { length, ...rest }) {
      const end = endOfSilence(length, clock.now(), settings().timezone)
      if ('wrong' in end) throw wrongEnd(end.wrong)
      return mute(channel, { ...rest, until: end.until })
    },
    async unmute(channel, { id, by }) {
      channelNamed(channel, settings())
      // Another process may have created a mute a moment ago.
      await mutes.refresh()
      const inForce = mutes.ofChannel(channel, clock.now())
      const chosen = inForce.filter((each) => id === undefined || each.id === id)
      const ended = await mutes.end(chosen.map((each) => ({ id: each.id, by: nameFrom(by) })))
      if (ended > 0) events.silenceEnded({ kind: 'mute', channel, by })
      return ended
    },
  }
}

function wrongEnd(why: keyof typeof WRONG_ENDS): AppError {
  return new AppError('bad_request', WRONG_ENDS[why])
}
