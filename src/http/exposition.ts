import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Request, Response } from 'express'
import type { Exposition } from '../metrics.ts'

const compress = promisify(gzip)

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
