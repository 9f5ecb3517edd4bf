import { createHmac } from 'node:crypto'
import type { Robot } from '../model/settings.ts'

/** What the group was shown of one message. */
export interface SandboxMessage {
  at: Date
  robot: string
  msgtype: string
  title: string
  text: string
  mobiles: string[]
  users: string[]
  all: boolean
  uuid: string | undefined
}

interface RobotSeen {
  times: number[]
  silentUntil: number
  uuids: Set<string>
}

const MOST_SHOWN = 500
const MOST_BYTES = 20_000
const SIGNATURE_GOOD_MS = 3_600_000

/**
 * A group whose robots are as strict as DingTalk's: token, signature, keywords, size, calls in a window and the
 * penalty after one too many. It shows a repeated msgUuid once. Without I/O and without a clock of its own.
 */
export class SandboxGroup {
  readonly #shown: SandboxMessage[] = []
  readonly #seen = new Map<string, RobotSeen>()

  receive(
    robot: Robot,
    request: { query: URLSearchParams; body: string },
    now: Date,
  ): { status: number; body: string } {
    const { errcode, errmsg } = this.#judge(robot, request, now)
    return { status: 200, body: JSON.stringify({ errcode, errmsg }) }
  }

  /** Newest first. */
  shown(limit = MOST_SHOWN): SandboxMessage[] {
    return this.#shown.slice(-limit).reverse()
  }

  /** Makes a robot refuse everything until then, as after one call too many. */
  throttle(robot: string, until: Date): void {
    this.#of(robot).silentUntil = until.getTime()
  }

  #judge(
    robot: Robot,
    { query, body }: { query: URLSearchParams; body: string },
    now: Date,
  ): { errcode: number; errmsg: string } {
    if (query.get('access_token') !== robot.name)
      return { errcode: 300005, errmsg: 'token is not exist' }
    const at = now.getTime()
    const seen = this.#of(robot.name)
    const { messages, perMs, penaltyMs } = robot.limits
    seen.times = seen.times.filter((time) => time > at - perMs)
    if (at < seen.silentUntil) return TOO_FAST
    seen.times.push(at)
    if (seen.times.length > messages) {
      seen.silentUntil = at + penaltyMs
      return TOO_FAST
    }
    if (robot.secret !== undefined && !signed(query, robot.secret.reveal(), at))
      return { errcode: 310000, errmsg: '错误描述:sign not match;解决方案:请确认签名和时间戳' }
    if (Buffer.byteLength(body) > MOST_BYTES)
      return { errcode: 460101, errmsg: 'message too long, exceed 20000 bytes' }
    const message = read(body)
    if ('errcode' in message) return message
    const said = `${message.title}\n${message.text}`
    if (robot.keywords.length > 0 && !robot.keywords.some((each) => said.includes(each)))
      return {
        errcode: 310000,
        errmsg: '错误描述:关键词不匹配;解决方案:请联系群管理员查看此机器人的关键词',
      }
    const { uuid } = message
    if (uuid !== undefined && seen.uuids.has(uuid)) return OK
    if (uuid !== undefined) seen.uuids.add(uuid)
    this.#shown.push({ at: now, robot: robot.name, ...message })
    if (this.#shown.length > MOST_SHOWN) this.#shown.shift()
    return OK
  }

  #of(robot: string): RobotSeen {
    const seen = this.#seen.get(robot) ?? { times: [], silentUntil: 0, uuids: new Set<string>() }
    this.#seen.set(robot, seen)
    return seen
  }
}

const OK = { errcode: 0, errmsg: 'ok' }
const TOO_FAST = { errcode: 660026, errmsg: 'sending too many messages per minute' }

function signed(query: URLSearchParams, secret: string, at: number): boolean {
  const timestamp = Number(query.get('timestamp'))
  const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64')
  return query.get('sign') === sign && Math.abs(at - timestamp) <= SIGNATURE_GOOD_MS
}

type Read = Omit<SandboxMessage, 'at' | 'robot'>

function read(body: string): Read | { errcode: number; errmsg: string } {
  let json: Record<string, Record<string, unknown> | undefined> & {
    msgtype?: unknown
    msgUuid?: unknown
  }
  try {
    json = JSON.parse(body)
  } catch {
    return { errcode: 40035, errmsg: '缺少参数 json' }
  }
  const { msgtype } = json
  if (msgtype !== 'text' && msgtype !== 'markdown' && msgtype !== 'actionCard')
    return { errcode: 400105, errmsg: '不支持的消息类型' }
  const part = json[msgtype]
  const text = msgtype === 'text' ? part?.['content'] : part?.['text']
  const title = msgtype === 'text' ? '' : part?.['title']
  if (typeof text !== 'string' || text === '')
    return { errcode: 400403, errmsg: `miss param : ${msgtype}->text` }
  if (msgtype !== 'text' && (typeof title !== 'string' || title === ''))
    return { errcode: 400402, errmsg: `miss param : ${msgtype}->title` }
  const at = json['at'] ?? {}
  return {
    msgtype,
    title: String(title),
    text,
    mobiles: strings(at['atMobiles']),
    users: strings(at['atUserIds']),
    all: at['isAtAll'] === true,
    uuid: typeof json.msgUuid === 'string' ? json.msgUuid : undefined,
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
