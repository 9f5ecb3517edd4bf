import type { Router } from 'express'
import { instantFrom } from './fields.ts'
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
