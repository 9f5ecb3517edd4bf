import type { Express, Request, Response } from 'express'
import { AppError } from '../errors.ts'

type Layers = Express['router']['stack']

/** The error for a path that accepts other methods only; adds the `Allow` header (RFC 9110, section 15.5.6). */
export function wrongMethod(
  { method, path }: Request,
  response: Response,
  accepted: readonly string[],
): AppError {
  response.setHeader('Allow', accepted.join(', '))
  const listed = accepted.join(', ').replace(/, (?=\w+$)/, ' and ')
  return new AppError('wrong_method', `${path.slice(0, 200)} accepts ${listed}, not ${method}`)
}

/**
 * Adds handlers that record the methods of a request's path, for requests that no route answered. Call it after all
 * routes are added; `acceptedAt` returns the record.
 */
export function noteMethods(app: Express): void {
  for (const { path, methods } of routesIn(app.router.stack))
    app.all(path, (_request, response, next) => {
      response.locals['methods'] = new Set([...notedOn(response), ...methods])
      next()
    })
}

/** The methods that a request's path accepts; empty for an unknown path, and if the request's method is one of them. */
export function acceptedAt({ method }: Request, response: Response): string[] {
  const noted = notedOn(response)
  return noted.has(method) ? [] : [...noted].sort()
}

function notedOn({ locals }: Response): ReadonlySet<string> {
  return locals['methods'] instanceof Set ? locals['methods'] : new Set()
}

/** The routes of a router and of the routers mounted at its root, with their methods. Omits routes for all methods. */
function routesIn(layers: Layers): { path: string; methods: string[] }[] {
  return layers.flatMap(({ route, handle }) => {
    if (route === undefined) return 'stack' in handle ? routesIn(handle.stack as Layers) : []
    const methods = route.stack.flatMap(({ method }) => method?.toUpperCase() ?? [])
    if (methods.includes('GET')) methods.push('HEAD')
    return methods.length === 0 ? [] : [{ path: route.path, methods }]
  })
}
