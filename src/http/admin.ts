import type { Express, Request, RequestHandler } from 'express'
import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'
import type { SignInView } from '../model/console-page.ts'
import { type AccessControl, type AccessDecision, refusalOf } from './access-control.ts'
import { preferencesIn } from './cookies.ts'
import { textIn } from './fields.ts'
import { PAGE_HEADERS, SMALL_FORM } from './page-middleware.ts'
import { redirect, replyPage } from './reply.ts'
import { expiredCookie } from './session.ts'

export interface AdminDeps {
  guard: () => AccessControl
  clock: Clock
  events: Events
  signInPage: (view: SignInView) => string
}

export interface Gates {
  /** Requires admin access; refuses as JSON. */
  admin: RequestHandler
  /** Requires admin access; refuses with the sign-in page. */
  page: RequestHandler
  /** Open unless `admin.protect` lists the endpoint; a browser must also use a known host name. */
  reading: (what: 'metrics' | 'health') => RequestHandler
}

/** Creates the access checks that protected routes begin with. */
export function createGates({ guard, clock, events, signInPage }: AdminDeps): Gates {
  const decide = async (request: Request): Promise<AccessDecision> => {
    const decision = await guard().decide(request, clock.now())
    if (decision !== 'admin')
      events.adminRefused({
        address: guard().addressOf(request),
        path: request.path.slice(0, 200),
        reason: decision,
      })
    return decision
  }
  const admin: RequestHandler = async (request, response, next) => {
    const decision = await decide(request)
    if (decision === 'admin') return next()
    const refusal = refusalOf(decision, request.headers.host)
    if (refusal.status === 401) response.setHeader('WWW-Authenticate', CHALLENGE)
    throw refusal
  }
  return {
    admin,
    async page(request, response, next) {
      const decision = await decide(request)
      if (decision === 'admin') return next()
      // A SameSite cookie is not sent when a link of another site is followed; it is sent on the reload.
      if (decision === 'no_token' && request.headers['sec-fetch-site'] === 'cross-site')
        return replyPage(response, TRY_AGAIN)
      const refusal = refusalOf(decision, request.headers.host)
      const { status, message } = refusal
      if (status === 401) response.setHeader('WWW-Authenticate', CHALLENGE)
      const kind = status === 401 ? 'ask' : decision === 'not_local' ? 'not_local' : 'refused'
      replyPage(
        response,
        signInPage({
          ...{ kind, next: request.originalUrl, code: refusal.code, why: message },
          ...preferencesIn(request.headers.cookie),
        }),
        status,
      )
    },
    reading: (what) => async (request, response, next) => {
      const reading = guard().readAccess(what, request)
      if (reading === 'open') return next()
      if (reading === 'closed') return admin(request, response, next)
      if ((await decide(request)) === 'admin') return next()
      throw refusalOf('unknown_host', request.headers.host)
    },
  }
}

/** Adds the routes that sign in with the admin token, and sign out. */
export function signInRoutes(app: Express, deps: AdminDeps): void {
  const { guard, clock, events, signInPage } = deps
  const sameSite = refuseCrossSite(deps)

  const ask = (kind: 'ask' | 'wrong', next: string, { headers: { cookie } }: Request): string =>
    signInPage({ kind, next, code: '', why: '', ...preferencesIn(cookie) })

  app.get('/sign-in', PAGE_HEADERS, (request, response) =>
    replyPage(response, ask('ask', '/', request)),
  )
  app.post('/sign-in', PAGE_HEADERS, sameSite, SMALL_FORM, async (request, response) => {
    const token = textIn(request.body, 'token').trim()
    const next = pathIn(textIn(request.body, 'next'))
    const address = guard().addressOf(request)
    const { sessions } = guard()
    if (sessions === undefined || !(await guard().isToken(token, request))) {
      events.signInRefused(address)
      replyPage(response, ask('wrong', next, request), 401)
      return
    }
    events.signedIn(address)
    response.setHeader('Set-Cookie', sessions.newCookie(clock.now(), guard().isSecure(request)))
    redirect(response, next)
  })
  app.post('/sign-out', PAGE_HEADERS, sameSite, (request, response) => {
    response.setHeader('Set-Cookie', expiredCookie(guard().isSecure(request)))
    redirect(response, '/')
  })
}

/** Refuses requests that a page of another site makes. */
export function refuseCrossSite({ guard }: Pick<AdminDeps, 'guard'>): RequestHandler {
  return (request, _response, next) => {
    if (guard().isCrossSite(request)) throw refusalOf('cross_site', undefined)
    next()
  }
}

const INVALID_ORIGIN = 'http://nowhere.invalid'

/** Reduces a redirect target to a path on this server; prevents open redirects. */
export function pathIn(next: string): string {
  if (!next.startsWith('/') || !URL.canParse(next, INVALID_ORIGIN)) return '/'
  const { origin, pathname, search } = new URL(next, INVALID_ORIGIN)
  return origin === INVALID_ORIGIN && !pathname.startsWith('//') ? `${pathname}${search}` : '/'
}

const CHALLENGE = 'Bearer realm="dingtalk-receiver"'

const TRY_AGAIN =
  '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>…</title>\n'
