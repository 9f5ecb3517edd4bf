import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../model/secret.ts'
import { cookieValues } from './cookies.ts'

const COOKIE = 'dingtalk_receiver_session'
const LIFETIME_SECONDS = 12 * 3600

/**
 * Stateless sessions of people who signed in with the admin token. A cookie contains its expiry, signed with a key
 * derived from the token, so a new token ends all sessions.
 */
export interface Sessions {
  /** A Set-Cookie value that starts a session. */
  newCookie(now: Date, secure: boolean): string
  /** True if a Cookie header contains a valid session. */
  hasValidCookie(cookies: string | undefined, now: Date): boolean
}

export function sessionsOf(token: Secret): Sessions {
  const key = Buffer.from(hkdfSync('sha256', token.reveal(), '', 'dingtalk-receiver session', 32))
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return {
    newCookie(now, secure) {
      const endsAt = Math.floor(now.getTime() / 1000) + LIFETIME_SECONDS
      const text = `${endsAt}.${randomBytes(16).toString('base64url')}`
      const value = `${text}.${sign(text).toString('base64url')}`
      return cookie(value, { secure, lastsSeconds: LIFETIME_SECONDS })
    },
    hasValidCookie: (cookies, now) =>
      cookieValues(COOKIE, cookies).some((value) => isSession(value, { sign, now })),
  }
}

/** A Set-Cookie value that ends a session. */
export function expiredCookie(secure: boolean): string {
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

/** A session cookie that scripts cannot read and other sites cannot use. */
function cookie(value: string, options: { secure: boolean; lastsSeconds: number }): string {
  const secure = options.secure ? '; Secure' : ''
  return `${COOKIE}=${value}; Path=/; Max-Age=${options.lastsSeconds}; HttpOnly; SameSite=Strict${secure}`
}
