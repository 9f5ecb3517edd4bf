import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import type { Settings } from '../model/settings.ts'
import { addressOf, isForwarded, isLocal, nameIn } from './address.ts'
import { challengesOf, checkFor, hashOf } from './credentials.ts'
import { isCrossSite, isFromBrowser, isNavigation } from './cross-site.ts'
import type { LoginThrottle } from './login-throttle.ts'
import { type Sessions, sessionsOf } from './session.ts'

/** Whether whoever asks may see and do everything, or why not. */
export type AccessDecision =
  | 'admin'
  | 'cross_site'
  | 'not_local'
  | 'strange_name'
  | 'no_token'
  | 'wrong_token'

/** Who may do what, by the settings in force. */
export interface AccessControl {
  /** Undefined where only this machine may act. */
  sessions: Sessions | undefined
  addressOf(request: IncomingMessage): string
  /** Whether a cookie for this request's sender must come back over TLS only. */
  isSecure(request: IncomingMessage): boolean
  isCrossSite(request: IncomingMessage): boolean
  /**
   * Lets a sender of alerts in; throws AppError forbidden or unauthorized, before anything else of it is looked at.
   * `hasCredential`: it has shown a credential of another kind than those of `auth`.
   */
  admit(request: IncomingMessage, response: ServerResponse, hasCredential?: boolean): void
  standingOf(request: IncomingMessage, now: Date): Promise<AccessDecision>
  /** Whether a text is the admin token; a wrong one takes its time. */
  isToken(text: string, request: IncomingMessage): Promise<boolean>
  /**
   * Whether everybody may read this, or this sender of alerts may. `strange`: it would be open, but a browser asks under
   * a name that is not ours, so its page may be one whose name was led here.
   */
  readingOf(what: 'metrics' | 'health', request: IncomingMessage): 'open' | 'closed' | 'strange'
}

export function createAccessControl(
  settings: Pick<Settings, 'access' | 'externalUrl' | 'listen'>,
  slowdown: LoginThrottle,
): AccessControl {
  const { access, externalUrl } = settings
  const { auth, allowFrom, trustedProxies: trusted, admin } = access
  const shows = auth.length === 0 ? undefined : checkFor(auth)
  const challenges = challengesOf(auth)

  const isStrange = (request: IncomingMessage): boolean =>
    isFromBrowser(request) && nameIn(request.headers.host, settings) === 'strange'

  return {
    ...adminControl(settings, slowdown),
    addressOf: (request) => addressOf(request, trusted),
    isSecure: (request) =>
      'encrypted' in request.socket ||
      (trusted.has(request.socket.remoteAddress) &&
        request.headers['x-forwarded-proto'] === 'https'),

    isCrossSite: (request) => isCrossSite(request, externalUrl),

    admit(request, response, hasCredential = false) {
      if (allowFrom !== undefined && !allowFrom.has(addressOf(request, trusted)))
        throw new AppError(
          'forbidden',
          `alerts are not taken from ${addressOf(request, trusted)}; the receiver's allow_from lists who may post`,
        )
      // A page that somebody has open must not post in their place.
      if (isCrossSite(request, externalUrl)) throw crossSite()
      if (hasCredential) return
      if (shows === undefined) {
        if (isStrange(request)) throw refusalOf('strange_name', request.headers.host)
        return
      }
      if (shows(request.headers)) return
      response.setHeader('WWW-Authenticate', challenges)
      throw new AppError(
        'unauthorized',
        "the credentials are missing or wrong; the receiver's auth lists what it takes",
      )
    },

    readingOf(what, request) {
      if (shows?.(request.headers) === true) return 'open'
      if (admin.protect.has(what)) return 'closed'
      return isStrange(request) ? 'strange' : 'open'
    },
  }
}

function adminControl(
  settings: Pick<Settings, 'access' | 'externalUrl' | 'listen'>,
  slowdown: LoginThrottle,
): Pick<AccessControl, 'sessions' | 'standingOf' | 'isToken'> {
  const { access, externalUrl } = settings
  const { trustedProxies: trusted, admin } = access
  const sessions = admin.token === undefined ? undefined : sessionsOf(admin.token)
  const tokenHash = admin.token === undefined ? undefined : hashOf(admin.token.reveal())
  const fromPage = (request: IncomingMessage): boolean =>
    isCrossSite(request, externalUrl) && !(request.method === 'GET' && isNavigation(request))
  const isToken: AccessControl['isToken'] = async (text, request) =>
    tokenHash !== undefined &&
    slowdown(addressOf(request, trusted), () => timingSafeEqual(hashOf(text), tokenHash))

  return {
    sessions,

    async standingOf(request, now) {
      if (fromPage(request)) return 'cross_site'
      if (sessions === undefined) {
        if (!isLocal(request, trusted)) return 'not_local'
        const name = nameIn(request.headers.host, settings)
        if (name === 'strange') return 'strange_name'
        // That name leads to a proxy, which shows by nothing else where it adds no headers.
        return name === 'own' || isForwarded(request) ? 'admin' : 'not_local'
      }
      if (sessions.isIn(request.headers.cookie, now)) return 'admin'
      const [, token] = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? []
      if (token === undefined) return 'no_token'
      return (await isToken(token.trim(), request)) ? 'admin' : 'wrong_token'
    },

    isToken,
  }
}

/** What is said to whoever may not. */
export function refusalOf(
  standing: Exclude<AccessDecision, 'admin'>,
  host: string | undefined,
): AppError {
  switch (standing) {
    case 'cross_site':
      return crossSite()
    case 'not_local':
      return new AppError(
        'forbidden',
        'this is allowed only from the machine that the receiver runs on, and not through a proxy; to open it to others set admin.token, and send it as "Authorization: Bearer …"; a proxy on this machine that names its clients in X-Forwarded-For can be listed in trusted_proxies',
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
