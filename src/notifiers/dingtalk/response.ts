import type { Attempt, Outcome } from '../../model/message.ts'
import type { Expectation } from '../../model/settings.ts'

export interface Reply {
  status: number
  body: string
}

export type Verdict = Pick<
  Attempt,
  'outcome' | 'result' | 'httpStatus' | 'errcode' | 'errmsg' | 'words'
>

interface Meaning {
  outcome: Outcome
  result: string
  words: string
}

const LONGEST_ERRMSG = 500

function rejected(
  reason: Extract<Outcome, { kind: 'rejected' }>['reason'],
  words: string,
): Meaning {
  return { outcome: { kind: 'rejected', reason }, result: reason, words }
}

function retryable(
  reason: Extract<Outcome, { kind: 'retryable' }>['reason'],
  words: string,
  { reached = true, bounded = false } = {},
): Meaning {
  return { outcome: { kind: 'retryable', reason, reached, bounded }, result: reason, words }
}

const THROTTLED: Meaning = {
  outcome: { kind: 'throttled', scope: 'robot' },
  result: 'throttled',
  words:
    'DingTalk throttles this robot (20 messages a minute): it rests for the penalty, then what waited goes out. Another program may use the same robot.',
}
const ADDRESS_THROTTLED: Meaning = {
  outcome: { kind: 'throttled', scope: 'address' },
  result: 'throttled',
  words:
    'DingTalk refuses everything from this address (10,000 calls in 20 s): all robots behind it rest. Find what else calls DingTalk from there.',
}
const BUSY = retryable('busy', 'DingTalk is busy; it is tried again.')
const TOKEN = rejected(
  'token',
  "DingTalk does not know this access token: the robot was removed, or the webhook is wrong. Copy the webhook from the robot's settings again.",
)
const GROUP = rejected(
  'group',
  "The robot is stopped or gone from its group, or the group was dissolved. Start it in the group's settings, or add a new one.",
)
const QUOTA = rejected(
  'quota',
  "The monthly quota of DingTalk calls is used up, of the organisation or by an administrator's cap on this robot. Raise it in the DingTalk console; set quota.monthly or the robot's monthly here.",
)
const CONTENT = rejected(
  'content',
  "DingTalk's content moderation refuses this text or a link in it. Change the template, or what the alert says.",
)
const REQUEST = rejected(
  'request',
  'DingTalk does not understand the request. This is a fault of the receiver or of a proxy that changes it.',
)
const TOO_LONG: Meaning = {
  outcome: { kind: 'too_long' },
  result: 'too_long',
  words: 'DingTalk finds the message too long (20,000 bytes).',
}
const KEYWORD = rejected(
  'keyword',
  "The message holds none of the robot's custom keywords. Set `keywords` of the robot to what stands in its security settings.",
)
const SIGNATURE = rejected(
  'signature',
  'The signature does not match. Set `secret` of the robot to the SEC… string in its security settings.',
)
const TIMESTAMP = rejected(
  'signature',
  "DingTalk finds the signature's time more than an hour off. Set the clock of this machine.",
)
const WHITELIST = rejected(
  'address',
  "This address is not in the robot's IP list. Add the public address of this machine, or of its proxy, in the robot's security settings.",
)
const SECURITY = rejected(
  'signature',
  "The robot's security settings refuse the message: check keywords, secret and IP list against them.",
)

/** What DingTalk's codes mean for us; codes of several generations, old and new (reference: open.dingtalk.com, seen replies). */
export const CODES: Readonly<Record<number, Meaning>> = {
  [-1]: BUSY,
  660026: THROTTLED,
  410100: THROTTLED,
  130101: THROTTLED,
  1111: ADDRESS_THROTTLED,
  90002: BUSY,
  90018: BUSY,
  90020: QUOTA,
  90030: QUOTA,
  300001: TOKEN,
  300005: TOKEN,
  400101: TOKEN,
  400102: GROUP,
  400106: GROUP,
  400013: GROUP,
  40035: REQUEST,
  43002: REQUEST,
  43004: REQUEST,
  400105: REQUEST,
  400201: REQUEST,
  400401: REQUEST,
  400402: REQUEST,
  400403: REQUEST,
  400602: REQUEST,
  22: REQUEST,
  404: REQUEST,
  88: TOKEN,
  430101: CONTENT,
  430102: CONTENT,
  430103: CONTENT,
  430104: CONTENT,
  460101: TOO_LONG,
  101002: TOO_LONG,
}

/** The texts by which 310000, the code of all security settings, tells which one refused. */
const SECURITY_TEXTS: readonly [RegExp, Meaning][] = [
  [/keyword|关键词/i, KEYWORD],
  [/timestamp|签名过期/i, TIMESTAMP],
  [/sign|签名/i, SIGNATURE],
  [/whitelist|white list|白名单|\bip\b/i, WHITELIST],
]

