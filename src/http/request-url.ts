/** Parameters of DingTalk's robot API that clients append with `&` to an address without `?`. */
const BARE_PARAMETERS = /&(?=(?:access_token|timestamp|sign)=)/

/**
 * The address of a request with what clients and proxies get wrong put right: doubled and trailing slashes, a query
 * that begins with `&`, and the path of `external_url` where a proxy has not stripped it. Paths for which `isReceiving`
 * holds keep theirs.
 */
export function normalizedUrl(
  url: string,
  { base, isReceiving }: { base: string; isReceiving: (path: string) => boolean },
): string {
  if (!url.startsWith('/')) return url
  const [written = '', query] = splitAt(url, url.indexOf('?'))
  const [path, parameters] = splitAt(written, written.search(BARE_PARAMETERS))
  const single = withoutSpareSlashes(path)
  const own =
    base !== '' && (single === base || single.startsWith(`${base}/`)) && !isReceiving(single)
      ? single.slice(base.length) || '/'
      : single
  const all = [parameters, query].filter((each) => each !== undefined)
  return all.length === 0 ? own : `${own}?${all.join('&')}`
}

/** The path of `external_url`, without a slash at its end; empty where it has none. */
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
