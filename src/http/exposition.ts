import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Request, Response } from 'express'
import type { Exposition } from '../metrics.ts'

const compress = promisify(gzip)

/**
 * Metrics in the format and the encoding that a scraper asks for: OpenMetrics where `Accept` names it, as Prometheus
 * does, and gzip where it may be.
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
