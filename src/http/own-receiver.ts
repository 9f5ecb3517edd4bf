import { X509Certificate } from 'node:crypto'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { messageOf } from '../errors.ts'
import type { Tls } from '../model/access.ts'
import type { Settings } from '../model/settings.ts'
import { request } from './node-http.ts'
import { addressesOf } from './own-address.ts'

const CONNECT_WITHIN_MS = 3_000

export type OwnReply =
  | { kind: 'reply'; status: number; body: Record<string, unknown> }
  /** Nothing listens there, or something that is not a receiver. */
  | { kind: 'not_running' }
  /** Something listens there, but the exchange failed. */
  | { kind: 'failed'; message: string }

/**
 * Sends an admin request to the receiver that runs with these settings on this machine. Over TLS the configured
 * certificate is verified before the token is sent.
 */
export async function askOwnReceiver(
  settings: Pick<Settings, 'access' | 'listen' | 'store'>,
  asking: Asking,
): Promise<OwnReply> {
  for (const address of addressesOf(settings)) {
    const reply = await exchangeAt(address, settings, asking)
    if (reply.kind !== 'not_running') return reply
  }
  return { kind: 'not_running' }
}

interface Asking {
  method: 'GET' | 'POST'
  path: string
  withinMs: number
}

async function exchangeAt(
  address: Settings['listen'],
  settings: Pick<Settings, 'access'>,
  { method, path, withinMs }: Asking,
): Promise<OwnReply> {
  let socket: Socket
  try {
    socket = await connected(address, settings.access.tls)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED' || code === 'EADDRNOTAVAIL') return { kind: 'not_running' }
    return { kind: 'failed', message: messageOf(error) }
  }
  const { token } = settings.access.admin
  try {
    const { status, text } = await exchanged(socket, {
      method,
      path,
      withinMs,
      headers: {
        Host: `127.0.0.1:${address.port}`,
        'Content-Length': '0',
        Connection: 'close',
        ...(token === undefined ? {} : { Authorization: `Bearer ${token.reveal()}` }),
      },
    })
    const body = objectIn(text)
    return body === undefined ? { kind: 'not_running' } : { kind: 'reply', status, body }
  } catch (error) {
    return { kind: 'failed', message: messageOf(error) }
  } finally {
    socket.destroy()
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
    else socket.destroy(new Error('the server has another certificate than tls.cert'))
  })
  return socket
}

interface Exchange {
  method: string
  path: string
  headers: Record<string, string>
  withinMs: number
}

function exchanged(
  socket: Socket,
  { withinMs, ...options }: Exchange,
): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(withinMs)
  return new Promise((resolve, reject) => {
    request({ ...options, signal, createConnection: () => socket }, async (response) => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk as Buffer)
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
      } catch (error) {
        reject(error)
      }
    })
      .on('error', reject)
      .end()
  })
}

/** A reply of a receiver: a JSON object with an errcode. */
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
