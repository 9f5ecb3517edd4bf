/** Parameters of DingTalk's robot API that clients append with `&` to an address without `?`. */
const BARE_PARAMETERS = /&(?=(?:access_token|timestamp|sign)=)/

/** Corrects common mistakes of clients in a URL: doubled and trailing slashes, and a query that begins with `&`. */
export function normalizedUrl(url: string): string {
  if (!url.startsWith('/')) return url
  const [written = '', query] = splitAt(url, url.indexOf('?'))
  const [path, parameters] = splitAt(written, written.search(BARE_PARAMETERS))
  const all = [parameters, query].filter((each) => each !== undefined)
  const single = withoutSpareSlashes(path)
  return all.length === 0 ? single : `${single}?${all.join('&')}`
}

/** Removes the path of `external_url` from the start of a URL; undefined if the URL does not start with it. */
export function withoutBase(url: string, base: string): string | undefined {
  if (base === '' || !url.startsWith(base)) return undefined
  const rest = url.slice(base.length)
  return /^(?:[/?]|$)/.test(rest) ? `${rest.startsWith('/') ? '' : '/'}${rest}` : undefined
}

/** The path of `external_url`, without a trailing slash; empty if it has none. */
export function basePathOf(externalUrl: string | undefined): string {
  return externalUrl === undefined ? '' : new URL(externalUrl).pathname.replace(/\/$/, '')
}

function splitAt(text: string, at: number): [string, string | undefined] {
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function withoutSpareSlashes(path: string): string {
  const single = path.includes('//') ? path.replaceAll(/\/{2,}/g, '/') : path
  return single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single
}
