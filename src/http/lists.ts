import type { Request, Response, Router } from 'express'
import { type SearchDeps, searchAlerts, searchMessages } from '../reporting/alert-search.ts'
import { alertsCsv, messagesCsv } from '../reporting/csv.ts'
import { alertsJson, messageJson } from '../reporting/json.ts'
import { alertListIn, messageListIn, type ParsedList } from '../reporting/list-query.ts'
import type { Page } from '../stores/queries.ts'
import type { Gates } from './admin.ts'
import { bad } from './fields.ts'
import { baseOf, replyJson } from './reply.ts'

export interface ListDeps {
  search: SearchDeps
}

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

/** Adds the routes of the lists of messages and alerts as JSON; access is checked before these routes. */
export function listRoutes(router: Router, { search }: ListDeps): void {
  router.get('/api/v1/messages', async (request, response) => {
    const query = {
      ...queryOf(messageListIn(request.query)),
      limit: limitOf(request, DEFAULT_LIMIT),
    }
    const page = await searchMessages(query, search)
    replyJson(response, { messages: page.items.map(messageJson), ...progressOf(page) })
  })
  router.get('/api/v1/alerts', async (request, response) => {
    const query = queryOf(alertListIn(request.query, search.readMatchers))
    const page = await searchAlerts({ ...query, limit: limitOf(request, DEFAULT_LIMIT) }, search)
    replyJson(response, { alerts: alertsJson(page.items), ...progressOf(page) })
  })
}

/** Adds the routes of the same lists as CSV files. */
export function csvRoutes(router: Router, { search, gates }: ListDeps & { gates: Gates }): void {
  router.get('/messages.csv', gates.admin, async (request, response) => {
    const query = { ...queryOf(messageListIn(request.query)), limit: limitOf(request, MAX_LIMIT) }
    const page = await searchMessages(query, search)
    replyCsv(request, response, { name: 'messages', page, text: messagesCsv(page.items) })
  })
  router.get('/alerts.csv', gates.admin, async (request, response) => {
    const query = queryOf(alertListIn(request.query, search.readMatchers))
    const page = await searchAlerts({ ...query, limit: limitOf(request, MAX_LIMIT) }, search)
    replyCsv(request, response, { name: 'alerts', page, text: alertsCsv(page.items) })
  })
}

function replyCsv(
  request: Request,
  response: Response,
  { name, page, text }: { name: string; page: Page<unknown>; text: string },
): void {
  const body = Buffer.from(text)
  response.writeHead(200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${name}.csv"`,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(page.next !== null && { Link: `<${nextOf(request, response, page.next)}>; rel="next"` }),
  })
  response.end(body)
}

/** The URL of the next page. */
function nextOf(request: Request, response: Response, next: string): string {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  query.set('before', next)
  return `${baseOf(response)}${request.path}?${query}`
}

/** The cursor of the next page; also `searched_to` if the search ended before the page was full. */
function progressOf({ next, reached }: Page<unknown>) {
  return { next, ...(reached !== undefined && { searched_to: reached.toISOString() }) }
}

/** A list's query; throws AppError bad_request for the first invalid parameter. */
export function queryOf<Query>({
  query,
  faults: [fault],
}: ParsedList<Query>): Omit<Query, 'limit'> {
  if (fault === undefined) return query
  const place = fault.at === undefined ? '' : ` (at character ${fault.at + 1})`
  throw bad(`${fault.name}: ${fault.why}${place}`)
}

function limitOf(request: Request, otherwise: number): number {
  const limit = request.query['limit']
  if (limit === undefined || limit === '') return otherwise
  if (typeof limit !== 'string' || !/^0*[1-9]\d{0,8}$/.test(limit))
    throw bad('limit: must be a number from 1 to 1000')
  return Math.min(MAX_LIMIT, Number(limit))
}
