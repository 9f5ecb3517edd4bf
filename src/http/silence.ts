import type { Request, RequestHandler, Response, Router } from 'express'
import { AppError } from '../errors.ts'
import type { Preferences, SilenceForm } from '../model/console-page.ts'
import type { SilenceLength, SilenceResult, SilenceScope } from '../model/silence.ts'
import type { SilenceView, Silencing } from '../pipeline/silencing.ts'
import { type AdminDeps, refuseCrossSite } from './admin.ts'
import { cookieValues, preferencesIn } from './cookies.ts'
import { textIn } from './fields.ts'
import { PAGE_HEADERS, SMALL_FORM } from './page-middleware.ts'
import { createRateLimit } from './rate-limit.ts'
import { baseOf, redirect, replyPage } from './reply.ts'

export interface SilenceDeps {
  silencing: Silencing
  silencePage: (
    view: SilenceView,
    form: SilenceForm,
    look: Preferences & { here: string },
  ) => string
}

const COOKIE = 'silenced_by'
const YEAR_SECONDS = 31_536_000
/** Requests per minute. Opening the page reads a stored payload; a press calls Alertmanager. */
const OPEN_LIMIT = { each: 60, all: 300 } as const
const PRESS_LIMIT = { each: 12, all: 60 } as const

/**
 * Adds the page behind a message's silence link. Visitors need no admin token: the link is signed and expires after a
 * day. With basic_auth_users they need a credential, such as a user's password. Only a POST changes anything, and never
 * one from a page of another site.
 */
export function silenceRoutes(router: Router, deps: SilenceDeps & AdminDeps): void {
  const { silencing, silencePage, guard, clock } = deps
  const mayOpen = createRateLimit(clock, OPEN_LIMIT)
  const mayPress = createRateLimit(clock, PRESS_LIMIT)
  const within =
    (limit: (address: string) => boolean): RequestHandler =>
    (request, _response, next) => {
      if (!limit(guard().addressOf(request)))
        throw new AppError('too_many', 'too many requests; try again in a minute')
      next()
    }
  const show = async (request: Request, response: Response, chosen: Partial<SilenceForm>) => {
    const view = await silencing.view(linkOf(request))
    const by = chosen.by ?? nameIn(request.headers.cookie)
    const empty = { scope: undefined, until: '', failure: undefined, done: undefined }
    const look = { ...preferencesIn(request.headers.cookie), here: `/silence/${linkOf(request)}` }
    const html = silencePage(view, { ...empty, ...chosen, by }, look)
    replyPage(response, html, statusOf(view, chosen))
  }

  router.get('/silence/:link', PAGE_HEADERS, within(mayOpen), (request, response) =>
    show(request, response, { done: oneOf(request.query['done'], ['made', 'ended']) }),
  )
  const beforePress = [PAGE_HEADERS, refuseCrossSite(deps), within(mayPress), SMALL_FORM]
  router.post('/silence/:link', beforePress, async (request: Request, response: Response) => {
    const { by, end, scope, until, length } = formIn(request.body)
    const link = linkOf(request)
    const result: SilenceResult =
      end !== ''
        ? await silencing.end(link, end, by)
        : length === undefined
          ? { kind: 'wrong', what: 'length' }
          : await silencing.create(link, { by, scope: scope ?? 'alert', length })
    if (by !== '')
      response.setHeader(
        'Set-Cookie',
        cookieOf(by, { base: baseOf(response), secure: guard().isSecure(request) }),
      )
    if (result.kind !== 'done')
      return show(request, response, { by, scope, until, failure: result })
    redirect(response, `/silence/${linkOf(request)}?done=${end === '' ? 'made' : 'ended'}`)
  })
}

function linkOf(request: Request): string {
  return String(request.params['link']).replace(/[^\w.-]/g, '')
}

function statusOf(view: SilenceView, { failure }: Partial<SilenceForm>): number {
  if (view.kind === 'wrong') return 404
  if (view.kind === 'expired' || view.kind === 'gone') return 410
  if (failure === undefined) return 200
  return failure.kind === 'wrong' ? 400 : 503
}

const SCOPES = ['alert', 'restarts', 'group'] as const satisfies readonly SilenceScope[]

/** The fields of the submitted form. */
function formIn(body: unknown) {
  const text = (name: string): string => textIn(body, name).trim()
  const until = text('until')
  return {
    by: text('by').slice(0, 200),
    end: text('end'),
    scope: oneOf(text('scope'), SCOPES),
    until,
    length: lengthOf(text('for'), until),
  }
}

/** Parses a length that a page offers; undefined for anything else. */
export function lengthOf(chosen: string, wallTime: string): SilenceLength | undefined {
  switch (chosen) {
    case '30m':
      return { kind: 'minutes', minutes: 30 }
    case '2h':
      return { kind: 'minutes', minutes: 120 }
    case 'tomorrow':
    case 'recovery':
      return { kind: chosen }
    case 'until':
      return { kind: 'until', wallTime }
    default:
      return undefined
  }
}

function oneOf<T extends string>(value: unknown, values: readonly T[]): T | undefined {
  return values.find((each) => each === value)
}

/** A cookie that fills in the name next time; it grants no access. */
function cookieOf(by: string, { base, secure }: { base: string; secure: boolean }): string {
  const value = encodeURIComponent(by.toWellFormed())
  return `${COOKIE}=${value}; Path=${base}/silence; Max-Age=${YEAR_SECONDS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}

function nameIn(cookies: string | undefined): string {
  try {
    return decodeURIComponent(cookieValues(COOKIE, cookies)[0] ?? '')
  } catch {
    return ''
  }
}
