import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Request, Response } from 'express'
import { AppError, messageOf } from '../errors.ts'
import type { Exposition } from '../metrics.ts'
import type { Endpoint } from '../sources/source.ts'
import { MAX_BODY_BYTES } from './body.ts'

/** A string, so that Node writes head and body at once. */
const OK_BODY = '{"errcode":0,"errmsg":"ok"}'
const RETRY_AFTER_SECONDS = '10'

const compress = promisify(gzip)

/** Answers 200 with the exact body that senders check for. */
export function replyOk(response: Response): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': OK_BODY.length })
  response.end(OK_BODY)
}

export function replyJson(response: Response, value: unknown, status = 200): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(body)
}

export function replyText(response: Response, text: string, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(text)
}

/**
 * Replies with the metrics: in OpenMetrics format if `Accept` names it, which Prometheus does, and compressed if the
 * client accepts gzip.
 */
export async function replyMetrics(
  request: Request,
  response: Response,
  metrics: (openMetrics: boolean) => Promise<Exposition>,
): Promise<void> {
  const asked = request.headers.accept ?? ''
  const { contentType, text } = await metrics(/\bapplication\/openmetrics-text\b/.test(asked))
  const zipped = request.acceptsEncodings('gzip', 'identity') === 'gzip'
  const body = zipped ? await compress(text) : Buffer.from(text)
  response.writeHead(200, {
    'Content-Type': contentType,
    'Content-Length': body.length,
    Vary: 'Accept, Accept-Encoding',
    ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
  })
  response.end(body)
}

/** Replies with a page of the console. Its links and assets get the path of `external_url` as prefix. */
export function replyPage(response: Response, html: string, status = 200): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
  })
  response.end(underBase(html, baseOf(response)))
}

/**
 * Answers with an error as JSON, or in the format of the API that the sender uses; the details of an unexpected one go
 * only to the log. Returns the status.
 */
export function replyError(
  response: Response,
  error: unknown,
  { request, refusal }: { request?: Request; refusal?: Endpoint['refusal'] } = {},
): number {
  const known = knownError(error)
  const status = known?.status ?? 500
  if (response.headersSent) {
    response.destroy()
    return status
  }
  if (status === 503) response.setHeader('Retry-After', RETRY_AFTER_SECONDS)
  if (request !== undefined && !canKeepConnection(request))
    response.setHeader('Connection', 'close')
  const errmsg = known?.message ?? 'internal error; see the log of the receiver'
  const faults = known?.faults.length ? { faults: known.faults } : {}
  const senderFormat = refusal?.({ code: known?.code, message: errmsg, errcode: known?.errcode })
  replyJson(response, senderFormat ?? { errcode: status, errmsg, ...faults }, status)
  return status
}

/**
 * True if the connection can be kept. An unread body is discarded as it arrives: closing at once would show many
 * senders a broken pipe instead of the reply. A body that was read in part is not read to its end.
 */
function canKeepConnection(request: Request): boolean {
  const remaining = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  return request.complete || (request.readableFlowing === null && remaining <= MAX_BODY_BYTES)
}

/**
 * An AppError as it is, and a refusal of Express as one, such as that of an undecodable path; undefined for an
 * unexpected error.
 */
export function knownError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error
  const status = (error as { status?: unknown } | undefined)?.status
  if (typeof status !== 'number' || status >= 500) return undefined
  const code = status === 413 ? 'too_large' : 'bad_request'
  return new AppError(code, messageOf(error), { cause: error })
}

/** Redirects a browser to a path of the console. */
export function redirect(response: Response, path: string): void {
  response.redirect(303, `${baseOf(response)}${path}`)
}

/** The path of `external_url`, which the server stored for this reply; empty if there is none. */
export function baseOf({ locals }: Response): string {
  return typeof locals?.['base'] === 'string' ? locals['base'] : ''
}

/** Attributes that contain a path of the console. A value never matches, because its quotes are escaped. */
const OWN_PATH = / (href|src|action)="\/(?!\/)/g

function underBase(html: string, base: string): string {
  return base === '' ? html : html.replaceAll(OWN_PATH, (_, name) => ` ${name}="${base}/`)
}
