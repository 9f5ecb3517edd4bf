import express, { type Router } from 'express'
import type { FailedMessages, OperatorActions } from '../pipeline/operator-actions.ts'
import { messageListIn } from '../reporting/list-query.ts'
import type { AdminDeps } from './admin.ts'
import { bad, byOf, type Fields, fieldsOf, instantFrom, textOf } from './fields.ts'
import { replyJson } from './reply.ts'

export interface ActionDeps extends Pick<AdminDeps, 'clock' | 'guard'> {
  actions: OperatorActions
}

/** Limit on the ids in one request. */
const MAX_IDS = 1_000

const FILTERS = ['channel', 'robot', 'kind', 'level', 'from', 'to', 'text'] as const
const KNOWN: ReadonlySet<string> = new Set([...FILTERS, 'ids', 'state', 'dry_run', 'by'])

/** Adds the API routes that act on messages and robots; access is checked before these routes. */
export function actionRoutes(router: Router, deps: ActionDeps): void {
  const { actions } = deps
  const json = express.json({ limit: '64kb', type: () => true })

  router.post('/api/v1/messages/resend', json, async (request, response) => {
    const fields = fieldsOf(request.body)
    const dryRun = flagOf(fields, 'dry_run')
    const press = { by: byOf(fields, request, deps.guard), dryRun }
    const { resent, outdated, hasMore } = await actions.resendAll(failedIn(fields), press)
    const counts = { messages: resent, calls: resent, outdated, more: hasMore }
    replyJson(response, { errcode: 0, errmsg: 'ok', ...counts })
  })

  router.post('/api/v1/messages/dismiss', json, async (request, response) => {
    const fields = fieldsOf(request.body)
    const dryRun = flagOf(fields, 'dry_run')
    const press = { by: byOf(fields, request, deps.guard), dryRun }
    const messages = await actions.dismissAll(failedIn(fields), press)
    replyJson(response, { errcode: 0, errmsg: 'ok', messages, calls: 0 })
  })

  router.post('/api/v1/messages/:id/resend', json, async (request, response) => {
    const by = byOf(fieldsOf(request.body), request, deps.guard)
    await actions.resend(String(request.params['id']), by)
    replyJson(response, { errcode: 0, errmsg: 'ok' })
  })

  router.post('/api/v1/robots/:robot/pause', json, async (request, response) => {
    const fields = fieldsOf(request.body)
    const until = untilIn(fields, deps.clock.now())
    const by = byOf(fields, request, deps.guard)
    const ends = await actions.pause(String(request.params['robot']), { until, by })
    replyJson(response, { errcode: 0, errmsg: 'ok', paused_until: ends.toISOString() })
  })

  router.post('/api/v1/robots/:robot/resume', json, async (request, response) => {
    const by = byOf(fieldsOf(request.body), request, deps.guard)
    const ended = await actions.resume(String(request.params['robot']), by)
    replyJson(response, { errcode: 0, errmsg: 'ok', ended: ended.map(({ reason }) => reason) })
  })
}

/**
 * The dead messages that a body selects, by ids or by filters. An empty body is an error, so that it never selects
 * all.
 */
function failedIn(fields: Fields): FailedMessages {
  // A misspelled filter must not select more messages than the caller intended.
  const unknown = Object.keys(fields).find((name) => !KNOWN.has(name))
  if (unknown !== undefined) throw bad(`unknown field ${JSON.stringify(unknown.slice(0, 100))}`)
  const { ids, state } = fields
  if (ids !== undefined) return { ids: idsOf(ids) }
  if (state !== undefined && state !== 'dead')
    throw bad('state: must be "dead"; no other message can be sent again or dismissed')
  const filters: Record<string, string> = Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = textOf(fields, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  if (state === undefined && Object.keys(filters).length === 0)
    throw bad(
      `give "ids", or a filter: ${FILTERS.map((name) => `"${name}"`).join(', ')}; {"state":"dead"} selects every dead message that is not dismissed`,
    )
  const { text, ...others } = filters
  const { query, faults } = messageListIn({ ...others, ...(text !== undefined && { q: text }) })
  const [fault] = faults
  if (fault !== undefined) throw bad(`${fault.name === 'q' ? 'text' : fault.name}: ${fault.why}`)
  return query
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

function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false
  if (typeof value !== 'boolean') throw bad(`${name}: must be true or false`)
  return value
}

function untilIn(fields: Fields, now: Date): Date | undefined {
  if (textOf(fields, 'until') === undefined) return undefined
  const until = instantFrom(fields['until'], 'until')
  if (until <= now) throw bad('until: must be in the future')
  return until
}
