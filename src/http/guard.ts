import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import type { Settings } from '../model/settings.ts'
import { addressOf, isLocal, isNameOfThis } from './address.ts'
import { challengesOf, checkFor, hashOf } from './credentials.ts'
import { isCrossSite, isNavigation } from './cross-site.ts'
import { type Sessions, sessionsOf } from './session.ts'
import type { Slowdown } from './slowdown.ts'

/** Whether whoever asks may see and do everything, or why not. */
export type Standing =
  | 'admin'
  | 'cross_site'
  | 'not_local'
  | 'strange_name'
  | 'no_token'
  | 'wrong_token'

/** Who may do what, by the settings in force. */
export interface Guard {
  /** Undefined where only this machine may act. */
  sessions: Sessions | undefined
  addressOf(request: IncomingMessage): string
  /** Whether a cookie for this request's sender must come back over TLS only. */
  isSecure(request: IncomingMessage): boolean
  isCrossSite(request: IncomingMessage): boolean
  /** Lets a sender of alerts in; throws AppError forbidden or unauthorized, before anything else of it is looked at. */
  admit(request: IncomingMessage, response: ServerResponse): void
  standingOf(request: IncomingMessage, now: Date): Promise<Standing>
  /** Whether a text is the admin token; a wrong one takes its time. */
  isToken(text: string, request: IncomingMessage): Promise<boolean>
  /** Whether everybody may read this, or this sender of alerts may. */
  mayRead(what: 'metrics' | 'health', request: IncomingMessage): boolean
}

export function createGuard(
  { access, externalUrl }: Pick<Settings, 'access' | 'externalUrl'>,
  slowdown: Slowdown,
): Guard {
  const { auth, allowFrom, trustedProxies: trusted, admin } = access
  const shows = auth.length === 0 ? undefined : checkFor(auth)
  const challenges = challengesOf(auth)
  const sessions = admin.token === undefined ? undefined : sessionsOf(admin.token)
  const tokenHash = admin.token === undefined ? undefined : hashOf(admin.token.reveal())
  const fromPage = (request: IncomingMessage): boolean =>
    isCrossSite(request, externalUrl) && !(request.method === 'GET' && isNavigation(request))

  const isToken: Guard['isToken'] = async (text, request) =>
    tokenHash !== undefined &&
    slowdown(addressOf(request, trusted), () => timingSafeEqual(hashOf(text), tokenHash))

  return {
    sessions,
    addressOf: (request) => addressOf(request, trusted),
    isSecure: (request) =>
      'encrypted' in request.socket ||
      (trusted.has(request.socket.remoteAddress) &&
        request.headers['x-forwarded-proto'] === 'https'),

    isCrossSite: (request) => isCrossSite(request, externalUrl),

    admit(request, response) {
      if (allowFrom !== undefined && !allowFrom.has(addressOf(request, trusted)))
        throw new AppError(
          'forbidden',
          `alerts are not taken from ${addressOf(request, trusted)}; the receiver's allow_from lists who may post`,
        )
      // A page that somebody has open must not post in their place.
      if (isCrossSite(request, externalUrl)) throw crossSite()
      if (shows === undefined || shows(request.headers)) return
      response.setHeader('WWW-Authenticate', challenges)
      throw new AppError(
        'unauthorized',
        "the credentials are missing or wrong; the receiver's auth lists what it takes",
      )
    },

    async standingOf(request, now) {
      if (fromPage(request)) return 'cross_site'
      if (sessions === undefined) {
        if (!isLocal(request, trusted)) return 'not_local'
        return isNameOfThis(request.headers.host, externalUrl) ? 'admin' : 'strange_name'
      }
      if (sessions.isIn(request.headers.cookie, now)) return 'admin'
      const [, token] = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? []
      if (token === undefined) return 'no_token'
      return (await isToken(token.trim(), request)) ? 'admin' : 'wrong_token'
    },

    isToken,

    mayRead: (what, request) => !admin.protect.has(what) || shows?.(request.headers) === true,
  }
}

/** What is said to whoever may not. */
export function refusalOf(
  standing: Exclude<Standing, 'admin'>,
  host: string | undefined,
): AppError {
  switch (standing) {
    case 'cross_site':
      return crossSite()
    case 'not_local':
      return new AppError(
        'forbidden',
        'this is allowed only from the machine that the receiver runs on; to open it to others set admin.token, and send it as "Authorization: Bearer …"',
      )
    case 'strange_name':
      return new AppError(
        'forbidden',
        `${JSON.stringify((host ?? '').slice(0, 100))} is not known as a name of this receiver; use its address or localhost, or set external_url`,
      )
    case 'no_token':
      return new AppError(
        'unauthorized',
        'the admin token is missing; send it as "Authorization: Bearer …", or sign in at /',
      )
    case 'wrong_token':
      return new AppError('unauthorized', 'the admin token is wrong')
  }
}

function crossSite(): AppError {
  return new AppError('forbidden', 'requests from a page of another site are refused')
}
