import type { Attempt } from '../../model/message.ts'
import type { Expectation } from '../../model/settings.ts'
import { ERROR_CODES, type ErrorCodeName, errorCodeOf, resultOf } from './error-codes.ts'
import { excerpt, redacted } from './redact.ts'

/** The reply of a webhook. */
export interface Reply {
  status: number
  body: string
}

/** An attempt without its duration. */
export type Verdict = Omit<Attempt, 'durationMs'>

/** Larger values are not error codes and would overflow an INTEGER column. */
const MAX_CODE = 2 ** 31 - 1

/** DingTalk's code for all of a robot's security settings; the text names the setting. */
const SECURITY_CODE = 310000

/** Texts of 310000, old and new, in English and Chinese. The first match wins, so specific patterns come first. */
const SECURITY_TEXTS: readonly [RegExp, ErrorCodeName][] = [
  [/keywords? not in|关键词不匹配/i, 'keyword'],
  [/sign not match|签名不匹配/i, 'signature'],
  [/white ?list|白名单/i, 'ip_list'],
  [/timestamp|签名过期|时间戳/i, 'timestamp'],
  [/keyword|关键词/i, 'keyword'],
  [/sign|签名/i, 'signature'],
  [/\bip\b/i, 'ip_list'],
]

/**
 * Texts for a message key that was already used. DingTalk does not document how /robot/send replies to a repeat; its
 * other APIs reply duplicateClientToken and idempotencyProcessing (幂等请求处理中).
 */
const REPEATED = /duplicat|idempot|重[复複]|[幂冪]等/i

/** Texts for unknown codes. The first match wins. */
const OTHER_TEXTS: readonly [RegExp, ErrorCodeName][] = [
  [REPEATED, 'repeated'],
  [/exceed \d+ ?bytes|too long|20000 ?bytes|大小不合法/i, 'too_long'],
  [/too fast|too many|exceed \d+ times|frequency|限流|太快/i, 'throttled'],
  [/token is not exist|access_token ?不存在/i, 'token'],
  [/机器人(?:已停用|不存在)|群已被解散/, 'group'],
  [/over limit|调用量已超过限制/i, 'quota'],
]

/** The limiter of a public address replies without a code, in JSON or HTML (DingTalk: 10,000 calls in 20 s). */
const ADDRESS_LIMITER =
  /status(?:["']|&quot;)?\s*[:=]\s*(?:["']|&quot;)?1111\b|punish(?:["']|&quot;)?\s*[:=]\s*(?:["']|&quot;)?deny\b|_____tmd_____/i

/** Old replies contain 1111 beside the code of the robot's own limit, which takes precedence. */
const ROBOT_LIMITER = new RegExp(
  `errcode(?:["']|&quot;)?\\s*[:=]\\s*(?:["']|&quot;)?(?:${ERROR_CODES.throttled.codes.join('|')})\\b`,
)

interface Read extends Reply {
  json: Readonly<Record<string, unknown>> | undefined
  errcode: number | undefined
  /** The text of the reply's `errmsg` or `message`, else the whole body. */
  message: string
}

/** Classifies a reply: success or failure, its meaning and what to do. `secrets` are removed from the quoted text. */
export function classifyResponse(
  { status, body }: Reply,
  expect: Expectation,
  secrets: readonly string[] = [],
): Verdict {
  const text = body.trim()
  const json = objectIn(text)
  const own = json?.['errmsg'] ?? json?.['message']
  const message = typeof own === 'string' ? own : text
  const read = { status, body: text, json, errcode: codeIn(json?.['errcode']), message }
  const name = meaningOf(read, expect)
  const { outcome, explanation } = ERROR_CODES[name]
  return {
    outcome,
    result: resultOf(outcome),
    httpStatus: status,
    errcode: read.errcode,
    errmsg: excerpt(redacted(message, secrets)),
    explanation: `${prefixOf(name, read)}${explanation}`,
  }
}

/** Checks a reply that has DingTalk's code for success against the robot's `expect`. */
function isExpected({ status, body, json }: Read, expect: Expectation): boolean {
  if (expect.kind === 'status') return status === expect.status
  if (expect.kind === 'regex') return expect.pattern.matches(body)
  return json !== undefined && Object.entries(expect.subset).every((each) => isIn(json, each))
}

/** `errcode` may be a text or a number: DingTalk's own example and its table differ. */
function isIn(json: Readonly<Record<string, unknown>>, [key, wanted]: [string, unknown]): boolean {
  if (!Object.hasOwn(json, key)) return false
  const code = key === 'errcode' ? codeIn(json[key]) : undefined
  return holds(json[key], wanted) || (code !== undefined && code === codeIn(wanted))
}

/** Whether a value contains everything in `wanted`, with equal types; lists must be equal. */
function holds(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return value === wanted
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(wanted) || Array.isArray(value))
    return (
      Array.isArray(wanted) &&
      Array.isArray(value) &&
      wanted.length === value.length &&
      wanted.every((each, index) => holds(value[index], each))
    )
  return Object.entries(wanted).every(
    ([key, each]) => Object.hasOwn(value, key) && holds(Reflect.get(value, key), each),
  )
}

/** DingTalk's own code decides first; `expect` can only reject a success. */
function meaningOf(read: Read, expect: Expectation): ErrorCodeName {
  const { status, body, json, errcode, message } = read
  if (status >= 300 && status < 400) return 'redirect'
  const isGood = status >= 200 && status <= 299
  if (errcode === 0 && isGood) return isExpected(read, expect) ? 'delivered' : 'unverified'
  if (errcode !== undefined && errcode !== 0) {
    const meaning = meaningOfError(errcode, message)
    if (meaning !== undefined) return meaning
  }
  if (ADDRESS_LIMITER.test(body))
    return ROBOT_LIMITER.test(body) ? 'throttled' : 'address_throttled'
  // DingTalk's newer APIs use texts as codes.
  if (errcode === undefined && json !== undefined && REPEATED.test(`${json['code']} ${message}`))
    return 'repeated'
  if (status === 429) return 'throttled'
  if (status >= 500) return 'server_error'
  if (status === 408) return 'request_timeout'
  if (errcode === 0) return 'unverified'
  if (errcode !== undefined) return 'unknown'
  if (status === 407 || status === 403) return 'refused_by_proxy'
  if (!isGood) return 'unknown'
  return json === undefined ? 'unreadable' : 'unknown'
}

function meaningOfError(errcode: number, message: string): ErrorCodeName | undefined {
  const texts = errcode === SECURITY_CODE ? SECURITY_TEXTS : OTHER_TEXTS
  // DingTalk uses one code for a missing token and for a body that is not JSON.
  if (errcode === 40035 && /access_token/.test(message)) return 'token'
  const known = errorCodeOf(errcode)
  if (known !== undefined && errcode !== SECURITY_CODE) return known
  return texts.find(([pattern]) => pattern.test(message))?.[1] ?? known
}

/** A prefix that distinguishes replies with the same explanation. */
function prefixOf(name: ErrorCodeName, { status, errcode }: Read): string {
  if (name === 'unknown' && errcode !== undefined) return `Code ${errcode}. `
  return status < 200 || status > 299 ? `HTTP ${status}. ` : ''
}

function objectIn(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** An integer, also one written as a text. Any other value is not a code, so that `""` or `false` never count as 0. */
function codeIn(value: unknown): number | undefined {
  const code = typeof value === 'string' && /^\s*-?\d{1,10}\s*$/.test(value) ? Number(value) : value
  if (typeof code !== 'number' || !Number.isInteger(code)) return undefined
  return Math.abs(code) > MAX_CODE ? undefined : code
}
