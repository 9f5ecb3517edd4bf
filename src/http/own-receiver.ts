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
  /** Nobody listens there, or somebody who answers like no receiver. */
  | { kind: 'nobody' }
  /** Something listens there and cannot be talked to, or does not answer. */
  | { kind: 'failed'; words: string }

/**
 * Asks the receiver that runs with these settings, on this machine, as its administrator. Over TLS only the certificate
 * of the settings is taken, and the token is not sent before that is known.
 */
export async function askOwnReceiver(settings: Own, asking: Asking): Promise<OwnReply> {
  for (const address of addressesOf(settings)) {
    const reply = await askAt(address, settings, asking)
    if (reply.kind !== 'answer') return reply
    const body = objectIn(reply.text)
    if (body !== undefined) return { kind: 'reply', status: reply.status, body }
  }
  return { kind: 'nobody' }
}

export type Readiness = { isReady: boolean; words: string }

/** Asks the receiver that runs with these settings, on this machine, whether it takes alerts; with words for a person. */
export async function askReadiness(settings: Own): Promise<Readiness> {
  const { host, port } = settings.listen
  for (const address of addressesOf(settings)) {
    const reply = await askAt(address, settings, READINESS)
    if (reply.kind === 'failed') return { isReady: false, words: reply.words }
    if (reply.kind === 'nobody') continue
    const words = reply.text.trim().slice(0, 200)
    if (reply.status === 200 && words === 'OK') return { isReady: true, words: 'ready' }
    if (reply.status === 503) return { isReady: false, words: 'not ready' }
    return { isReady: false, words: `HTTP ${reply.status}: ${wordsIn(words)}` }
  }
  return { isReady: false, words: `no receiver answers at ${host}:${port}` }
}

const READINESS: Asking = { method: 'GET', path: '/-/ready', withinMs: 3_000 }

function wordsIn(text: string): string {
  return String(objectIn(text)?.['errmsg'] ?? text.replace(/\s+/g, ' '))
}

type Own = Pick<Settings, 'access' | 'listen' | 'store'>

interface Asking {
  method: 'GET' | 'POST'
  path: string
  withinMs: number
}

async function askAt(
  address: Settings['listen'],
  settings: Pick<Settings, 'access'>,
  { method, path, withinMs }: Asking,
): Promise<
  Exclude<OwnReply, { kind: 'reply' }> | { kind: 'answer'; status: number; text: string }
> {
  let socket: Socket
  try {
    socket = await connected(address, settings.access.tls)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED' || code === 'EADDRNOTAVAIL') return { kind: 'nobody' }
    return { kind: 'failed', words: messageOf(error) }
  }
  try {
    const { status, text } = await exchanged(socket, {
      method,
      path,
      withinMs,
      headers: {
        Host: `127.0.0.1:${address.port}`,
        'Content-Length': '0',
        Connection: 'close',
        ...credentialsOf(settings.access),
      },
    })
    return { kind: 'answer', status, text }
  } catch (error) {
    return { kind: 'failed', words: messageOf(error) }
  } finally {
    socket.destroy()
  }
}

/** The administrator's token; without one what a sender shows, which is enough where `admin.protect` closes a page. */
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
    const late = (): void => void socket.destroy(new Error('it gives no answer'))
    connectedBy.addEventListener('abort', late)
    socket.once('error', reject)
    socket.once(tls === undefined ? 'connect' : 'known', () => {
      connectedBy.removeEventListener('abort', late)
      resolve(socket)
    })
  })
}

/** A connection that emits `known` once who answers has shown the certificate, and ends when that is another. */
function pinned(to: { host: string; port: number }, { cert, key }: Tls): Socket {
  const { raw } = new X509Certificate(cert)
  // Where client_ca is set, the receiver's own certificate may be one of it.
  const options = { ...to, cert, key: key.reveal(), rejectUnauthorized: false }
  const socket = connectTls(options, () => {
    if (socket.getPeerCertificate().raw.equals(raw)) socket.emit('known')
    else socket.destroy(new Error('who listens there shows another certificate than tls.cert'))
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

/** A receiver's replies are JSON objects. */
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
