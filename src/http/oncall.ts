import type { Router } from 'express'
import { AppError } from '../errors.ts'
import { replyJson } from './reply.ts'

export interface OnCallDeps {
  /** Who is on call in each rota at an instant, now if undefined, as JSON. */
  onCall: (at: Date | undefined) => object
}

/** Who is on call, for programs; who may ask is decided before. */
export function onCallRoutes(router: Router, { onCall }: OnCallDeps): void {
  router.get('/api/v1/oncall', (request, response) => {
    const { at } = request.query
    replyJson(response, onCall(at === undefined || at === '' ? undefined : instantFrom(at, 'at')))
  })
}

/** An instant as RFC 3339 writes it; AppError bad_request for anything else. */
export function instantFrom(value: unknown, name: string): Date {
  // A `+` in a query that is not escaped arrives as a blank.
  const text = typeof value === 'string' ? value.replace(/ (?=\d\d:\d\d$)/, '+') : ''
  const instant = RFC_3339.test(text) ? new Date(text) : undefined
  if (instant === undefined || Number.isNaN(instant.getTime()))
    throw new AppError(
      'bad_request',
      `${name}: must be an instant such as 2026-12-24T09:00:00Z or 2026-12-24T09:00:00+08:00`,
    )
  return instant
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/i
