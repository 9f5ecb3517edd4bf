import type { Attempt } from '../../model/message.ts'
import type { Expectation } from '../../model/settings.ts'
import { ERROR_CODES, type ErrorCodeName, errorCodeOf, resultOf } from './error-codes.ts'
import { excerpt, redacted } from './redact.ts'

/** What a webhook answered. */
export interface Reply {
  status: number
  body: string
}

/** An attempt without the time it took. */
export type Verdict = Omit<Attempt, 'durationMs'>

/** Larger ones are nobody's code, and fit in no column of integers. */
const MAX_CODE = 2 ** 31 - 1

/** DingTalk's code for all of a robot's security settings; its text names the one that refused. */
const SECURITY_CODE = 310000

/** Texts of 310000 in their generations, English and Chinese; the first that matches, so what is plain comes first. */
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
 * That the key of a message was used already. What /robot/send answers to a repeat is not documented; other APIs of
 * DingTalk say duplicateClientToken and idempotencyProcessing (幂等请求处理中).
 */
const REPEATED = /duplicat|idempot|重[复複]|[幂冪]等/i

/** Of unknown codes; too long before throttled, since it says `exceed` as well. */
const OTHER_TEXTS: readonly [RegExp, ErrorCodeName][] = [
  [REPEATED, 'repeated'],
  [/exceed \d+ ?bytes|too long|20000 ?bytes|大小不合法/i, 'too_long'],
  [/too fast|too many|exceed \d+ times|frequency|限流|太快/i, 'throttled'],
  [/token is not exist|access_token ?不存在/i, 'token'],
  [/机器人(?:已停用|不存在)|群已被解散/, 'group'],
  [/over limit|调用量已超过限制/i, 'quota'],
]

/** The limiter of a public address answers without a code, as JSON or as a page (DingTalk: 10,000 calls in 20 s). */
const ADDRESS_LIMITER =
  /status(?:["']|&quot;)?\s*[:=]\s*(?:["']|&quot;)?1111\b|punish(?:["']|&quot;)?\s*[:=]\s*(?:["']|&quot;)?deny\b|_____tmd_____/i

/** The mixed form of old replies names the limit of the robot itself beside 1111. */
const ROBOT_LIMITER = new RegExp(
  `errcode(?:["']|&quot;)?\\s*[:=]\\s*(?:["']|&quot;)?(?:${ERROR_CODES.throttled.codes.join('|')})\\b`,
)

interface Read extends Reply {
  json: Readonly<Record<string, unknown>> | undefined
  errcode: number | undefined
  /** The reply's own words. */
  said: string
}

/**
 * The one judgement on a reply: whether it is a success, and if not, what it means and what to do. `secrets` are kept
 * out of what is quoted from it.
 */
export function classifyResponse(
  { status, body }: Reply,
  expect: Expectation,
  secrets: readonly string[] = [],
): Verdict {
  const text = body.trim()
  const json = objectIn(text)
  const own = json?.['errmsg'] ?? json?.['message']
  const said = typeof own === 'string' ? own : text
  const read = { status, body: text, json, errcode: codeIn(json?.['errcode']), said }
  const name = meaningOf(read, expect)
  const { outcome, words } = ERROR_CODES[name]
  return {
    outcome,
    result: resultOf(outcome),
    httpStatus: status,
    errcode: read.errcode,
    errmsg: excerpt(redacted(said, secrets)),
    words: `${prefixOf(name, read)}${words}`,
  }
}

/** The operator's own check of a reply that DingTalk's code calls a success. */
function isExpected({ status, body, json }: Read, expect: Expectation): boolean {
  if (expect.kind === 'status') return status === expect.status
  if (expect.kind === 'regex') return expect.pattern.matches(body)
  return json !== undefined && Object.entries(expect.subset).every((each) => isIn(json, each))
}

/** DingTalk's own example shows errcode as a text, its table as a number. */
function isIn(json: Readonly<Record<string, unknown>>, [key, wanted]: [string, unknown]): boolean {
  if (!Object.hasOwn(json, key)) return false
  const code = key === 'errcode' ? codeIn(json[key]) : undefined
  return holds(json[key], wanted) || (code !== undefined && code === codeIn(wanted))
}

/** Whether a value has everything that is wanted of it, of the same type; lists are compared whole. */
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

/** DingTalk's own code decides first; `expect` can only refuse what that calls a success. */
function meaningOf(read: Read, expect: Expectation): ErrorCodeName {
  const { status, body, json, errcode, said } = read
  if (status >= 300 && status < 400) return 'redirect'
  const isGood = status >= 200 && status <= 299
  if (errcode === 0 && isGood) return isExpected(read, expect) ? 'delivered' : 'unverified'
  if (errcode !== undefined && errcode !== 0) {
    const meaning = meaningOfError(errcode, said)
    if (meaning !== undefined) return meaning
  }
  if (ADDRESS_LIMITER.test(body))
    return ROBOT_LIMITER.test(body) ? 'throttled' : 'address_throttled'
  // The newer APIs have a text for a code.
  if (errcode === undefined && json !== undefined && REPEATED.test(`${json['code']} ${said}`))
    return 'repeated'
  if (status === 429) return 'throttled'
  if (status >= 500) return 'server_error'
  if (status === 408) return 'gave_up_waiting'
  if (errcode === 0) return 'unverified'
  if (errcode !== undefined) return 'unknown'
  if (status === 407 || status === 403) return 'refused_on_the_way'
  if (!isGood) return 'unknown'
  return json === undefined ? 'unreadable' : 'unknown'
}

function meaningOfError(errcode: number, said: string): ErrorCodeName | undefined {
  const texts = errcode === SECURITY_CODE ? SECURITY_TEXTS : OTHER_TEXTS
  // One code for a missing token and for a body that is not JSON.
  if (errcode === 40035 && /access_token/.test(said)) return 'token'
  const known = errorCodeOf(errcode)
  if (known !== undefined && errcode !== SECURITY_CODE) return known
  return texts.find(([pattern]) => pattern.test(said))?.[1] ?? known
}

/** Texts that distinguish replies with the same code. */
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

/** A whole number, also one written as a text; nothing else is a code, so that `""` or `false` never reads as 0. */
function codeIn(value: unknown): number | undefined {
  const code = typeof value === 'string' && /^\s*-?\d{1,10}\s*$/.test(value) ? Number(value) : value
  if (typeof code !== 'number' || !Number.isInteger(code)) return undefined
  return Math.abs(code) > MAX_CODE ? undefined : code
}
