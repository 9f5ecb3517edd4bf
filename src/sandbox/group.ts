import { createHmac } from 'node:crypto'
import type { Robot } from '../model/settings.ts'
import { type ReadingRules, type Refusal, readMessage, type Shown } from './message.ts'
import {
  type Encoding,
  REPEATED,
  replyWith,
  type SandboxReply,
  THROTTLED,
  type ThrottleForm,
} from './reply.ts'

export type { SandboxReply } from './reply.ts'

/** Variants of a group's behavior that DingTalk does not document, or that a gateway may cause. */
export interface GroupOptions extends Partial<ReadingRules> {
  /** Defaults to `identity`. */
  encoding?: Encoding
  /** The reply to a used `msgUuid`: `dropped` with success (the default), `refused`, or `shown` again. */
  repeats?: 'dropped' | 'refused' | 'shown'
  /** Defaults to `code`. */
  throttled?: ThrottleForm
  /** Where a keyword counts: in title or text (the default), or only in the text. */
  keywords?: 'anywhere' | 'text'
}

/** A message as the group shows it. */
export interface SandboxMessage extends Shown {
  at: Date
  robot: string
}

/** A request to /robot/send. */
interface SandboxRequest {
  query: URLSearchParams
  body: string
}

interface RobotSeen {
  /** Instants of the calls in the window, in Unix milliseconds. */
  calls: number[]
  silentUntil: number
  uuids: Set<string>
}

/** The documented behavior, or else the most likely one. */
const DOCUMENTED: Required<GroupOptions> = {
  encoding: 'identity',
  repeats: 'dropped',
  throttled: 'code',
  keywords: 'anywhere',
  size: 'body',
  everyone: 'text',
}

const MAX_SHOWN = 500
const MAX_UUIDS = 10_000

/** DingTalk accepts a timestamp that differs by at most one hour. */
const SIGNATURE_GOOD_MS = 3_600_000

const OK = { errcode: 0, errmsg: 'ok' }
const NO_TOKEN: Refusal = { errcode: 300005, errmsg: 'token is not exist' }
const BAD_SIGN = refusedBySettings(
  '签名不匹配',
  '请确认签名和生成签名的时间戳必须都放在调用的网址中',
)
const BAD_TIMESTAMP = refusedBySettings(
  'timestamp 无效',
  '请确认时间戳与发送请求的时间相差不超过1小时',
)
const BAD_KEYWORD = refusedBySettings('关键词不匹配', '请联系群管理员查看此机器人的关键词')

/**
 * A group whose robots are as strict as DingTalk's. They check token, signature, keywords, size, the call limit and the
 * penalty. A repeated `msgUuid` is shown once, unless the options differ. No I/O, no clock.
 */
export class SandboxGroup {
  readonly #shown: SandboxMessage[] = []
  readonly #seen = new Map<string, RobotSeen>()
  readonly #options: Required<GroupOptions>

  constructor(options: GroupOptions = {}) {
    this.#options = { ...DOCUMENTED, ...options }
  }

  /** Answers one request. The robot's name is its access token. */
  receive(robot: Robot, request: SandboxRequest, now: Date): SandboxReply {
    return replyWith(this.#answer(robot, request, now), this.#options.encoding)
  }

  /** The last shown messages, at most 500, newest first. */
  shown(limit = MAX_SHOWN): SandboxMessage[] {
    return limit <= 0 ? [] : this.#shown.slice(-limit).reverse()
  }

  /** Throttles a robot until an instant; for demonstrations. */
  throttle(robot: string, until: Date): void {
    this.#seenOf(robot).silentUntil = until.getTime()
  }

  #answer(robot: Robot, { query, body }: SandboxRequest, now: Date): object {
    if (query.get('access_token') !== robot.name) return NO_TOKEN
    const seen = this.#seenOf(robot.name)
    // Refused calls count too, because DingTalk checks the rate first.
    if (isTooMany(seen, robot.limits, now.getTime())) return THROTTLED[this.#options.throttled]
    const unsigned = robot.secret && signatureFault(query, robot.secret.reveal(), now.getTime())
    if (unsigned !== undefined) return unsigned
    const message = readMessage(body, this.#options)
    if ('errcode' in message) return message
    const { title, text } = message
    const searched = this.#options.keywords === 'text' ? text : `${title}\n${text}`
    if (robot.keywords.length > 0 && !robot.keywords.some((each) => searched.includes(each)))
      return BAD_KEYWORD
    const { repeats } = this.#options
    if (isRepeat(seen, message.uuid) && repeats !== 'shown')
      return repeats === 'refused' ? REPEATED : OK
    this.#shown.push({ at: now, robot: robot.name, ...message })
    if (this.#shown.length > MAX_SHOWN) this.#shown.shift()
    return OK
  }

  #seenOf(robot: string): RobotSeen {
    const seen = this.#seen.get(robot) ?? { calls: [], silentUntil: 0, uuids: new Set<string>() }
    this.#seen.set(robot, seen)
    return seen
  }
}

/** Counts a call. A call over the limit starts the penalty, during which calls are not counted. */
function isTooMany(seen: RobotSeen, limits: Robot['limits'], at: number): boolean {
  if (at < seen.silentUntil) return true
  seen.calls = seen.calls.filter((call) => call > at - limits.perMs)
  seen.calls.push(at)
  if (seen.calls.length <= limits.messages) return false
  seen.silentUntil = at + limits.penaltyMs
  return true
}

/** Records a key; true if it was used before. Keeps the last 10,000 keys of a robot. */
function isRepeat({ uuids }: RobotSeen, uuid: string | undefined): boolean {
  if (uuid === undefined) return false
  if (uuids.has(uuid)) return true
  uuids.add(uuid)
  const [oldest] = uuids
  if (uuids.size > MAX_UUIDS && oldest !== undefined) uuids.delete(oldest)
  return false
}

function signatureFault(query: URLSearchParams, secret: string, at: number): Refusal | undefined {
  const [timestamp, ...moreTimestamps] = query.getAll('timestamp')
  const [sign, ...moreSigns] = query.getAll('sign')
  if (timestamp === undefined || sign === undefined) return BAD_SIGN
  // A webhook was pasted with its old signature.
  if (moreTimestamps.length > 0 || moreSigns.length > 0) return BAD_TIMESTAMP
  if (!(Math.abs(at - Number(timestamp)) <= SIGNATURE_GOOD_MS)) return BAD_TIMESTAMP
  const right = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64')
  return sign === right ? undefined : BAD_SIGN
}

/** DingTalk's format of 310000 since 2023. */
function refusedBySettings(fault: string, remedy: string): Refusal {
  return { errcode: 310000, errmsg: `错误描述:${fault};解决方案:${remedy};` }
}
