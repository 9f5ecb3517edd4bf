import type { IncomingMessage } from 'node:http'

/**
 * True if a page of another origin made a browser send this. Browsers set Sec-Fetch-Site on secure or local
 * connections, and Origin on requests other than a plain GET; programs send neither.
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

/** True if the browser navigates, by the request's Sec-Fetch-Mode. */
export function isNavigation(request: IncomingMessage): boolean {
  return request.headers['sec-fetch-mode'] === 'navigate'
}

/**
 * True if a browser sent this. Over plain HTTP browsers omit Sec-Fetch, and a page can change User-Agent and omit
 * Referer, but cannot remove Accept-Language, nor Origin from a POST. Alertmanager, OCP, Prometheus and curl send none
 * of these.
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
