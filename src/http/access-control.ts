import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import type { Access } from '../model/access.ts'
import type { Settings } from '../model/settings.ts'
import { addressOf, hostKindOf, isForwarded, isLocal } from './address.ts'
import { challengesOf, checkFor, hashOf } from './credentials.ts'
import { isCrossSite, isFromBrowser, isNavigation } from './cross-site.ts'
import type { KnownUsers } from './known-users.ts'
import type { LoginThrottle } from './login-throttle.ts'
import { type Sessions, sessionsOf } from './session.ts'

/** Result of the admin check: granted, or the reason for refusal. */
export type AccessDecision =
  | 'admin'
  | 'cross_site'
  | 'not_local'
  | 'unknown_host'
  | 'no_token'
  | 'wrong_token'
  | 'no_user'

/** Access checks by the current settings. */
export interface AccessControl {
  /** Undefined without an admin token. Then users have access or, without users, only this machine. */
  sessions: Sessions | undefined
  /** Headers of every reply. */
  headers: Access['headers']
  addressOf(request: IncomingMessage): string
  /** True if the client uses TLS, so that its cookies must be Secure. */
  isSecure(request: IncomingMessage): boolean
  isCrossSite(request: IncomingMessage): boolean
  /**
   * Verifies the Basic password of a request if users are configured; the other checks use the result. Returns
   * undefined if there is nothing to verify.
   */
  identify(request: IncomingMessage): Promise<void> | undefined
  /**
   * Throws AppError unauthorized or overloaded if users are configured and the request has no valid credential. Not
   * called for posted alerts, which `admit` checks.
   */
  assertKnown(request: IncomingMessage, response: ServerResponse, now: Date): Promise<void>
  /**
   * Throws AppError forbidden, unauthorized or overloaded unless this sender may post alerts. Runs before the body is
   * read.
   * `hasCredential`: the request has a valid credential other than those of `auth`.
   */
  admit(request: IncomingMessage, response: ServerResponse, hasCredential?: boolean): void
  decide(request: IncomingMessage, now: Date): Promise<AccessDecision>
  /** True if `text` is the admin token; failures are delayed (brute force). */
  isToken(text: string, request: IncomingMessage): Promise<boolean>
  /**
   * Whether an endpoint may be read without the admin token. `unknown_host`: the endpoint is open, but a browser used
   * an unknown host name, which may be DNS rebinding.
   */
  readAccess(
    what: 'metrics' | 'health',
    request: IncomingMessage,
  ): 'open' | 'closed' | 'unknown_host'
}

interface AccessDeps {
  throttle: LoginThrottle
  knownUsers: KnownUsers
}

export function createAccessControl(settings: AccessSettings, deps: AccessDeps): AccessControl {
  const { access, externalUrl } = settings
  const { allowFrom, trustedProxies: trusted, admin, users } = access
  const { isUser, isKnown, areOpen, refuse } = credentialControl(access, deps.knownUsers)
  const ofAdmin = adminControl(settings, { throttle: deps.throttle, isUser })

  const hasUnknownHost = (request: IncomingMessage): boolean =>
    isFromBrowser(request) && hostKindOf(request.headers.host, settings) === 'unknown'

  return {
    ...ofAdmin,
    headers: access.headers,
    addressOf: (request) => addressOf(request, trusted),
    isSecure: (request) =>
      'encrypted' in request.socket ||
      (trusted.has(request.socket.remoteAddress) &&
        request.headers['x-forwarded-proto'] === 'https'),

    isCrossSite: (request) => isCrossSite(request, externalUrl),

    identify: (request) =>
      users.size === 0
        ? undefined
        : deps.knownUsers.identify(request, users, addressOf(request, trusted)),

    async assertKnown(request, response, now) {
      if (users.size === 0 || isKnown(request)) return
      const hasToken = ofAdmin.sessions !== undefined
      if (hasToken && (await ofAdmin.decide(request, now)) === 'admin') return
      refuse(request, response)
    },

    admit(request, response, hasCredential = false) {
      if (allowFrom !== undefined && !allowFrom.has(addressOf(request, trusted)))
        throw new AppError(
          'forbidden',
          `${addressOf(request, trusted)} may not post alerts; add it to the receiver's allow_from`,
        )
      // A web page must not post through its visitor's browser.
      if (isCrossSite(request, externalUrl)) throw crossSite()
      if (hasCredential || isKnown(request)) return
      if (!areOpen) refuse(request, response)
      if (hasUnknownHost(request)) throw refusalOf('unknown_host', request.headers.host)
    },

    readAccess(what, request) {
      if (isKnown(request)) return 'open'
      if (admin.protect.has(what)) return 'closed'
      return hasUnknownHost(request) ? 'unknown_host' : 'open'
    },
  }
}

