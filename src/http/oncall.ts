import type { Router } from 'express'
import { instantFrom } from './fields.ts'
import { replyJson } from './reply.ts'

export interface OnCallDeps {
  /** Who is on call in each rota at an instant, now if undefined, as JSON. */
  onCall: (at: Date | undefined) => object
}

/** Adds the API route that returns who is on call; access is checked before it. */
export function onCallRoutes(router: Router, { onCall }: OnCallDeps): void {
  router.get('/api/v1/oncall', (request, response) => {
    const { at } = request.query
    replyJson(response, onCall(at === undefined || at === '' ? undefined : instantFrom(at, 'at')))
  })
}
