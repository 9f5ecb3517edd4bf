import express, { type Express, type Request, type RequestHandler } from 'express'
import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'
import { type AccessControl, type AccessDecision, refusalOf } from './access-control.ts'
import { redirect, replyPage } from './reply.ts'
import { ended } from './session.ts'

/** What the sign-in page is to show. */
export interface SignInView {
  /** `ask` for the token, say that it was `wrong`, or why it cannot be had from there. */
  kind: 'ask' | 'wrong' | 'not_local' | 'refused'
  /** The page that was asked for. */
  next: string
  why: string
}

export interface AdminDeps {
  guard: () => AccessControl
  clock: Clock
  events: Events
  signInPage: (view: SignInView) => string
}

export interface Gates {
  /** Lets nobody through who may not see and do everything; answers JSON. */
  admin: RequestHandler
  /** The same for pages: asks a person to sign in. */
  page: RequestHandler
  /** Open to everybody, unless `admin.protect` names it; to a browser only under a name of ours. */
  reading: (what: 'metrics' | 'health') => RequestHandler
}

/** What stands before the routes that are not for everybody. */
export function createGates({ guard, clock, events, signInPage }: AdminDeps): Gates {
  const standingOf = async (request: Request): Promise<AccessDecision> => {
    const standing = await guard().standingOf(request, clock.now())
    if (standing !== 'admin')
      events.adminRefused({
        address: guard().addressOf(request),
        path: request.path.slice(0, 200),
        reason: standing,
      })
    return standing
  }
  const admin: RequestHandler = async (request, response, next) => {
    const standing = await standingOf(request)
    if (standing === 'admin') return next()
    const refusal = refusalOf(standing, request.headers.host)
    if (refusal.status === 401) response.setHeader('WWW-Authenticate', CHALLENGE)
    throw refusal
  }
  return {
    admin,
    async page(request, response, next) {
      const standing = await standingOf(request)
      if (standing === 'admin') return next()
      // A link from elsewhere comes without the cookie, which the same page asked for by itself brings along.
      if (standing === 'no_token' && request.headers['sec-fetch-site'] === 'cross-site')
        return replyPage(response, TRY_AGAIN)
      const { status, message } = refusalOf(standing, request.headers.host)
      if (status === 401) response.setHeader('WWW-Authenticate', CHALLENGE)
      const kind = status === 401 ? 'ask' : standing === 'not_local' ? 'not_local' : 'refused'
      replyPage(response, signInPage({ kind, next: request.originalUrl, why: message }), status)
    },
    reading: (what) => async (request, response, next) => {
      const reading = guard().readingOf(what, request)
      if (reading === 'open') return next()
      if (reading === 'closed') return admin(request, response, next)
      if ((await standingOf(request)) === 'admin') return next()
      throw refusalOf('strange_name', request.headers.host)
    },
  }
}

/** Signing in with the token, and out. */
export function signInRoutes(app: Express, deps: AdminDeps & { headers: RequestHandler }): void {
  const { guard, clock, events, signInPage, headers } = deps
  const form = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 10 })

  app.get('/sign-in', headers, (_request, response) =>
    replyPage(response, signInPage({ kind: 'ask', next: '/', why: '' })),
  )
  app.post('/sign-in', headers, refuseCrossSite(deps), form, async (request, response) => {
    const { token, next } = fieldsOf(request.body)
    const address = guard().addressOf(request)
    const { sessions } = guard()
    if (sessions === undefined || !(await guard().isToken(token, request))) {
      events.signInRefused(address)
      replyPage(response, signInPage({ kind: 'wrong', next: pathIn(next), why: '' }), 401)
      return
    }
    events.signedIn(address)
    response.setHeader('Set-Cookie', sessions.begun(clock.now(), guard().isSecure(request)))
    redirect(response, pathIn(next))
  })
  app.post('/sign-out', headers, refuseCrossSite(deps), (request, response) => {
    response.setHeader('Set-Cookie', ended(guard().isSecure(request)))
    redirect(response, '/')
  })
}

/** Lets no page of another site do anything. */
export function refuseCrossSite({ guard }: Pick<AdminDeps, 'guard'>): RequestHandler {
  return (request, _response, next) => {
    if (guard().isCrossSite(request)) throw refusalOf('cross_site', undefined)
    next()
  }
}

function fieldsOf(body: unknown): { token: string; next: string } {
  const { token, next } = (body ?? {}) as Record<string, unknown>
  return {
    token: typeof token === 'string' ? token.trim() : '',
    next: typeof next === 'string' ? next : '/',
  }
}

const INVALID_ORIGIN = 'http://nowhere.invalid'

/** A path on this server and nothing else, so that nobody is led away from here. */
export function pathIn(next: string): string {
  if (!next.startsWith('/') || !URL.canParse(next, INVALID_ORIGIN)) return '/'
  const { origin, pathname, search } = new URL(next, INVALID_ORIGIN)
  return origin === INVALID_ORIGIN && !pathname.startsWith('//') ? `${pathname}${search}` : '/'
}

const CHALLENGE = 'Bearer realm="dingtalk-receiver"'

const TRY_AGAIN =
  '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>…</title>\n'
