import express, { type Request, type Response, type Router } from 'express'
import { AppError } from '../errors.ts'
import { PROBES, type Probe } from '../model/message.ts'
import type { Format } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'
import { withVariables } from '../pipeline/stored-alerts.ts'
import { alertsJson, messageJson, type StatusJson } from '../reporting/json.ts'
import { FORMATS, type PreviewRequest } from '../reporting/preview.ts'
import type { TestOutcome } from '../reporting/test-outcome.ts'
import type { StoredAlert } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import { type ActionDeps, actionRoutes } from './actions.ts'
import { bad, fieldsOf, instantFrom } from './fields.ts'
import { type ListDeps, listRoutes } from './lists.ts'
import { replyJson } from './reply.ts'

/** Limit on the body of a preview request, because the caller waits for the result. */
const MAX_PREVIEW_BYTES = 1024 * 1024

export interface ApiDeps extends ActionDeps, ListDeps {
  store: Pick<Store, 'message'>
  status: () => Promise<StatusJson>
  /** Variables of the first alerts, at least one; stops early when the payloads grow too large. */
  variablesOf: (alerts: readonly StoredAlert[]) => Promise<Variables[]>
  /** Who is on call in each rota at an instant, now if undefined, as JSON. */
  onCall: (at: Date | undefined) => object
  sandbox: () => unknown[]
  /** Renders a payload for a channel, the first one if undefined. */
  preview: (
    request: Omit<PreviewRequest, 'channel' | 'source' | 'now'> & { channel?: string },
  ) => Promise<unknown[]>
  /** Queues a test message for each group of robots of a channel and returns their ids. */
  test: (channel: string) => Promise<string[]>
  /** Queues a test message for one robot and returns its id in a list. */
  testRobot: (robot: string, question?: { probe: Probe; uuid: string }) => Promise<string[]>
  /** Returns the outcomes of test messages; waits up to `waitMs` for them. */
  outcomes: (ids: readonly string[], waitMs: number) => Promise<TestOutcome[]>
}

/** Adds the JSON API under /api/v1; access is checked before these routes. */
export function apiRoutes(router: Router, deps: ApiDeps): void {
  const json = express.json({ limit: MAX_PREVIEW_BYTES, type: () => true })

  router.get('/api/v1/status', async (_request, response) =>
    replyJson(response, await deps.status()),
  )

  listRoutes(router, deps)

  router.get('/api/v1/messages/:id', async (request, response) => {
    const found = await deps.store.message(String(request.params['id']))
    if (found === undefined) throw noMessage(request)
    // Alerts beyond the reading limit are not listed; `alert_count` counts all.
    const { items } = await withVariables({ items: found.alerts, next: null }, deps.variablesOf)
    replyJson(response, { ...messageJson(found.message), alerts: alertsJson(items) })
  })

  router.get('/api/v1/oncall', (request, response) => {
    const { at } = request.query
    replyJson(
      response,
      deps.onCall(at === undefined || at === '' ? undefined : instantFrom(at, 'at')),
    )
  })

  router.get('/api/v1/sandbox', (_request, response) =>
    replyJson(response, { messages: deps.sandbox() }),
  )

  router.post('/api/v1/preview', json, async (request: Request, response: Response) => {
    replyJson(response, { messages: await deps.preview(previewOf(request.body)) })
  })

  testRoutes(router, deps)
  actionRoutes(router, deps)
}

function testRoutes(router: Router, deps: ApiDeps): void {
  const replyTest = async (
    request: Request,
    response: Response,
    queue: () => Promise<string[]>,
  ) => {
    const waitMs = waitOf(request)
    const ids = await queue()
    const reply = { errcode: 0, errmsg: 'ok', message_ids: ids }
    if (waitMs === undefined) return replyJson(response, reply, 202)
    replyJson(response, { ...reply, messages: await deps.outcomes(ids, waitMs) })
  }
  router.post('/api/v1/channels/:channel/test', (request, response) =>
    replyTest(request, response, () => deps.test(String(request.params['channel']))),
  )
  router.post('/api/v1/robots/:robot/test', (request, response) =>
    replyTest(request, response, () =>
      deps.testRobot(String(request.params['robot']), questionOf(request)),
    ),
  )
}

/** The probe that the command `probe` requests with a test message; undefined for a plain test. */
function questionOf(request: Request): { probe: Probe; uuid: string } | undefined {
  const probe = oneOf(request, 'probe', PROBES)
  const uuid = text(request, 'uuid')
  if (probe === undefined) return undefined
  if (uuid === undefined || !/^[\da-f-]{36}$/.test(uuid)) throw bad('uuid: must be a UUID')
  return { probe, uuid }
}

function previewOf(body: unknown): Parameters<ApiDeps['preview']>[0] {
  const { channel, template, format, payload } = fieldsOf(body)
  if (payload === undefined)
    throw bad('payload: is missing; pass the body that a sender would post')
  for (const [name, value] of Object.entries({ channel, template, format }))
    if (value !== undefined && typeof value !== 'string') throw bad(`${name}: must be a string`)
  if (format !== undefined && !FORMATS.includes(format as Format))
    throw bad(`format: must be one of ${FORMATS.join(', ')}`)
  return {
    channel: channel as string | undefined,
    template: template as string | undefined,
    format: format as Format | undefined,
    payload: typeof payload === 'string' ? payload : payloadText(payload),
  }
}

function payloadText(payload: unknown): string {
  try {
    return JSON.stringify(payload)
  } catch {
    throw bad('payload: is nested too deeply')
  }
}

const MAX_WAIT_SECONDS = 60

/** Milliseconds that the reply may wait for the outcome of a test; undefined: the reply does not wait. */
function waitOf(request: Request): number | undefined {
  const wait = text(request, 'wait')
  if (wait === undefined) return undefined
  const [, number, unit] = /^(\d{1,2})(s|m)$/.exec(wait) ?? []
  const seconds = Number(number) * (unit === 'm' ? 60 : 1)
  if (!(seconds >= 1 && seconds <= MAX_WAIT_SECONDS))
    throw bad(`wait: must be a duration from 1s to ${MAX_WAIT_SECONDS}s`)
  return seconds * 1000
}

/** A query parameter's value; undefined if it is absent or empty. */
function text(request: Request, name: string): string | undefined {
  const value = request.query[name]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw bad(`${name}: may be given only once`)
  return value
}

function oneOf<T extends string>(
  request: Request,
  name: string,
  values: readonly T[],
): T | undefined {
  const value = text(request, name)
  if (value !== undefined && !values.includes(value as T))
    throw bad(`${name}: must be one of ${values.join(', ')}`)
  return value as T | undefined
}

function noMessage(request: Request): AppError {
  return new AppError(
    'not_found',
    `unknown message ${JSON.stringify(String(request.params['id']).slice(0, 60))}`,
  )
}
