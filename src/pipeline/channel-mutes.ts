import { endOfSilence, MAX_SILENCE_MS } from '../decisions/silence-until.ts'
import { AppError } from '../errors.ts'
import type { Settings } from '../model/settings.ts'
import type { SilenceLength } from '../model/silence.ts'
import { channelNamed } from './lookup.ts'
import type { Mutes } from './mutes.ts'
import { nameFrom } from './silencing.ts'

/** A mute of a channel, as requested through the API. */
export interface ChannelMute {
  until: Date
  /** In Alertmanager's notation; empty: the whole channel. */
  matchers: readonly string[]
  by: string
}

export interface ChannelMutesDeps {
  mutes: Mutes
  settings: () => Settings
  now: () => Date
}

/**
 * Mutes alerts of a channel and returns the mute's id. AppError unknown_channel, or bad_request for an invalid time or
 * matcher.
 */
export async function muteChannel(
  channel: string,
  { until, matchers, by }: ChannelMute,
  { mutes, settings, now }: ChannelMutesDeps,
): Promise<string> {
  channelNamed(channel, settings())
  const madeAt = now()
  if (until <= madeAt) throw bad('until: must be in the future')
  if (until.getTime() - madeAt.getTime() > MAX_SILENCE_MS)
    throw bad('until: must be within 30 days')
  mutes.assertReadable(matchers)
  return mutes.add({
    ...{ kind: 'mute', channel, alert: undefined, fingerprint: undefined, matchers },
    ...{ level: undefined, by: nameFrom(by), madeAt, until, untilRecovery: false },
    remote: undefined,
  })
}

const WRONG_ENDS = {
  past: 'until: must be in the future',
  too_long: 'until: must be within 30 days',
  unreadable: 'until: must be a date and a time',
} as const

/**
 * When a mute of a chosen length ends; a date without a zone is in `timezone`. AppError bad_request for an invalid
 * length.
 */
export function endOfMute(length: SilenceLength, now: Date, timezone: string): Date {
  const end = endOfSilence(length, now, timezone)
  if ('wrong' in end) throw bad(WRONG_ENDS[end.wrong])
  return end.until
}

/** Ends one mute of a channel, or all of them; returns how many were in force. */
export async function unmuteChannel(
  channel: string,
  { id, by }: { id: string | undefined; by: string },
  { mutes, settings, now }: ChannelMutesDeps,
): Promise<number> {
  channelNamed(channel, settings())
  // Another process may have created a mute a moment ago.
  await mutes.refresh()
  const found = mutes.ofChannel(channel, now()).filter((mute) => id === undefined || mute.id === id)
  return mutes.end(found.map((mute) => ({ id: mute.id, by: nameFrom(by) })))
}

function bad(message: string): AppError {
  return new AppError('bad_request', message)
}
