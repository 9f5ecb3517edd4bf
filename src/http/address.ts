import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopback, type Networks } from '../model/access.ts'

/** Headers by which a request shows that something stands between its sender and us. */
const FORWARDING = [
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
  'x-forwarded-host',
  'x-forwarded-proto',
  'via',
] as const

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
  if (!FORWARDING.some((name) => request.headers[name] !== undefined)) return true
  const named = forwardedIn(request)
  return trusted.has(peer) && named.length > 0 && named.every(isLoopback)
}

/**
 * Whether a browser that was told to ask this host must have been told by its user. A page whose name its owner points
 * to 127.0.0.1 counts as the same site for the browser, but it cannot send an address or `localhost` for a Host.
 */
export function isNameOfThis(host: string | undefined, externalUrl: string | undefined): boolean {
  const url = `http://${host ?? ''}`
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  if (hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return true
  return externalUrl !== undefined && new URL(externalUrl).hostname === hostname
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
