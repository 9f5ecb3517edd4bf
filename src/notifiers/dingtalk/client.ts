import type { Dispatcher } from 'undici'
import type { Clock } from '../../clock.ts'
import type { Attempt } from '../../model/message.ts'
import type { Robot } from '../../model/settings.ts'
import { classifyFailure, DeadlineError } from './classify-failure.ts'
import { classifyResponse, type Reply, type Verdict } from './classify-response.ts'
import { credentialsOf, dispatcherFor, loadUndici, post, type Undici, wayOf } from './connection.ts'
import { textOfReply } from './encoding.ts'
import { signedUrl } from './sign.ts'

const PASSED_BEFORE = ' Earlier messages passed without it: they held a keyword by chance.'

/** What stands in for DingTalk for robots of the sandbox. */
export type SandboxReply = (
  robot: Robot,
  request: { query: URLSearchParams; body: string },
  now: Date,
) => { status: number; body: string | Uint8Array; encoding?: string | undefined }

export interface ClientOptions {
  clock: Clock
  sandbox: SandboxReply
}

/** Posts to DingTalk. Connections are kept between messages, one robot's apart from another's. */
export class DingtalkClient {
  readonly #options: ClientOptions
  /** Robots that took a message though no keywords are set. */
  readonly #passedWithout = new Set<string>()
  readonly #ways = new Map<string, { way: string; dispatcher: Dispatcher }>()

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Posts once. Never rejects, and ends within the robot's `timeoutMs`, whatever the peer or a proxy does. */
  async send(robot: Robot, body: string, now: Date): Promise<Attempt> {
    const { clock } = this.#options
    const began = clock.now().getTime()
    const verdict = this.#aboutKeywords(robot, await this.#verdict(robot, body, now))
    return { ...verdict, durationMs: Math.max(0, clock.now().getTime() - began) }
  }

  /** A refusal for want of a keyword names the key to set, and says when none was needed so far. */
  #aboutKeywords({ name, keywords }: Robot, verdict: Verdict): Verdict {
    const { outcome } = verdict
    if (outcome.kind === 'delivered' && keywords.length === 0) this.#passedWithout.add(name)
    if (outcome.kind !== 'rejected' || outcome.reason !== 'keyword') return verdict
    const passed = keywords.length === 0 && this.#passedWithout.has(name) ? PASSED_BEFORE : ''
    return { ...verdict, words: `${verdict.words} The key is robots.${name}.keywords.${passed}` }
  }

  /** Gives up all connections; what is under way fails. */
  async close(): Promise<void> {
    const ways = [...this.#ways.values()]
    this.#ways.clear()
    await Promise.all(ways.map(({ dispatcher }) => dispatcher.destroy().catch(() => undefined)))
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
   * One POST with a deadline from outside: undici heeds no signal and no timeout until a proxy has answered CONNECT,
   * and none for a body that drips, so the connection is torn down.
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
      // What failed once is not used again.
      this.#drop(robot.name, dispatcher)
      throw error
    } finally {
      // Wakes the sleeper, whose error then nobody waits for.
      deadline.catch(() => undefined)
      ended.abort()
    }
  }

  #dispatcherFor(robot: Robot, to: { url: URL; undici: Undici }): Dispatcher {
    const way = wayOf(robot, to.url)
    const kept = this.#ways.get(robot.name)
    if (kept?.way === way) return kept.dispatcher
    // After a reload that changed the robot.
    if (kept !== undefined) this.#drop(robot.name, kept.dispatcher)
    const dispatcher = dispatcherFor(robot, to)
    this.#ways.set(robot.name, { way, dispatcher })
    return dispatcher
  }

  #drop(name: string, dispatcher: Dispatcher): void {
    if (this.#ways.get(name)?.dispatcher === dispatcher) this.#ways.delete(name)
    dispatcher.destroy().catch(() => undefined)
  }
}

function replyOf({ status, body, encoding }: ReturnType<SandboxReply>): Reply {
  return { status, body: typeof body === 'string' ? body : textOfReply(body, encoding) }
}

/** A robot of the sandbox has its name for a token. */
function webhookOf(robot: Robot): string {
  return robot.target.kind === 'webhook'
    ? robot.target.url.reveal()
    : `http://sandbox/robot/send?access_token=${encodeURIComponent(robot.name)}`
}

/** Everything of a request that must not be repeated in an error or a list. */
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
