import type { RequestListener, Server } from 'node:http'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { AppError, messageOf } from '../errors.ts'
import type { Exposition } from '../metrics.ts'
import type { Tls } from '../model/access.ts'
import { type AdminDeps, createGates, type Gates } from './admin.ts'
import { type ApiDeps, apiRoutes } from './api.ts'
import { type ConsoleDeps, consoleRoutes, unknownPathRoutes } from './console.ts'
import { createListener, LIMITS, type ServerLimits } from './listener.ts'
import { type MuteDeps, muteRoutes } from './mutes.ts'
import { IncomingMessage, ServerResponse } from './node-http.ts'
import { configurationFor } from './other-receivers.ts'
import { type ReceiveDeps, receiveRoutes } from './receive.ts'
import { replyError, replyJson, replyMetrics, replyText } from './reply.ts'
import { basePathOf, normalizedUrl, withoutBase } from './request-url.ts'
import { acceptedAt, noteMethods, wrongMethod } from './wrong-method.ts'

export interface ServerDeps extends ReceiveDeps, ApiDeps, AdminDeps, ConsoleDeps, MuteDeps {
  ready: () => boolean
  reload: () => Promise<void>
  metrics: (openMetrics: boolean) => Promise<Exposition>
  unexpectedError: (path: string, error: unknown) => void
}

/** Creates the HTTP server with all routes; it does not listen yet. */
export function createHttpServer(
  deps: ServerDeps,
  { tls, limits = LIMITS }: { tls?: Tls | undefined; limits?: ServerLimits } = {},
): Server {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  // The receiving routes come first, so that an alert passes no other middleware.
  receiveRoutes(app, deps)
  app.use(async (request: Request, response: Response, next: NextFunction) => {
    response.locals['base'] = basePathOf(deps.settings().externalUrl)
    await deps.guard().assertKnown(request, response, deps.clock.now())
    next()
  })
  const gates = createGates(deps)
  app.get('/-/healthy', gates.reading('health'), (_request, response) =>
    replyText(response, 'OK\n'),
  )
  app.get('/-/ready', gates.reading('health'), (_request, response) =>
    deps.ready() ? replyText(response, 'OK\n') : replyText(response, 'not ready\n', 503),
  )
  app.get('/metrics', gates.reading('metrics'), (request, response) =>
    replyMetrics(request, response, deps.metrics),
  )
  for (const method of ['post', 'put'] as const)
    app[method]('/-/reload', gates.admin, async (_request, response) => {
      await deps.reload()
      replyJson(response, { errcode: 0, errmsg: 'ok' })
    })
  app.use('/api/v1', gates.admin)
  apiRoutes(app, deps)
  muteRoutes(app, deps)
  consoleRoutes(app, { ...deps, gates })
  lastRoutes(app, { ...deps, gates })
  const listener = ((request, response) => {
    request.url = normalizedUrl(request.url ?? '/')
    if (!deps.open()) response.setHeader('Connection', 'close')
    const guard = deps.guard()
    for (const [name, value] of guard.headers) response.setHeader(name, value)
    const identified = guard.identify(request)
    const proceed = (): void => app(request, response)
    if (identified === undefined) proceed()
    // A request whose password could not be verified is treated as one without credentials.
    else void identified.then(proceed, proceed)
  }) as RequestListener
  return createListener(listener, {
    tls,
    limits,
    classes: prototypesOf(app),
    tlsFailed: (address, error) => deps.events.tlsFailed(address, messageOf(error)),
  })
}

/** Adds the handlers of unknown paths, of methods that a path does not accept, and of errors. */
function lastRoutes(app: Express, deps: ServerDeps & { gates: Gates }): void {
  app.use((request: Request, response: Response, next: NextFunction) => {
    // The URL still has the path of external_url: a proxy forwarded it, or a console link was opened locally.
    const own = withoutBase(request.url, basePathOf(deps.settings().externalUrl))
    if (own === undefined) return next()
    request.url = own
    app(request, response, next)
  })
  noteMethods(app)
  unknownPathRoutes(app, { ...deps, unknownPath })
  app.use((request: Request, response: Response) => {
    throw unknownPath(request, response)
  })
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (replyError(response, error, { request }) === 500 && !(error instanceof AppError))
      deps.unexpectedError(request.path, messageOf(error))
  })
}

function unknownPath(request: Request, response: Response): AppError {
  const accepted = acceptedAt(request, response)
  if (accepted.length > 0) return wrongMethod(request, response, accepted)
  const { method, path, url } = request
  const other = configurationFor(path, url.slice(url.indexOf('?') + 1))
  return new AppError('not_found', other ?? `not found: ${method} ${path.slice(0, 200)}`)
}

/**
 * Request and response classes with Express's prototypes. Otherwise Express sets the prototype of each object, which V8
 * cannot optimize.
 */
function prototypesOf(app: Express) {
  return {
    IncomingMessage: withPrototype(IncomingMessage, app.request),
    ServerResponse: withPrototype(ServerResponse, app.response),
  } as { IncomingMessage: typeof IncomingMessage; ServerResponse: typeof ServerResponse }
}

function withPrototype(parent: object, prototype: object): object {
  function Extended(...values: unknown[]): object {
    return Reflect.construct(parent as new () => object, values, Extended)
  }
  Extended.prototype = prototype
  return Extended
}
