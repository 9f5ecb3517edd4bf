import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopback, type Networks } from '../model/access.ts'
import type { Settings } from '../model/settings.ts'

/** Headers by which a request shows that something stands between its sender and us. */
const FORWARDING =
  /^(?:x-forwarded-.+|x-original-forwarded-for|x-envoy-.+|cf-.+|forwarded|via|x-real-ip|x-client-ip|true-client-ip)$/

/**
 * Where a request comes from: the peer, or, when that is a trusted proxy, the last address of `X-Forwarded-For` that is
 * none. What stands further left was written by that sender itself, so it is never believed.
 */
export function addressOf(request: IncomingMessage, trusted: Networks): string {
  const peer = request.socket.remoteAddress ?? ''
  if (trusted.texts.length === 0 || !trusted.has(peer)) return peer
  const named = forwardedIn(request)
  return named.findLast((each) => !trusted.has(each)) ?? named[0] ?? peer
}

/**
 * Whether a request was made on this machine. A proxy on this machine speaks for others, so what it forwards is local
 * only when it is trusted and every address that it names is this machine's.
 */
export function isLocal(request: IncomingMessage, trusted: Networks): boolean {
  const peer = request.socket.remoteAddress
  if (!isLoopback(peer)) return false
  if (!isForwarded(request)) return true
  const named = forwardedIn(request)
  return trusted.has(peer) && named.length > 0 && named.every(isLoopback)
}

/** Whether a proxy shows. Without any header, nginx still shows by HTTP/1.0, which no browser has used for decades. */
export function isForwarded(request: IncomingMessage): boolean {
  return (
    request.httpVersionMajor < 1 ||
    (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) ||
    Object.keys(request.headers).some((name) => FORWARDING.test(name))
  )
}

/**
 * Whose name a request's Host is. `own`: an address, a loopback name or the host that we listen on; nobody can lead
 * these here but the user of the browser. `external`: the host of external_url. A page whose owner points its name to
 * 127.0.0.1 counts as the same site for a browser, but its name is `strange`.
 */
export function nameIn(
  host: string | undefined,
  { externalUrl, listen }: Pick<Settings, 'externalUrl' | 'listen'>,
): 'own' | 'external' | 'strange' {
  const url = `http://${host ?? ''}`
  if (!URL.canParse(url)) return 'strange'
  const { hostname } = new URL(url)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || hostname === listen.host.toLowerCase())
    return 'own'
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return 'own'
  const external = externalUrl !== undefined && new URL(externalUrl).hostname === hostname
  return external ? 'external' : 'strange'
}

/** Several headers are one list; some proxies write ports. */
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
