import type { Request, Response, Router } from 'express'
import type { Clock } from '../clock.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { SourceName } from '../model/alert.ts'
import { type Body, MAX_BODY_BYTES, readBody } from './body.ts'
import { Load, type Place } from './load.ts'
import { replyError, replyOk } from './reply.ts'

/** Refusals for overload are one line of the log in so long, or the log would be the next thing to be overloaded. */
const OVERLOAD_LOGGED_MS = 1_000

export interface ReceiveDeps {
  accept: (inbound: { source: SourceName; channel: string } & Body) => Promise<void>
  events: Events
  clock: Clock
  /** False once shutdown has begun. */
  open: () => boolean
}

/** The three routes that senders post alerts to. */
export function receiveRoutes(router: Router, deps: ReceiveDeps): void {
  const load = new Load()
  const overload: Overload = { refused: 0, loggedAt: undefined }
  const at = (source: SourceName) => (request: Request, response: Response) =>
    receive(source, { request, response, load, overload, deps })
  router.post('/alertmanager/:channel', at('alertmanager'))
  router.post('/dingtalk/:channel/send', at('alertmanager'))
  router.post('/ocp/:channel', at('ocp'))
}

/** Answers 200 only when every alert of the request is on disk. */
async function receive(
  source: SourceName,
  {
    request,
    response,
    load,
    overload,
    deps,
  }: { request: Request; response: Response; load: Load; overload: Overload; deps: ReceiveDeps },
): Promise<void> {
  const began = deps.clock.now()
  const channel = String(request.params['channel'])
  const declared = Math.min(Number(request.headers['content-length'] ?? 0) || 0, MAX_BODY_BYTES)
  let place: Place | undefined
  let code = 200
  try {
    if (!deps.open()) throw new AppError('shutting_down', 'shutting down; try again')
    place = load.enter(declared)
    const { text, bytes } = await readBody(request, place.admit)
    await deps.accept({ source, channel, text, bytes })
    replyOk(response)
  } catch (error) {
    code = replyError(response, error, request)
    const refused = error instanceof AppError && error.code === 'overloaded' ? overload : undefined
    if (isToBeLogged(refused, deps.clock.now()))
      deps.events.requestRefused(source, {
        code,
        channel: channel.slice(0, 100),
        why: messageOf(error),
        ...(refused === undefined ? {} : { requests: refused.refused }),
      })
  } finally {
    place?.leave()
    deps.events.requestAnswered(source, code, (deps.clock.now().getTime() - began.getTime()) / 1000)
  }
}

/** Requests refused for overload, and when the log last said so. */
interface Overload {
  refused: number
  loggedAt: Date | undefined
}

function isToBeLogged(overload: Overload | undefined, now: Date): boolean {
  if (overload === undefined) return true
  overload.refused += 1
  const { loggedAt } = overload
  if (loggedAt !== undefined && Math.abs(now.getTime() - loggedAt.getTime()) < OVERLOAD_LOGGED_MS)
    return false
  overload.loggedAt = now
  return true
}
