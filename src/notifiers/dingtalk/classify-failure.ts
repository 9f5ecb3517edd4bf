import { messageOf } from '../../errors.ts'
import type { Verdict } from './classify-response.ts'
import { ERROR_CODES, type ErrorCodeName, resultOf } from './error-codes.ts'
import { excerpt, redacted } from './redact.ts'

/** The robot's time ran out before the reply was complete. */
export class DeadlineError extends Error {
  override name = 'DeadlineError'
}

/** The reply is longer than any reply of DingTalk. */
export class ReplyTooLongError extends Error {
  override name = 'ReplyTooLongError'
  constructor(maxBytes: number) {
    super(`the reply is longer than ${maxBytes} bytes`)
  }
}

const TLS_CODE =
  /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|INVALID_CA|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/

/**
 * Messages of undici 8, the only way to recognize a refused CONNECT (UND_ERR_ABORTED) and a plain 407
 * (UND_ERR_INVALID_ARG).
 */
const PROXY_TEXT = /^Proxy response \(\d+\)|^Proxy Authentication Required/
const PROXY_CODES = new Set(['UND_ERR_PRX_CONN', 'UND_ERR_PRX_TLS'])

/** Codes for a reply that is not valid HTTP or not acceptable. */
const UNREADABLE_CODE = /^(?:HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_)/

/**
 * Classifies an attempt without a reply. `reached` means that the request may have been processed: it is true from the
 * moment at which the first byte could leave for DingTalk.
 */
export function classifyFailure(
  error: unknown,
  { reached, secrets = [] }: { reached: boolean; secrets?: readonly string[] },
): Verdict {
  const name = meaningOfFailure(error)
  const { outcome, explanation } = ERROR_CODES[name]
  const text = excerpt(redacted(`${messageOf(error)} ${codeOf(error)}`, secrets))
  return {
    // A proxy that demands a password has read the request, but not forwarded it.
    outcome: { ...outcome, reached: reached && name !== 'proxy' },
    result: resultOf(outcome),
    httpStatus: undefined,
    errcode: undefined,
    errmsg: text,
    explanation,
  }
}

function meaningOfFailure(
  error: unknown,
): Extract<ErrorCodeName, 'timeout' | 'network' | 'proxy' | 'tls' | 'unreadable'> {
  if (error instanceof DeadlineError) return 'timeout'
  if (error instanceof ReplyTooLongError) return 'unreadable'
  // An error of undici's HTTP parser may have no code.
  if (error instanceof Error && error.name === 'HTTPParserError') return 'unreadable'
  const code = codeOf(error)
  if (PROXY_CODES.has(code) || PROXY_TEXT.test(messageOf(error))) return 'proxy'
  if (TLS_CODE.test(code)) return 'tls'
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timeout'
  if (UNREADABLE_CODE.test(code)) return 'unreadable'
  return 'network'
}

/** The code of an error or of its cause; of several connection attempts, that of the first. */
function codeOf(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = 'code' in each ? each.code : undefined
    if (typeof code === 'string' && code !== 'UND_ERR') return code
    if (each instanceof AggregateError) return codeOf(each.errors[0])
  }
  return ''
}
