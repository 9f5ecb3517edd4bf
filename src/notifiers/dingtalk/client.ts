import type { Dispatcher } from 'undici'
import type { Clock } from '../../clock.ts'
import type { Attempt } from '../../model/message.ts'
import type { Robot } from '../../model/settings.ts'
import { classifyFailure, DeadlineError } from './classify-failure.ts'
import { classifyResponse, type Reply, type Verdict } from './classify-response.ts'
import {
  connectionKey,
  credentialsOf,
  dispatcherFor,
  loadUndici,
  post,
  type Undici,
} from './connection.ts'
import { textOfReply } from './encoding.ts'
import { signedUrl } from './sign.ts'

const PASSED_BEFORE = ' Earlier messages passed without it: they contained a keyword by chance.'

/** Replaces DingTalk for sandbox robots. */
export type SandboxReply = (
  robot: Robot,
  request: { query: URLSearchParams; body: string },
  now: Date,
) => { status: number; body: string | Uint8Array; encoding?: string | undefined }

export interface ClientOptions {
  clock: Clock
  sandbox: SandboxReply
}

/** Posts to DingTalk. Connections are kept between messages, separately for each robot. */
export class DingtalkClient {
  readonly #options: ClientOptions
  /** Robots that delivered a message without configured keywords. */
  readonly #passedWithout = new Set<string>()
  readonly #connections = new Map<string, { key: string; dispatcher: Dispatcher }>()

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Posts once. Never rejects, and ends within the robot's `timeoutMs`, whatever DingTalk or a proxy does. */
  async send(robot: Robot, body: string, now: Date): Promise<Attempt> {
    const { clock } = this.#options
    const began = clock.now().getTime()
    const verdict = this.#aboutKeywords(robot, await this.#verdict(robot, body, now))
    return { ...verdict, durationMs: Math.max(0, clock.now().getTime() - began) }
  }

  /**
   * Completes a rejection for a missing keyword: names the configuration key, and mentions earlier messages that
   * passed.
   */
  #aboutKeywords({ name, keywords }: Robot, verdict: Verdict): Verdict {
    const { outcome } = verdict
    if (outcome.kind === 'delivered' && keywords.length === 0) this.#passedWithout.add(name)
    if (outcome.kind !== 'rejected' || outcome.reason !== 'keyword') return verdict
    const passed = keywords.length === 0 && this.#passedWithout.has(name) ? PASSED_BEFORE : ''
    return {
      ...verdict,
      explanation: `${verdict.explanation} The key is robots.${name}.keywords.${passed}`,
    }
  }

  /** Closes all connections; requests in progress fail. */
  async close(): Promise<void> {
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    await Promise.all(
      connections.map(({ dispatcher }) => dispatcher.destroy().catch(() => undefined)),
    )
  }

  async #verdict(robot: Robot, body: string, now: Date): Promise<Verdict> {
    const progress = { reached: false }
    const secrets: string[] = []
    try {
      const url = new URL(signedUrl(webhookOf(robot), robot.secret?.reveal(), now))
      secrets.push(...secretsOf(robot, url))
      const reply =
        robot.target.kind === 'sandbox'
          ? replyOf(this.#options.sandbox(robot, { query: url.searchParams, body }, now))
          : await this.#post(robot, { url, body, progress })
      return classifyResponse(reply, robot.expect, secrets)
    } catch (error) {
      return classifyFailure(error, { ...progress, secrets })
    }
  }

  /**
   * Posts once, and destroys the connection at the deadline. Undici's own timeouts do not suffice: it ignores them and
   * signals until a proxy has answered CONNECT, and none limits the total time of a slow body.
   */
  async #post(
    robot: Robot,
    { url, body, progress }: { url: URL; body: string; progress: { reached: boolean } },
  ): Promise<Reply> {
    const dispatcher = this.#dispatcherFor(robot, { url, undici: await loadUndici() })
    const started = (): void => {
      progress.reached = true
    }
    const ended = new AbortController()
    const deadline = this.#options.clock.sleep(robot.timeoutMs, ended.signal).then(() => {
      throw new DeadlineError(`no answer within ${robot.timeoutMs} ms`)
    })
    try {
      return await Promise.race([post(dispatcher, { url, body, started }), deadline])
    } catch (error) {
      // A connection that failed once is not reused.
      this.#drop(robot.name, dispatcher)
      throw error
    } finally {
      // Ends the sleep; its late rejection has no other handler.
      deadline.catch(() => undefined)
      ended.abort()
    }
  }

  #dispatcherFor(robot: Robot, to: { url: URL; undici: Undici }): Dispatcher {
    const key = connectionKey(robot, to.url)
    const kept = this.#connections.get(robot.name)
    if (kept?.key === key) return kept.dispatcher
    // A reload has changed the robot's settings.
    if (kept !== undefined) this.#drop(robot.name, kept.dispatcher)
    const dispatcher = dispatcherFor(robot, to)
    this.#connections.set(robot.name, { key, dispatcher })
    return dispatcher
  }

  #drop(name: string, dispatcher: Dispatcher): void {
    if (this.#connections.get(name)?.dispatcher === dispatcher) this.#connections.delete(name)
    dispatcher.destroy().catch(() => undefined)
  }
}

function replyOf({ status, body, encoding }: ReturnType<SandboxReply>): Reply {
  return { status, body: typeof body === 'string' ? body : textOfReply(body, encoding) }
}

/** A sandbox robot's name is its token. */
function webhookOf(robot: Robot): string {
  return robot.target.kind === 'webhook'
    ? robot.target.url.reveal()
    : `http://sandbox/robot/send?access_token=${encodeURIComponent(robot.name)}`
}

/** All secrets of a request, which must not appear in the recorded result of an attempt. */
function secretsOf(robot: Robot, url: URL): string[] {
  const { searchParams } = url
  const names = robot.target.kind === 'webhook' ? ['access_token', 'sign'] : ['sign']
  const parts = names.flatMap((name) => searchParams.getAll(name))
  return [
    ...parts,
    ...(robot.secret === undefined ? [] : [robot.secret.reveal()]),
    ...credentialsOf(robot),
  ]
}
