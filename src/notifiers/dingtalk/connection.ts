import type { Dispatcher } from 'undici'
import type { Robot } from '../../model/settings.ts'
import { ReplyTooLongError } from './classify-failure.ts'
import type { Reply } from './classify-response.ts'
import { MAX_REPLY_BYTES, textOfReply } from './encoding.ts'

/** Shorter than the idle timeouts of servers and of devices in between. */
const KEEP_ALIVE_MS = 4_000

/** Loads the HTTP client. A receiver with sandbox robots only never needs it. */
export const loadUndici = (): Promise<Undici> => import('undici')

export type Undici = typeof import('undici')

/** A connection to a robot's webhook, directly or through its proxy; the caller closes it. */
export function dispatcherFor(
  robot: Robot,
  { url, undici: { Agent, ProxyAgent } }: { url: URL; undici: Undici },
): Dispatcher {
  const options = {
    // The caller's deadline replaces these timeouts.
    connectTimeout: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    connections: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  }
  if (robot.proxy === undefined) return new Agent({ ...options, allowH2: false })
  const proxy = new URL(robot.proxy.reveal())
  const credentials = `${decoded(proxy.username)}:${decoded(proxy.password)}`
  return new ProxyAgent({
    ...options,
    uri: proxy.origin,
    ...(credentials === ':'
      ? {}
      : { token: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    requestTls: { allowH2: false },
    // An http target is requested in absolute form, for proxies that do not support CONNECT.
    proxyTunnel: url.protocol === 'https:',
  })
}

/** Identifies a connection: the target's origin and the proxy with its credentials. A secret. */
export function connectionKey(robot: Robot, url: URL): string {
  return `${url.origin} ${robot.proxy?.reveal() ?? ''}`
}

/** A proxy's credentials in every form in which an error could quote them. */
export function credentialsOf(robot: Robot): string[] {
  const text = robot.proxy?.reveal()
  if (text === undefined || !URL.canParse(text)) return []
  const { username, password } = new URL(text)
  const pair = `${decoded(username)}:${decoded(password)}`
  return password === '' ? [] : [decoded(password), password, Buffer.from(pair).toString('base64')]
}

/**
 * Posts JSON and reads the whole reply, even of a redirect. `started` is called when the first byte can leave for the
 * server itself. Rejects with undici's error, or with ReplyTooLongError beyond MAX_REPLY_BYTES. Has no deadline: a
 * silent proxy blocks it until the dispatcher is destroyed.
 */
export function post(
  dispatcher: Dispatcher,
  { url, body, started }: { url: URL; body: string; started: () => void },
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const chunks: Buffer[] = []
  const read = { status: 0, bytes: 0, encoding: '' }
  dispatcher.dispatch(
    {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'accept-encoding': 'identity',
      },
      body,
    },
    {
      onRequestStart: started,
      onResponseStart(_controller, status, headers) {
        // A status below 200 only announces the final reply.
        read.status = status
        read.encoding = String(headers['content-encoding'] ?? '')
      },
      onResponseData(controller, chunk) {
        read.bytes += chunk.length
        if (read.bytes > MAX_REPLY_BYTES) controller.abort(new ReplyTooLongError(MAX_REPLY_BYTES))
        else chunks.push(chunk)
      },
      onResponseEnd() {
        try {
          resolve({ status: read.status, body: textOfReply(Buffer.concat(chunks), read.encoding) })
        } catch (error) {
          reject(error)
        }
      },
      onResponseError: (_controller, error) => reject(error),
    },
  )
  return promise
}

/** Decodes percent-encoding; leaves a text with a lone `%` unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
