import { X509Certificate } from 'node:crypto'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { messageOf } from '../errors.ts'
import type { Tls } from '../model/access.ts'
import type { Settings } from '../model/settings.ts'
import { request as sendRequest } from './node-http.ts'
import { addressesOf } from './own-address.ts'
import { type Reply, replyTo } from './post.ts'

const CONNECT_WITHIN_MS = 3_000

export type OwnReply =
  | { kind: 'reply'; status: number; body: Record<string, unknown> }
  /** Nothing listens at the address, or the program there is not a receiver. */
  | { kind: 'not_running' }
  /** The connection or the exchange failed. */
  | { kind: 'failed'; message: string }

/**
 * Sends an admin request to the receiver that runs with these settings on this machine. Over TLS the configured
 * certificate is verified before the token is sent.
 */
export async function askOwnReceiver(
  settings: OwnSettings,
  request: OwnRequest,
): Promise<OwnReply> {
  for (const address of addressesOf(settings)) {
    const reply = await exchangeAt(address, settings, request)
    if (reply.kind !== 'answer') return reply
    const body = objectIn(reply.text)
    if (body !== undefined) return { kind: 'reply', status: reply.status, body }
  }
  return { kind: 'not_running' }
}

type Readiness = { isReady: boolean; explanation: string }

/** Asks the local receiver with these settings whether it is ready. */
export async function askReadiness(settings: OwnSettings): Promise<Readiness> {
  const { host, port } = settings.listen
  for (const address of addressesOf(settings)) {
    const reply = await exchangeAt(address, settings, READINESS)
    if (reply.kind === 'failed') return { isReady: false, explanation: reply.message }
    if (reply.kind === 'not_running') continue
    const words = reply.text.trim().slice(0, 200)
    if (reply.status === 200 && words === 'OK') return { isReady: true, explanation: 'ready' }
    if (reply.status === 503) return { isReady: false, explanation: 'not ready' }
    return { isReady: false, explanation: `HTTP ${reply.status}: ${wordsIn(words)}` }
  }
  return { isReady: false, explanation: `no receiver answers at ${host}:${port}` }
}

const READINESS: OwnRequest = { method: 'GET', path: '/-/ready', withinMs: 3_000 }

function wordsIn(text: string): string {
  return String(objectIn(text)?.['errmsg'] ?? text.replace(/\s+/g, ' '))
}

type OwnSettings = Pick<Settings, 'access' | 'listen' | 'store'>

interface OwnRequest {
  method: 'GET' | 'POST'
  path: string
  withinMs: number
}

async function exchangeAt(
  address: Settings['listen'],
  settings: Pick<Settings, 'access'>,
  { method, path, withinMs }: OwnRequest,
): Promise<Exclude<OwnReply, { kind: 'reply' }> | ({ kind: 'answer' } & Reply)> {
  let socket: Socket
  try {
    socket = await connected(address, settings.access.tls)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED' || code === 'EADDRNOTAVAIL') return { kind: 'not_running' }
    return { kind: 'failed', message: failureOf(error, address, settings) }
  }
  try {
    const headers = {
      Host: `127.0.0.1:${address.port}`,
      'Content-Length': '0',
      Connection: 'close',
      ...credentialsOf(settings.access),
    }
    const signal = AbortSignal.timeout(withinMs)
    const createConnection = (): Socket => socket
    const sent = sendRequest({ method, path, headers, signal, createConnection })
    return { kind: 'answer', ...(await replyTo(sent)) }
  } catch (error) {
    return { kind: 'failed', message: failureOf(error, address, settings) }
  } finally {
    socket.destroy()
  }
}

/** Why an exchange failed and what to do, which the texts of Node and OpenSSL leave out. */
function failureOf(
  error: unknown,
  { host, port }: Settings['listen'],
  { access: { tls } }: Pick<Settings, 'access'>,
): string {
  const { code = '', name, reason } = error as NodeJS.ErrnoException & { reason?: unknown }
  const at = `${host}:${port}`
  if (name === 'TimeoutError') return `${at} accepts connections but does not reply in time`
  if (tls === undefined && code === 'ECONNRESET')
    return `${at} closed the connection without a reply; probably it speaks TLS, and this configuration has no tls. ${SAME_CONFIGURATION}`
  if (tls !== undefined && /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION|PACKET_LENGTH).*)$/.test(code))
    return `${at} does not speak TLS, and this configuration has tls. ${SAME_CONFIGURATION}`
  if (/^ERR_(?:SSL|TLS)_/.test(code)) return `TLS with ${at} failed: ${String(reason ?? code)}`
  return messageOf(error)
}

const SAME_CONFIGURATION =
  'Use the --config and --web.config.file that the receiver runs with; if tls was changed since it started, restart it'

/**
 * The admin token; without one the first credential of `auth`, which opens even an endpoint that `admin.protect`
 * closes.
 */
function credentialsOf({ admin, auth }: Settings['access']): Record<string, string> {
  if (admin.token !== undefined) return { Authorization: `Bearer ${admin.token.reveal()}` }
  const [first] = auth
  switch (first?.kind) {
    case undefined:
      return {}
    case 'bearer':
      return { Authorization: `Bearer ${first.token.reveal()}` }
    case 'basic': {
      const pair = Buffer.from(`${first.username}:${first.password.reveal()}`)
      return { Authorization: `Basic ${pair.toString('base64')}` }
    }
    case 'header':
      return { [first.name]: first.value.reveal() }
  }
}

function connected({ host, port }: Settings['listen'], tls: Tls | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tls === undefined ? connectPlain(port, host) : pinned({ host, port }, tls)
    const connectedBy = AbortSignal.timeout(CONNECT_WITHIN_MS)
    const onTimeout = (): void => void socket.destroy(new Error('no answer'))
    connectedBy.addEventListener('abort', onTimeout)
    socket.once('error', reject)
    socket.once(tls === undefined ? 'connect' : 'verified', () => {
      connectedBy.removeEventListener('abort', onTimeout)
      resolve(socket)
    })
  })
}

/** A TLS connection that emits `verified` if the server has the configured certificate, and fails otherwise. */
function pinned(to: { host: string; port: number }, { cert, key }: Tls): Socket {
  const { raw } = new X509Certificate(cert)
  // With client_ca, the receiver's own certificate may serve as the client certificate.
  const options = { ...to, cert, key: key.reveal(), rejectUnauthorized: false }
  const socket = connectTls(options, () => {
    if (socket.getPeerCertificate().raw.equals(raw)) socket.emit('verified')
    else socket.destroy(new Error("the server's certificate differs from tls.cert"))
  })
  return socket
}

/** Parses a receiver's reply, which is a JSON object with an errcode; undefined for anything else. */
function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'errcode' in value
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
