import type { RequestHandler } from 'express'
import { AppError } from '../errors.ts'
import type { ChangeFeed } from '../reporting/change-feed.ts'

/** Pages that are open at once; more of them look again only when they are asked to. */
const MAX_STREAMS = 100

/** Before a browser comes again whose stream has ended. */
const RETRY_MS = 3_000

/** A stream that tells a page that something has changed, never what: the page asks for that by itself. */
export function eventStream(changes: ChangeFeed): RequestHandler {
  return (request, response) => {
    if (changes.listeners >= MAX_STREAMS)
      throw new AppError('store_unavailable', `${MAX_STREAMS} pages are open already`)
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    })
    // Only the head is asked for, and what comes next on this connection must not wait for ever.
    if (request.method === 'HEAD') return void response.end()
    response.write(`retry: ${RETRY_MS}\n\n`)
    const stop = changes.subscribe({
      changed() {
        // A browser that reads slower than things change needs no more than the last word.
        if (!response.writableNeedDrain) response.write('event: change\ndata:\n\n')
      },
      closed: () => void response.end(),
    })
    response.on('close', stop)
  }
}