const THROTTLE_TEXT = /too fast|too many|exceed \d+ times|frequency|限流|太快/i
const TOO_LONG_TEXT = /exceed \d+ ?bytes|too long|20000 ?bytes/i

const DELIVERED: Meaning = {
  outcome: { kind: 'delivered' },
  result: 'ok',
  words: 'DingTalk accepted the message.',
}

/** The one judgement on a reply: whether it is a success, and if not, what it means and what to do. */
export function judge({ status, body }: Reply, expect: Expectation): Verdict {
  const text = body.trim()
  const json = objectIn(text)
  const errcode = numberIn(json?.['errcode'])
  const errmsg = errmsgOf(json, text)
  const meaning = isExpected({ status, text, json }, expect)
    ? DELIVERED
    : meaningOf({ status, text, json, errcode })
  return { ...meaning, httpStatus: status, errcode, errmsg }
}

interface Read extends Reply {
  text: string
  json: Record<string, unknown> | undefined
  errcode: number | undefined
}

function isExpected(
  { status, text, json }: Pick<Read, 'status' | 'text' | 'json'>,
  expect: Expectation,
): boolean {
  switch (expect.kind) {
    case 'status':
      return status === expect.status
    case 'regex':
      return status >= 200 && status < 300 && expect.pattern.matches(text)
    case 'json':
      return status >= 200 && status < 300 && json !== undefined && holds(json, expect.subset)
  }
}

/** Whether a value has everything that is wanted of it, as OCP's response verification compares. */
function holds(value: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)) {
    if (typeof value !== 'object' || value === null) return false
    return Object.entries(wanted).every(([key, each]) =>
      // DingTalk's own example shows errcode as a string, its table as a number.
      key === 'errcode'
        ? Number((value as Record<string, unknown>)[key] ?? Number.NaN) === Number(each)
        : holds((value as Record<string, unknown>)[key], each),
    )
  }
  return JSON.stringify(value) === JSON.stringify(wanted)
}

function meaningOf({ status, text, json, errcode }: Omit<Read, 'body'>): Meaning {
  if (
    numberIn(json?.['status']) === 1111 ||
    json?.['punish'] === 'deny' ||
    /"status"\s*:\s*1111/.test(text)
  )
    return ADDRESS_THROTTLED
  if (errcode !== undefined && errcode !== 0) return meaningOfCode(errcode, text)
  if (status === 429) return THROTTLED
  if (status >= 300 && status < 400)
    return rejected(
      'redirect',
      'The webhook leads elsewhere; redirects are not followed, since they would carry the token away. Set the webhook to its final address.',
    )
  if (status >= 500)
    return retryable('server_error', `The server answered HTTP ${status}; it is tried again.`)
  if (status === 407 || status === 403)
    return retryable(
      'proxy',
      `The answer was HTTP ${status}, probably from a proxy: check the proxy and its password.`,
      { bounded: true },
    )
  if (status === 408) return retryable('timeout', 'The server gave up waiting; it is tried again.')
  if (status >= 400)
    return retryable('unknown', `The answer was HTTP ${status}.`, { bounded: true })
  if (json === undefined)
    return retryable(
      'unreadable',
      "The answer is not DingTalk's, probably a page of a proxy or of its limiter; it is tried again.",
    )
  if (errcode === 0)
    return rejected(
      'verification',
      'DingTalk accepted it, but the answer is not what `expect` of the robot asks for.',
    )
  return retryable('unknown', 'The answer holds no errcode, so it is no success.', {
    bounded: true,
  })
}

function meaningOfCode(errcode: number, text: string): Meaning {
  if (errcode === 310000)
    return SECURITY_TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? SECURITY
  const known = CODES[errcode]
  if (known !== undefined) return known
  if (errcode >= 90001 && errcode <= 90014) return BUSY
  if (TOO_LONG_TEXT.test(text)) return TOO_LONG
  if (THROTTLE_TEXT.test(text)) return THROTTLED
  return retryable('unknown', `DingTalk answered with code ${errcode}, which is not known here.`, {
    bounded: true,
  })
}

function objectIn(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

function errmsgOf(json: Record<string, unknown> | undefined, text: string): string | undefined {
  const own = json?.['errmsg'] ?? json?.['message']
  const said = typeof own === 'string' ? own : text
  return said === '' ? undefined : scrubbed(said).slice(0, LONGEST_ERRMSG).toWellFormed()
}

/** What a reply may repeat of a webhook. */
export function scrubbed(text: string): string {
  return text
    .replace(/((?:access_token|sign)=)[^&\s"'<]+/gi, '$1[redacted]')
    .replace(/\bSEC[0-9a-zA-Z]{16,}/g, '[redacted]')
}
