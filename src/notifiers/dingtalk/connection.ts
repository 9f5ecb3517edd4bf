import type { Dispatcher } from 'undici'
import type { Robot } from '../../model/settings.ts'
import { TooMuchError } from './classify-failure.ts'
import type { Reply } from './classify-response.ts'
import { MAX_REPLY_BYTES, textOfReply } from './encoding.ts'

/** Shorter than what servers, and the boxes in between, keep open in silence. */
const KEEP_ALIVE_MS = 4_000

/** What connects. A receiver that has only robots of the sandbox never loads it. */
export const loadUndici = (): Promise<Undici> => import('undici')

export type Undici = typeof import('undici')

/** A way to a robot's webhook, directly or through its proxy; the caller closes it. */
export function dispatcherFor(
  robot: Robot,
  { url, undici: { Agent, ProxyAgent } }: { url: URL; undici: Undici },
): Dispatcher {
  const options = {
    // The caller's deadline covers these, and more than they do.
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
    // An http target is asked for in absolute form: that is for proxies which know no CONNECT.
    proxyTunnel: url.protocol === 'https:',
  })
}

/** Identifies a connection: the target's origin and the proxy with its credentials. A secret. */
export function wayOf(robot: Robot, url: URL): string {
  return `${url.origin} ${robot.proxy?.reveal() ?? ''}`
}

/** A proxy's credentials in each form in which they could be repeated. */
export function credentialsOf(robot: Robot): string[] {
  const text = robot.proxy?.reveal()
  if (text === undefined || !URL.canParse(text)) return []
  const { username, password } = new URL(text)
  const pair = `${decoded(username)}:${decoded(password)}`
  return password === '' ? [] : [decoded(password), password, Buffer.from(pair).toString('base64')]
}

/**
 * Posts JSON and reads the whole reply, of a redirect too. `started` is called when the first byte can leave for the
 * server itself. Rejects with undici's error, or TooMuchError beyond MAX_REPLY_BYTES. Heeds no deadline: a proxy that
 * is silent holds it until the dispatcher is destroyed.
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
        // Those below 200 announce the reply proper.
        read.status = status
        read.encoding = String(headers['content-encoding'] ?? '')
      },
      onResponseData(controller, chunk) {
        read.bytes += chunk.length
        if (read.bytes > MAX_REPLY_BYTES)
          controller.abort(new TooMuchError(`the reply is longer than ${MAX_REPLY_BYTES} bytes`))
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

/** Percent-encoding undone where it is one; a lone `%` is itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
