import type { Request, Response, Router } from 'express'
import type { Clock } from '../clock.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { LargeReads } from '../large-reads.ts'
import type { SourceName } from '../model/alert.ts'
import type { AccessControl } from './access-control.ts'
import { AdmissionControl, type Ticket } from './admission.ts'
import { declaredBytesOf, readBody } from './body.ts'
import { createRejectionLog, type LogRejection } from './rejection-log.ts'
import { replyError, replyOk } from './reply.ts'

export interface ReceiveDeps {
  accept: (inbound: {
    source: SourceName
    channel: string
    body: string | Uint8Array
  }) => Promise<void>
  events: Events
  clock: Clock
  /** Shared with what reads payloads again. */
  reads?: LargeReads
  guard: () => AccessControl
  /** False once shutdown has begun. */
  open: () => boolean
}

interface Receiving {
  request: Request
  response: Response
  load: AdmissionControl
  refused: LogRejection
  deps: ReceiveDeps
}

/** The three routes that senders post alerts to. */
export function receiveRoutes(router: Router, deps: ReceiveDeps): void {
  const load = new AdmissionControl(deps.reads)
  const refused = createRejectionLog(deps.events, deps.clock)
  const at = (source: SourceName) => (request: Request, response: Response) =>
    receive(source, { request, response, load, refused, deps })
  router.post('/alertmanager/:channel', at('alertmanager'))
  router.post('/dingtalk/:channel/send', at('alertmanager'))
  router.post('/ocp/:channel', at('ocp'))
}

/** Answers 200 only when every alert of the request is on disk. */
async function receive(
  source: SourceName,
  { request, response, load, refused, deps }: Receiving,
): Promise<void> {
  const began = deps.clock.now()
  const channel = String(request.params['channel'])
  const address = deps.guard().addressOf(request)
  let place: Ticket | undefined
  let code = 200
  try {
    deps.guard().admit(request, response)
    if (!deps.open()) throw new AppError('shutting_down', 'shutting down; try again')
    place = load.acquire(declaredBytesOf(request), address)
    const body = await readBody(request, place)
    await deps.accept({ source, channel, body })
    replyOk(response)
  } catch (error) {
    code = replyError(response, error, request)
    refused(
      error instanceof AppError && error.code === 'overloaded' ? 'overload' : 'other',
      source,
      {
        code,
        channel: channel.slice(0, 100),
        address,
        why: messageOf(error),
      },
    )
  } finally {
    place?.release()
    deps.events.requestAnswered(source, code, (deps.clock.now().getTime() - began.getTime()) / 1000)
  }
}
