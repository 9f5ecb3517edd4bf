import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type Response,
} from 'express'
import { AppError, messageOf } from '../errors.ts'
import { type Html, type PageRequest, type RenderErrorPage, THEMES } from '../model/console-page.ts'
import type { ChangeFeed } from '../reporting/change-feed.ts'
import { type AdminDeps, type Gates, pathIn, refuseCrossSite, signInRoutes } from './admin.ts'
import { type ConsoleActionDeps, consoleActions } from './console-actions.ts'
import { LANGUAGES, preferencesIn } from './cookies.ts'
import { eventStream } from './event-stream.ts'
import { textIn } from './fields.ts'
import { csvRoutes, type ListDeps } from './lists.ts'
import { FORM, PAGE_HEADERS } from './page-middleware.ts'
import { knownError, redirect, replyPage } from './reply.ts'
import { type SilenceDeps, silenceRoutes } from './silence.ts'

export interface ConsoleDeps extends SilenceDeps, ConsoleActionDeps, ListDeps {
  /** Renders a page; undefined for an unknown path. */
  page: (request: PageRequest) => Promise<Html | undefined>
  errorPage: RenderErrorPage
  /** Returns a static file by name. */
  asset: (name: string) => { contentType: string; body: Buffer } | undefined
  changes: ChangeFeed
  unexpectedError: (path: string, error: unknown) => void
}

/** Adds the console's pages and actions. An action redirects to a page with a notice, so no reload repeats it. */
export function consoleRoutes(
  app: Express,
  deps: ConsoleDeps & AdminDeps & { gates: Gates },
): void {
  const { gates } = deps
  const pages = express.Router()
  app.use(pages)

  pages.get('/assets/:name', PAGE_HEADERS, (request, response, next) => {
    const asset = deps.asset(String(request.params['name']))
    if (asset === undefined) return next()
    response.writeHead(200, { 'Content-Type': asset.contentType, 'Cache-Control': 'max-age=300' })
    response.end(asset.body)
  })
  signInRoutes(app, deps)
  silenceRoutes(pages, deps)
  csvRoutes(pages, deps)
  pages.get('/events', gates.admin, eventStream(deps.changes))

  const show = async (request: Request, response: Response): Promise<void> => {
    const made = await deps.page(pageRequestOf(request, deps))
    if (made === undefined)
      throw new AppError('not_found', `not found: ${request.path.slice(0, 200)}`)
    replyPage(response, made.html, made.status)
  }
  pages.get(
    [
      ...['/', '/messages', '/messages/:id', '/alerts', '/alerts/:id', '/robots/:robot'],
      ...['/channels/:channel', '/playground', '/sandbox', '/setup'],
    ],
    PAGE_HEADERS,
    gates.page,
    show,
  )
  // prometheus-webhook-dingtalk serves its playground there.
  pages.get('/ui', PAGE_HEADERS, (_request, response) => redirect(response, '/playground'))
  pages.post('/playground', PAGE_HEADERS, gates.admin, FORM, show)

  consoleActions(pages, deps, async (request, response, bulk) => {
    const made = await deps.page({ ...pageRequestOf(request, deps), bulk })
    if (made !== undefined) replyPage(response, made.html, made.status)
  })
  preferenceRoutes(pages, deps)
  pages.use(failedPage(deps))
}

const YEAR_SECONDS = 31_536_000

/** Adds the forms that choose the theme and the language; each redirects back to its page. */
function preferenceRoutes(pages: express.Router, deps: Pick<AdminDeps, 'guard'>): void {
  const choose = (name: 'theme' | 'language', values: readonly string[]): void => {
    pages.post(`/${name}`, PAGE_HEADERS, refuseCrossSite(deps), FORM, (request, response) => {
      const chosen = textIn(request.body, name)
      const value = values.find((each) => each === chosen) ?? values[0]
      response.setHeader(
        'Set-Cookie',
        `${name}=${value}; Path=/; Max-Age=${YEAR_SECONDS}; HttpOnly; SameSite=Lax`,
      )
      redirect(response, pathIn(textIn(request.body, 'back')))
    })
  }
  choose('theme', THEMES)
  choose('language', LANGUAGES)
}

/** Answers a browser's request for an unknown path with a page; other requests go on. */
export function unknownPathRoutes(
  app: Express,
  deps: ConsoleDeps &
    AdminDeps & { gates: Gates; unknownPath: (request: Request, response: Response) => AppError },
): void {
  const pages = express.Router()
  app.use(pages)
  pages.use((request, _response, next) =>
    next(
      request.method === 'GET' && request.accepts('json', 'html') === 'html' ? undefined : 'router',
    ),
  )
  pages.use(PAGE_HEADERS, deps.gates.page, (request, response) => {
    throw deps.unknownPath(request, response)
  })
  pages.use(failedPage(deps))
}

/** Answers a failed request with an error page. */
function failedPage(deps: ConsoleDeps & AdminDeps): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent || request.path.startsWith('/assets/')) return next(error)
    const known = knownError(error)
    if (known === undefined) deps.unexpectedError(request.path, messageOf(error))
    const { status, code, message } = known ?? UNEXPECTED_ERROR
    const html =
      status === 401 || status === 403
        ? deps.signInPage({
            ...{ kind: 'refused', next: '/', code, why: message },
            ...preferencesIn(request.headers.cookie),
          })
        : deps.errorPage({ status, code, message }, pageRequestOf(request, deps)).html
    replyPage(response, html, status)
  }
}

const UNEXPECTED_ERROR = {
  status: 500,
  code: 'internal',
  message: 'Internal error; see the log of the receiver.',
}

function pageRequestOf(request: Request, { guard }: Pick<AdminDeps, 'guard'>): PageRequest {
  return {
    path: request.path,
    query: textsOf(request.query),
    ...(request.method === 'POST' ? { form: textsOf(request.body) } : {}),
    ...preferencesIn(request.headers.cookie),
    origin: originOf(request.headers.host, guard().isSecure(request)),
  }
}

/** Parameters that occur once; repeated ones are left out. */
function textsOf(values: unknown): Record<string, string> {
  const texts: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(values ?? {}))
    if (typeof value === 'string') texts[name] = value
  return texts
}

/** The console's origin from a Host header; undefined if the header is malformed. */
function originOf(host = '', isSecure: boolean): string | undefined {
  const isWellFormed = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host)
  return isWellFormed ? `${isSecure ? 'https' : 'http'}://${host}` : undefined
}