/** Checks of the credentials in `auth` and of the users. */
function credentialControl({ auth, users }: Access, knownUsers: KnownUsers) {
  const hasUsers = users.size > 0
  const hasCredentials = auth.length === 0 ? undefined : checkFor(auth)
  const challenges = challengesOf(auth, hasUsers)
  const isUser = (request: IncomingMessage): boolean =>
    hasUsers && knownUsers.checkOf(request) === 'user'
  return {
    isUser,
    /** True if the request has the password of a user, or a credential of `auth`. */
    isKnown: (request: IncomingMessage): boolean =>
      isUser(request) || hasCredentials?.(request.headers) === true,
    /** True if alerts may be posted without a credential. */
    areOpen: auth.length === 0 && !hasUsers,
    refuse(request: IncomingMessage, response: ServerResponse): never {
      if (hasUsers && knownUsers.checkOf(request) === 'busy')
        throw new AppError('overloaded', 'too many passwords are being verified; try again')
      response.setHeader('WWW-Authenticate', challenges)
      throw new AppError('unauthorized', MISSING)
    },
  }
}

const MISSING =
  "the credentials are missing or wrong; the receiver's auth, and the file of its --web.config.file, list the accepted ones"

type AccessSettings = Pick<Settings, 'access' | 'externalUrl' | 'listen'>

function adminControl(
  settings: AccessSettings,
  { throttle, isUser }: { throttle: LoginThrottle; isUser: (request: IncomingMessage) => boolean },
): Pick<AccessControl, 'sessions' | 'decide' | 'isToken'> {
  const { access, externalUrl } = settings
  const { trustedProxies: trusted, admin } = access
  const sessions = admin.token === undefined ? undefined : sessionsOf(admin.token)
  const tokenHash = admin.token === undefined ? undefined : hashOf(admin.token.reveal())
  const isFromOtherPage = (request: IncomingMessage): boolean =>
    isCrossSite(request, externalUrl) && !(request.method === 'GET' && isNavigation(request))
  const isToken: AccessControl['isToken'] = async (text, request) =>
    tokenHash !== undefined &&
    throttle(addressOf(request, trusted), () => timingSafeEqual(hashOf(text), tokenHash))

  return {
    sessions,

    async decide(request, now) {
      if (isFromOtherPage(request)) return 'cross_site'
      if (isUser(request)) return 'admin'
      if (sessions === undefined) {
        if (access.users.size > 0) return 'no_user'
        if (!isLocal(request, trusted)) return 'not_local'
        const name = hostKindOf(request.headers.host, settings)
        if (name === 'unknown') return 'unknown_host'
        // A request for the host of external_url came through a proxy, even if that adds no headers.
        return name === 'own' || isForwarded(request) ? 'admin' : 'not_local'
      }
      if (sessions.hasValidCookie(request.headers.cookie, now)) return 'admin'
      const [, token] = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? []
      if (token === undefined) return 'no_token'
      return (await isToken(token.trim(), request)) ? 'admin' : 'wrong_token'
    },

    isToken,
  }
}

/** The error for a refused request. */
export function refusalOf(
  decision: Exclude<AccessDecision, 'admin'>,
  host: string | undefined,
): AppError {
  switch (decision) {
    case 'cross_site':
      return crossSite()
    case 'not_local':
      return new AppError(
        'forbidden',
        'allowed only from the machine that the receiver runs on, and not through a proxy; for access from elsewhere set admin.token, and send it as "Authorization: Bearer …"; a proxy on this machine that sets X-Forwarded-For can be listed in trusted_proxies',
      )
    case 'unknown_host':
      return new AppError(
        'forbidden',
        `${JSON.stringify((host ?? '').slice(0, 100))} is not a known host name of this receiver; use its address or localhost, or set external_url`,
      )
    case 'no_token':
      return new AppError(
        'unauthorized',
        'the admin token is missing; send it as "Authorization: Bearer …", or sign in at /',
      )
    case 'no_user':
      return new AppError(
        'unauthorized',
        'requires the password of a user in basic_auth_users; or set admin.token, and send it as "Authorization: Bearer …"',
      )
    case 'wrong_token':
      return new AppError('unauthorized', 'the admin token is wrong')
  }
}

function crossSite(): AppError {
  return new AppError('forbidden', 'requests from a page of another site are refused')
}
