import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../errors.ts'
import type { Secret } from '../../model/secret.ts'
import type { Settings } from '../../model/settings.ts'
import type { AddressedSettings, Addressee } from '../source.ts'

/** DingTalk accepts a signature for one hour (DingTalk: custom robot security settings). */
const MAX_AGE_MS = 3_600_000

/** The reserved channel name for which `routes` choose the channels of each alert. */
const AUTO = 'auto'

/**
 * Finds the channel by its `inlet.token`, else by its name if it has neither `inlet.token` nor `inlet.hmac`. A channel
 * with an `inlet.secret` also requires a valid signature. Token and signature are compared in constant time.
 */
export function addressee(
  query: URLSearchParams,
  { settings, now }: { settings: AddressedSettings; now: Date },
): Addressee {
  const { channels } = settings
  const token = lastOf(query, 'access_token')
  if (token === undefined) return refused(new AppError('unauthorized', NO_TOKEN))
  const byToken = channelWithToken(token, channels)
  const channel = byToken ?? channelNamed(token, settings)
  if (channel === undefined) return refused(new AppError('unknown_channel', UNKNOWN_TOKEN))
  const hasCredential = byToken !== undefined
  const secret = channels.get(channel)?.inlet?.secret
  const why = secret === undefined ? undefined : faultOfSignature(query, secret, now)
  return why === undefined
    ? { kind: 'channel', channel, hasCredential }
    : refused(new AppError('bad_signature', why), hasCredential)
}

const NO_TOKEN = 'access_token is missing'
const UNKNOWN_TOKEN =
  'access_token must be the inlet.token of a channel, or the name of a channel without inlet.token and inlet.hmac'

function refused(error: AppError, hasCredential = false): Addressee {
  return { kind: 'refused', error, hasCredential }
}

/** Compares every token, so that the response time reveals nothing about them. */
function channelWithToken(token: string, channels: Settings['channels']): string | undefined {
  const shown = hash('sha256', token, 'buffer')
  let found: string | undefined
  for (const [name, { inlet }] of channels) {
    if (inlet?.token === undefined) continue
    if (timingSafeEqual(shown, hash('sha256', inlet.token.reveal(), 'buffer'))) found = name
  }
  return found
}

function channelNamed(
  name: string,
  { channels, routes, onlyChannel }: AddressedSettings,
): string | undefined {
  if (onlyChannel !== undefined) return onlyChannel
  if (name === AUTO) return routes.length > 0 ? name : undefined
  const channel = channels.get(name)
  // A channel that requires signed bodies cannot be addressed by its name.
  const isClosed = channel?.inlet?.token !== undefined || channel?.inlet?.hmac !== undefined
  return channel === undefined || isClosed ? undefined : name
}

function faultOfSignature(query: URLSearchParams, secret: Secret, now: Date): string | undefined {
  const [timestamp, sign] = [lastOf(query, 'timestamp'), lastOf(query, 'sign')]
  if (timestamp === undefined || sign === undefined)
    return 'sign not match: timestamp and sign must both be in the address'
  const atMs = /^\d{1,16}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  // Negated, so that NaN is refused as well.
  if (!(Math.abs(now.getTime() - atMs) <= MAX_AGE_MS))
    return "invalid timestamp: it must be in milliseconds, and within an hour of the receiver's time"
  const key = secret.reveal()
  const right = createHmac('sha256', key).update(`${timestamp}\n${key}`).digest()
  const shown = Buffer.from(unescaped(sign), 'base64')
  if (shown.length === right.length && timingSafeEqual(shown, right)) return undefined
  return "sign not match: the sender's secret must be the inlet.secret of the channel"
}

/** Restores the Base64 text from clients that leave `+` unencoded in the address, or encode it twice. */
function unescaped(sign: string): string {
  const bare = sign.replaceAll(' ', '+')
  try {
    return bare.includes('%') ? decodeURIComponent(bare) : bare
  } catch {
    return bare
  }
}

/** The last value counts, because some clients append a new signature to an address that contains an old one. */
function lastOf(query: URLSearchParams, name: string): string | undefined {
  const value = query.getAll(name).at(-1)?.trim()
  return value === '' ? undefined : value
}
