import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopback, type Networks } from '../model/access.ts'
import type { Settings } from '../model/settings.ts'

/** Headers that reveal a proxy. */
const FORWARDING =
  /^(?:x-forwarded-.+|x-original-forwarded-for|x-envoy-.+|cf-.+|forwarded|via|x-real-ip|x-client-ip|true-client-ip)$/

/**
 * The client's address: the peer, or, if that is a trusted proxy, the last address of `X-Forwarded-For` that is not a
 * trusted proxy. The addresses before it are written by the client and never trusted.
 */
export function addressOf(request: IncomingMessage, trusted: Networks): string {
  const peer = request.socket.remoteAddress ?? ''
  if (trusted.texts.length === 0 || !trusted.has(peer)) return peer
  const named = forwardedIn(request)
  return named.findLast((each) => !trusted.has(each)) ?? named[0] ?? peer
}

/**
 * True if a request was made on this machine. A request that a local proxy forwards is local only if the proxy is
 * trusted and every forwarded address is local.
 */
export function isLocal(request: IncomingMessage, trusted: Networks): boolean {
  const peer = request.socket.remoteAddress
  if (!isLoopback(peer)) return false
  if (!isForwarded(request)) return true
  const named = forwardedIn(request)
  return trusted.has(peer) && named.length > 0 && named.every(isLoopback)
}

/** True if a proxy is recognizable: by a header, or by HTTP/1.0, which nginx uses and browsers do not. */
export function isForwarded(request: IncomingMessage): boolean {
  return (
    request.httpVersionMajor < 1 ||
    (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) ||
    Object.keys(request.headers).some((name) => FORWARDING.test(name))
  )
}

/**
 * Classifies a request's Host. `own`: an IP address, a loopback name or the configured listen host, which DNS rebinding
 * cannot use. `external`: the host of external_url. `unknown`: any other, such as a rebound name of a hostile page.
 */
export function hostKindOf(
  host: string | undefined,
  { externalUrl, listen }: Pick<Settings, 'externalUrl' | 'listen'>,
): 'own' | 'external' | 'unknown' {
  const url = `http://${host ?? ''}`
  if (!URL.canParse(url)) return 'unknown'
  const { hostname } = new URL(url)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || hostname === listen.host.toLowerCase())
    return 'own'
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return 'own'
  const external = externalUrl !== undefined && new URL(externalUrl).hostname === hostname
  return external ? 'external' : 'unknown'
}

/** The addresses of all X-Forwarded-For headers, without the ports that some proxies add. */
function forwardedIn(request: IncomingMessage): string[] {
  const text = String(request.headers['x-forwarded-for'] ?? '')
  return text
    .split(',')
    .map((each) => withoutPort(each.trim()))
    .filter((each) => each !== '')
}

function withoutPort(text: string): string {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.%]+)\](?::\d+)?|([\d.]+):\d+)$/i.exec(text) ?? []
  return bracketed ?? plain ?? text
}
