import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type Response,
} from 'express'
import helmet from 'helmet'
import { AppError, type ErrorCode, messageOf } from '../errors.ts'
import type { Html, PageRequest, RenderErrorPage } from '../model/console-page.ts'
import type { ChangeFeed } from '../reporting/change-feed.ts'
import { type AdminDeps, type Gates, signInRoutes } from './admin.ts'
import { type ConsoleActionDeps, consoleActions } from './console-actions.ts'
import { eventStream } from './event-stream.ts'
import { csvRoutes, type ListDeps } from './lists.ts'
import { preferenceRoutes } from './preference-routes.ts'
import { preferencesIn } from './preferences.ts'
import { redirect, replyPage } from './reply.ts'
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

/** Limit of a submitted form; the playground's payload is the largest. */
const MAX_FORM_BYTES = 1024 * 1024

/**
 * Adds the console's pages and its actions. An action redirects to a page with a notice, so that a reload never repeats
 * it. The content security policy allows only the console's own scripts and styles.
 */
export function consoleRoutes(
  app: Express,
  deps: ConsoleDeps & AdminDeps & { gates: Gates },
): void {
  const { gates } = deps
  const pages = express.Router()
  app.use(pages)

  pages.get('/assets/:name', HEADERS, (request, response, next) => {
    const asset = deps.asset(String(request.params['name']))
    if (asset === undefined) return next()
    response.writeHead(200, { 'Content-Type': asset.contentType, 'Cache-Control': 'max-age=300' })
    response.end(asset.body)
  })
  signInRoutes(app, { ...deps, headers: HEADERS })
  silenceRoutes(pages, { ...deps, headers: HEADERS })
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
    HEADERS,
    gates.page,
    show,
  )
  // prometheus-webhook-dingtalk serves its playground there.
  pages.get('/ui', HEADERS, (_request, response) => redirect(response, '/playground'))
  pages.post('/playground', HEADERS, gates.admin, FORM, show)

  consoleActions(pages, {
    ...{ deps, form: FORM, headers: HEADERS },
    async ask(request, response, bulk) {
      const made = await deps.page({ ...pageRequestOf(request, deps), bulk })
      if (made !== undefined) replyPage(response, made.html, made.status)
    },
  })
  preferenceRoutes(pages, { ...deps, form: FORM, headers: HEADERS })
  pages.use(failedPage(deps))
}

/** Answers a browser's request for an unknown path with a page; other requests go on. */
export function unknownPathRoutes(
  app: Express,
  deps: ConsoleDeps & AdminDeps & { gates: Gates; unknownPath: (request: Request) => AppError },
): void {
  const pages = express.Router()
  app.use(pages)
  pages.use((request, _response, next) =>
    next(
      request.method === 'GET' && request.accepts('json', 'html') === 'html' ? undefined : 'router',
    ),
  )
  pages.use(HEADERS, deps.gates.page, (request) => {
    throw deps.unknownPath(request)
  })
  pages.use(failedPage(deps))
}

/** Answers a failed request with an error page. */
function failedPage(deps: ConsoleDeps & AdminDeps): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent || request.path.startsWith('/assets/')) return next(error)
    const status = statusOf(error)
    const isUnexpected = status === 500 && !(error instanceof AppError)
    if (isUnexpected) deps.unexpectedError(request.path, messageOf(error))
    const message = isUnexpected ? UNEXPECTED_ERROR : messageOf(error)
    const code = codeOf(error, status)
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

const FORM = express.urlencoded({ extended: false, limit: MAX_FORM_BYTES, parameterLimit: 200 })

const UNEXPECTED_ERROR = 'Internal error; see the log of the receiver.'

const HEADERS = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      scriptSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  // HSTS applies to the whole host, so it would force TLS on its other ports.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'same-origin' },
})

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

function statusOf(error: unknown): number {
  const status = (error as { status?: unknown } | undefined)?.status
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500
}

/** The error's code; for an error of Express, the code with the same status. */
function codeOf(error: unknown, status: number): string {
  if (error instanceof AppError) return error.code
  const codes: Record<number, ErrorCode> = {
    400: 'bad_request',
    404: 'not_found',
    413: 'too_large',
  }
  return codes[status] ?? 'internal'
}
