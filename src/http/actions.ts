import express, { type Request, type Router } from 'express'
import { AppError } from '../errors.ts'
import type { FailedMessages, OperatorActions } from '../pipeline/operator-actions.ts'
import type { AdminDeps } from './admin.ts'
import { replyJson } from './reply.ts'

export interface ActionDeps extends Pick<AdminDeps, 'clock' | 'guard'> {
  actions: OperatorActions
}

/** Ids that one request may name. */
const MAX_IDS = 1_000

const MAX_NAME_LENGTH = 60
const FILTERS = ['channel', 'robot', 'text'] as const

/** What programs do about messages and robots; who may ask is decided before. */
export function actionRoutes(router: Router, deps: ActionDeps): void {
  const { actions } = deps
  const json = express.json({ limit: '64kb', type: () => true })

  router.post('/api/v1/messages/resend', json, async (request, response) => {
    const fields = fieldsOf(request.body)
    const dryRun = flagOf(fields, 'dry_run')
    const press = { by: byOf(fields, request, deps), dryRun }
    const { resent, outdated, left } = await actions.resendAll(failedIn(fields), press)
    const counts = { messages: resent, calls: resent, outdated, more: left }
    replyJson(response, { errcode: 0, errmsg: 'ok', ...counts })
  })

  router.post('/api/v1/messages/dismiss', json, async (request, response) => {
    const fields = fieldsOf(request.body)
    const dryRun = flagOf(fields, 'dry_run')
    const press = { by: byOf(fields, request, deps), dryRun }
    const messages = await actions.dismissAll(failedIn(fields), press)
    replyJson(response, { errcode: 0, errmsg: 'ok', messages, calls: 0 })
  })

  router.post('/api/v1/messages/:id/resend', json, async (request, response) => {
    const by = byOf(fieldsOf(request.body), request, deps)
    await actions.resend(String(request.params['id']), by)
    replyJson(response, { errcode: 0, errmsg: 'ok' })
  })

  router.post('/api/v1/robots/:robot/pause', json, async (request, response) => {
    const fields = fieldsOf(request.body)
    const until = untilIn(fields, deps.clock.now())
    const by = byOf(fields, request, deps)
    const ends = await actions.pause(String(request.params['robot']), { until, by })
    replyJson(response, { errcode: 0, errmsg: 'ok', paused_until: ends.toISOString() })
  })

  router.post('/api/v1/robots/:robot/resume', json, async (request, response) => {
    const by = byOf(fieldsOf(request.body), request, deps)
    const ended = await actions.resume(String(request.params['robot']), by)
    replyJson(response, { errcode: 0, errmsg: 'ok', ended: ended.map(({ reason }) => reason) })
  })
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (body === undefined) return {}
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw bad('the body must be a JSON object')
  return body as Record<string, unknown>
}

/** Ids, or the filters of the list; never everything by an empty body. */
function failedIn(fields: Record<string, unknown>): FailedMessages {
  const { ids, state } = fields
  if (ids !== undefined) return { ids: idsOf(ids) }
  if (state !== undefined && state !== 'dead')
    throw bad('state: must be "dead"; no other message can be sent again or dismissed')
  const filters: FailedMessages = Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = textOf(fields, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  if (state === undefined && Object.keys(filters).length === 0)
    throw bad(
      'give "ids", or a filter: "channel", "robot", "text"; {"state":"dead"} is every failed message',
    )
  return filters
}

function idsOf(ids: unknown): string[] {
  const list = Array.isArray(ids) ? ids.map((id) => (typeof id === 'number' ? String(id) : id)) : []
  if (list.length === 0 || list.length > MAX_IDS || !list.every(isId))
    throw bad(`ids: must be a list of 1 to ${MAX_IDS} ids of messages`)
  return list
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && /^\d{1,15}$/.test(id)
}

function textOf(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw bad(`${name}: must be a string`)
  return value
}

function flagOf(fields: Record<string, unknown>, name: string): boolean {
  const value = fields[name] ?? false
  if (typeof value !== 'boolean') throw bad(`${name}: must be true or false`)
  return value
}

/** The name that the request gives, else the address that it came from. */
function byOf(
  fields: Record<string, unknown>,
  request: Request,
  { guard }: Pick<ActionDeps, 'guard'>,
): string {
  const name = textOf(fields, 'by')
    ?.replace(/[\p{C}\s]+/gu, ' ')
    .trim()
  return name ? name.slice(0, MAX_NAME_LENGTH).toWellFormed() : guard().addressOf(request)
}

/** RFC 3339 with its offset: a time without one would be another instant on each machine. */
const INSTANT = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)$/

function untilIn(fields: Record<string, unknown>, now: Date): Date | undefined {
  const text = textOf(fields, 'until')
  if (text === undefined) return undefined
  const until = new Date(INSTANT.test(text) ? text : Number.NaN)
  if (Number.isNaN(until.getTime()))
    throw bad('until: must be an instant such as 2026-11-30T09:00:00+08:00')
  if (until <= now) throw bad('until: is over already')
  return until
}

function bad(message: string): AppError {
  return new AppError('bad_request', message)
}
