import type { Request, Response, Router } from 'express'
import type { Clock } from '../clock.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { SourceName } from '../model/alert.ts'
import { MAX_BODY_BYTES, readText } from './body.ts'
import type { Guard } from './guard.ts'
import { createLoad } from './load.ts'
import { createRefusals, type TellRefusal } from './refusals.ts'
import { replyError, replyOk } from './reply.ts'

/** Bodies that are read or waited for at once; beyond, senders are asked to come again. */
const MOST_HELD = { bytes: 8 * MAX_BODY_BYTES, bytesOfOne: 4 * MAX_BODY_BYTES }

export interface ReceiveDeps {
  accept: (inbound: { source: SourceName; channel: string; text: string }) => Promise<void>
  events: Events
  clock: Clock
  guard: () => Guard
  /** False once shutdown has begun. */
  open: () => boolean
}

/** The three routes that senders post alerts to. */
export function receiveRoutes(router: Router, deps: ReceiveDeps): void {
  const load = createLoad(MOST_HELD)
  const refused = createRefusals(deps.events, deps.clock)
  const at = (source: SourceName) => (request: Request, response: Response) =>
    receive(source, { request, response, load, refused, deps })
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
    refused,
    deps,
  }: {
    request: Request
    response: Response
    load: ReturnType<typeof createLoad>
    refused: TellRefusal
    deps: ReceiveDeps
  },
): Promise<void> {
  const began = deps.clock.now()
  const channel = String(request.params['channel'])
  const address = deps.guard().addressOf(request)
  const held = load(address)
  let code = 200
  try {
    deps.guard().admit(request, response)
    if (!deps.open()) throw new AppError('shutting_down', 'shutting down; try again')
    const text = await readText(request, (bytes) => held.upTo(bytes))
    await deps.accept({ source, channel, text })
    replyOk(response)
  } catch (error) {
    code = replyError(response, error, request)
    refused(source, {
      code,
      channel: channel.slice(0, 100),
      address,
      why: messageOf(error),
    })
  } finally {
    held.release()
    deps.events.requestAnswered(source, code, (deps.clock.now().getTime() - began.getTime()) / 1000)
  }
}
