import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../model/secret.ts'

const COOKIE = 'dingtalk_receiver_session'
const LASTS_SECONDS = 12 * 3600

/**
 * Sessions of whoever signed in with a token. Nothing of them is kept: a cookie holds its own end, signed with a key
 * that comes of the token, so that all of them end when the token changes.
 */
export interface Sessions {
  /** A Set-Cookie that begins a session. */
  begun(now: Date, secure: boolean): string
  /** Whether a Cookie header holds a session that has not ended. */
  isIn(cookies: string | undefined, now: Date): boolean
}

export function sessionsOf(token: Secret): Sessions {
  const key = Buffer.from(hkdfSync('sha256', token.reveal(), '', 'dingtalk-receiver session', 32))
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return {
    begun(now, secure) {
      const endsAt = Math.floor(now.getTime() / 1000) + LASTS_SECONDS
      const text = `${endsAt}.${randomBytes(16).toString('base64url')}`
      const value = `${text}.${sign(text).toString('base64url')}`
      return cookie(value, { secure, lastsSeconds: LASTS_SECONDS })
    },
    isIn: (cookies, now) => valuesIn(cookies).some((value) => isSession(value, { sign, now })),
  }
}

/** A Set-Cookie that makes a browser forget its session. */
export function ended(secure: boolean): string {
  return cookie('', { secure, lastsSeconds: 0 })
}

function isSession(
  value: string,
  { sign, now }: { sign: (text: string) => Buffer; now: Date },
): boolean {
  const [, text, endsAt, signature] = /^((\d{1,12})\.[\w-]{22})\.([\w-]{43})$/.exec(value) ?? []
  if (text === undefined || signature === undefined) return false
  const shown = Buffer.from(signature, 'base64url')
  return timingSafeEqual(shown, sign(text)) && Number(endsAt) * 1000 > now.getTime()
}

/** No script reads it, no other site makes a browser send it. */
function cookie(value: string, options: { secure: boolean; lastsSeconds: number }): string {
  const secure = options.secure ? '; Secure' : ''
  return `${COOKIE}=${value}; Path=/; Max-Age=${options.lastsSeconds}; HttpOnly; SameSite=Strict${secure}`
}

function valuesIn(cookies: string | undefined): string[] {
  return (cookies ?? '')
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(`${COOKIE}=`))
    .map((each) => each.slice(COOKIE.length + 1))
}
