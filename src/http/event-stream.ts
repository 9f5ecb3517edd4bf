import type { RequestHandler } from 'express'
import { AppError } from '../errors.ts'
import type { ChangeFeed } from '../reporting/change-feed.ts'

/** Concurrent streams; further pages have no live updates. */
const MAX_STREAMS = 100

/** Delay before a browser reconnects. */
const RETRY_MS = 3_000

/** Server-sent events that announce a change without content; the page then reloads its data. */
export function eventStream(changes: ChangeFeed): RequestHandler {
  return (request, response) => {
    if (changes.listeners >= MAX_STREAMS)
      throw new AppError('overloaded', `too many open pages (limit ${MAX_STREAMS})`)
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    })
    // A HEAD request must end, or the next request on this connection would wait forever.
    if (request.method === 'HEAD') return void response.end()
    response.write(`retry: ${RETRY_MS}\n\n`)
    const stop = changes.subscribe({
      changed() {
        // A slow reader needs only one pending event.
        if (!response.writableNeedDrain) response.write('event: change\ndata:\n\n')
      },
      closed: () => void response.end(),
    })
    response.on('close', stop)
  }
}
