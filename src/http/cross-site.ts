import type { IncomingMessage } from 'node:http'

/**
 * Whether a page of another site made a browser send this. Browsers say so in Sec-Fetch-Site where the connection is
 * safe or local, and otherwise name the page's origin with whatever is not a plain GET; programs send neither.
 */
export function isCrossSite(request: IncomingMessage, externalUrl: string | undefined): boolean {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  if (origin === undefined) return false
  if (!URL.canParse(origin)) return true
  const from = new URL(origin)
  if (from.host === host?.toLowerCase()) return false
  return externalUrl === undefined || new URL(externalUrl).origin !== from.origin
}

/** Whether it is a person's way to a page: a link followed, an address typed. */
export function isNavigation(request: IncomingMessage): boolean {
  return request.headers['sec-fetch-mode'] === 'navigate'
}

/**
 * Whether a browser sent this. Over plain HTTP browsers leave out Sec-Fetch, and a page can change User-Agent and hide
 * its address, but no page can take Accept-Language away, nor Origin from a POST. Senders of alerts, Prometheus and curl
 * send none of these.
 */
export function isFromBrowser({ headers }: IncomingMessage): boolean {
  return (
    headers.origin !== undefined ||
    headers['accept-language'] !== undefined ||
    headers.referer !== undefined ||
    headers['sec-fetch-site'] !== undefined ||
    headers['sec-fetch-mode'] !== undefined
  )
}
