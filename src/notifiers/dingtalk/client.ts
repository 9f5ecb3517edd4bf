import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Attempt, Outcome } from '../../model/message.ts'
import type { Robot } from '../../model/settings.ts'
import { judge, type Reply, scrubbed, type Verdict } from './response.ts'
import { signedUrl } from './sign.ts'

/** Replies are a line; what is longer is a page of someone else's. */
const MAX_REPLY_BYTES = 256 * 1024

export type SandboxReply = (
  robot: Robot,
  request: { query: URLSearchParams; body: string },
  now: Date,
) => Reply

export interface ClientOptions {
  clock: Clock
  sandbox: SandboxReply
}

/** Posts to DingTalk. Connections are kept between messages, one robot's apart from another's. */
export class DingtalkClient {
  readonly #options: ClientOptions
  readonly #dispatchers = new Map<string, { key: string; dispatcher: Dispatcher }>()

  constructor(options: ClientOptions) {
    this.#options = options
  }

  async send(robot: Robot, body: string, now: Date): Promise<Attempt> {
    const { clock } = this.#options
    const began = clock.now().getTime()
    const verdict = await this.#verdict(robot, body, now)
    return { ...verdict, durationMs: Math.max(0, clock.now().getTime() - began) }
  }

  async close(): Promise<void> {
    const all = [...this.#dispatchers.values()]
    this.#dispatchers.clear()
    await Promise.all(all.map(({ dispatcher }) => dispatcher.destroy().catch(() => undefined)))
  }

  async #verdict(robot: Robot, body: string, now: Date): Promise<Verdict> {
    const secret = robot.secret?.reveal()
    if (robot.target.kind === 'sandbox') {
      const url = signedUrl(
        `http://sandbox/robot/send?access_token=${encodeURIComponent(robot.name)}`,
        secret,
        now,
      )
      return judge(
        this.#options.sandbox(robot, { query: url.searchParams, body }, now),
        robot.expect,
      )
    }
    try {
      const url = signedUrl(robot.target.url.reveal(), secret, now)
      return judge(await this.#post(robot, url, body), robot.expect)
    } catch (error) {
      return failed(error)
    }
  }

  /**
   * One POST with a deadline of its own: undici heeds no signal and no timeout until a proxy has answered CONNECT, so
   * the connection is torn down from outside.
   */
  async #post(robot: Robot, url: URL, body: string): Promise<Reply> {
    const dispatcher = this.#dispatcherFor(robot, url)
    const state = { connected: false }
    const ended = new AbortController()
    const deadline = this.#options.clock.sleep(robot.timeoutMs, ended.signal).then(() => {
      if (!ended.signal.aborted) this.#drop(robot.name)
      throw new DeadlineError(state.connected)
    })
    // Handled below when it comes first; otherwise nobody waits for it.
    deadline.catch(() => undefined)
    try {
      return await Promise.race([exchange(dispatcher, url, body, state), deadline])
    } catch (error) {
      // A connection that failed is not used again.
      this.#drop(robot.name)
      throw error
    } finally {
      ended.abort()
    }
  }

  #dispatcherFor(robot: Robot, url: URL): Dispatcher {
    const key = `${url.origin} ${robot.proxy?.reveal() ?? ''} ${robot.timeoutMs}`
    const kept = this.#dispatchers.get(robot.name)
    if (kept?.key === key) return kept.dispatcher
    this.#drop(robot.name)
    const dispatcher = dispatcherOf(robot, url)
    this.#dispatchers.set(robot.name, { key, dispatcher })
    return dispatcher
  }

  #drop(name: string): void {
    const kept = this.#dispatchers.get(name)
    this.#dispatchers.delete(name)
    kept?.dispatcher.destroy().catch(() => undefined)
  }
}

class DeadlineError extends Error {
  readonly connected: boolean
  constructor(connected: boolean) {
    super('no answer in time')
    this.connected = connected
  }
}

function dispatcherOf(robot: Robot, url: URL): Dispatcher {
  const times = {
    headersTimeout: robot.timeoutMs,
    bodyTimeout: robot.timeoutMs,
    connectTimeout: robot.timeoutMs,
    maxResponseSize: MAX_REPLY_BYTES,
    connections: 1,
    // Shorter than what servers and middleboxes keep open in silence.
    keepAliveTimeout: 4_000,
  }
  if (robot.proxy === undefined) return new Agent(times)
  const proxy = new URL(robot.proxy.reveal())
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return new ProxyAgent({
    ...times,
    uri: proxy.origin,
    ...(credentials === ':'
      ? {}
      : { token: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    // An http target is asked of the proxy in absolute form: for proxies that know no CONNECT.
    proxyTunnel: url.protocol === 'https:',
  })
}

async function exchange(
  dispatcher: Dispatcher,
  url: URL,
  body: string,
  state: { connected: boolean },
): Promise<Reply> {
  const connected = (): void => {
    state.connected = true
  }
  dispatcher.once('connect', connected)
  try {
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body,
    })
    state.connected = true
    return { status: response.statusCode, body: await response.body.text() }
  } finally {
    dispatcher.off('connect', connected)
  }
}

const NOT_SENT_CODES = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** A failure to exchange anything, as a value. */
function failed(error: unknown): Verdict {
  const { outcome, words } = sorted(error)
  return {
    outcome,
    result: outcome.reason,
    httpStatus: undefined,
    errcode: undefined,
    errmsg: scrubbed(messageOf(error)).slice(0, 500),
    words,
  }
}

function sorted(error: unknown): {
  outcome: Extract<Outcome, { kind: 'retryable' }>
  words: string
} {
  const retryable = (
    reason: 'timeout' | 'network' | 'proxy' | 'tls',
    reached: boolean,
  ): Extract<Outcome, { kind: 'retryable' }> => ({
    kind: 'retryable',
    reason,
    reached,
    bounded: false,
  })
  const code = codeOf(error)
  const message = messageOf(error)
  if (error instanceof DeadlineError)
    return {
      outcome: retryable('timeout', error.connected),
      words:
        'There was no answer in time; it is tried again. Check the network and the proxy between here and DingTalk.',
    }
  if (/Proxy response|proxy/i.test(message) && !NOT_SENT_CODES.has(code))
    return {
      outcome: retryable('proxy', false),
      words: `The proxy refused the connection (${scrubbed(message).slice(0, 120)}); it is tried again. Check \`proxy\` of the robot and its password.`,
    }
  if (
    /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/.test(code)
  )
    return {
      outcome: retryable('tls', false),
      words: `TLS to DingTalk failed (${code}); it is tried again. Check what stands between here and DingTalk, and the certificates this machine trusts.`,
    }
  return {
    outcome: retryable(
      code === 'UND_ERR_HEADERS_TIMEOUT' ||
        code === 'UND_ERR_BODY_TIMEOUT' ||
        code === 'UND_ERR_CONNECT_TIMEOUT'
        ? 'timeout'
        : 'network',
      !NOT_SENT_CODES.has(code),
    ),
    words: `The connection failed (${code || scrubbed(message).slice(0, 120)}); it is tried again. Check the network between here and DingTalk.`,
  }
}

/** The code of an error or of what caused it. */
function codeOf(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { code?: unknown }
    if (typeof code === 'string' && code !== 'UND_ERR') return code
    if (each instanceof AggregateError) return codeOf(each.errors[0])
  }
  return ''
}
