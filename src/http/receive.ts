import type { Request, Response, Router } from 'express'
import type { Clock } from '../clock.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { LargeReads } from '../large-reads.ts'
import type { SourceName } from '../model/alert.ts'
import type { Settings } from '../model/settings.ts'
import type { Inbound } from '../pipeline/accept.ts'
import type { AddressedSettings, Addressee, Endpoint, Source } from '../sources/source.ts'
import type { AccessControl } from './access-control.ts'
import { AdmissionControl, type Ticket } from './admission.ts'
import { declaredBytesOf, readBody } from './body.ts'
import { assertSigned } from './body-signature.ts'
import { createRejectionLog, type LogRejection } from './rejection-log.ts'
import { replyError, replyOk } from './reply.ts'
import { wrongMethod } from './wrong-method.ts'

export interface ReceiveDeps {
  /** Stores the alerts of a body; returns the source that parsed it. */
  accept: (inbound: Inbound) => Promise<SourceName>
  sources: ReadonlyMap<SourceName, Source>
  settings: () => AddressedSettings & Pick<Settings, 'externalUrl'>
  events: Events
  clock: Clock
  /** Shared with the re-reading of stored payloads. */
  reads?: LargeReads
  guard: () => AccessControl
  /** False once shutdown has begun. */
  open: () => boolean
}

interface Exchange {
  request: Request
  response: Response
  deps: ReceiveDeps
}

interface Receiving extends Exchange {
  admission: AdmissionControl
  logRejection: LogRejection
}

/** Adds the routes that senders post alerts to. */
export function receiveRoutes(router: Router, deps: ReceiveDeps): void {
  const admission = new AdmissionControl(deps.reads)
  const logRejection = createRejectionLog(deps.events, deps.clock)
  for (const source of deps.sources.values())
    for (const path of source.endpoint.paths) {
      const receiving = (request: Request, response: Response) =>
        receive(source, { request, response, admission, logRejection, deps })
      router.post(path, receiving)
      router.put(path, receiving)
      router.all(path, (request, response) => refuseMethod(source, { request, response, deps }))
    }
}

/** Answers 200 only when every alert of the request is on disk. */
async function receive(
  { name, endpoint }: Source,
  { request, response, admission, logRejection, deps }: Receiving,
): Promise<void> {
  const began = deps.clock.now()
  const address = deps.guard().addressOf(request)
  let source = name
  let channel = ''
  let ticket: Ticket | undefined
  let code = 200
  try {
    const settings = deps.settings()
    const to = addresseeOf(request, endpoint, { settings, now: began })
    if (to.kind === 'channel') channel = to.channel
    assertAdmitted(to, { request, response, deps })
    if (!deps.open()) throw new AppError('shutting_down', 'shutting down; try again')
    ticket = admission.acquire(declaredBytesOf(request), address)
    const secret = endpoint.addressee ? undefined : settings.channels.get(channel)?.inlet?.hmac
    const body = await readBody(request, ticket, (sent) => {
      if (secret !== undefined) assertSigned(sent, request.headers, { secret, now: began })
    })
    source = await deps.accept({ source: name, channel, body })
    replyOk(response)
  } catch (error) {
    code = replyError(response, error, { request, refusal: endpoint.refusal })
    logRejection(
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
    ticket?.release()
    deps.events.requestAnswered(source, code, (deps.clock.now().getTime() - began.getTime()) / 1000)
  }
}

/** Answers a method other than POST and PUT, after the same checks of the sender. */
function refuseMethod({ endpoint }: Source, exchange: Exchange): void {
  const { request, response, deps } = exchange
  try {
    const context = { settings: deps.settings(), now: deps.clock.now() }
    assertAdmitted(addresseeOf(request, endpoint, context), exchange)
    throw wrongMethod(request, response, ['POST', 'PUT'])
  } catch (error) {
    replyError(response, error, { request, refusal: endpoint.refusal })
  }
}

/** Throws an AppError unless this sender may post alerts to this channel. */
function assertAdmitted(to: Addressee, { request, response, deps }: Exchange): void {
  deps.guard().admit(request, response, to.hasCredential)
  if (to.kind === 'refused') throw to.error
}

/** The channel that a request addresses: by the query if the source defines how, else by the path. */
function addresseeOf(
  request: Request,
  { addressee }: Endpoint,
  context: { settings: AddressedSettings; now: Date },
): Addressee {
  if (addressee === undefined) {
    const channel = String(request.params['channel'])
    return { kind: 'channel', channel, hasCredential: false }
  }
  const at = request.url.indexOf('?')
  return addressee(new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1)), context)
}
