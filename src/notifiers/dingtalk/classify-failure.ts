import { messageOf } from '../../errors.ts'
import type { Verdict } from './classify-response.ts'
import { ERROR_CODES, type ErrorCodeName, resultOf } from './error-codes.ts'
import { excerpt, redacted } from './redact.ts'

/** Nothing, or not everything, came within the robot's time. */
export class DeadlineError extends Error {
  override name = 'DeadlineError'
}

/** The reply is longer than any of DingTalk's. */
export class TooMuchError extends Error {
  override name = 'TooMuchError'
}

const TLS_CODE =
  /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|INVALID_CA|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/

/** Of undici 8, which distinguishes a refused CONNECT (UND_ERR_ABORTED) and a plain 407 (UND_ERR_INVALID_ARG) by text alone. */
const PROXY_TEXT = /^Proxy response \(\d+\)|^Proxy Authentication Required/
const PROXY_CODES = new Set(['UND_ERR_PRX_CONN', 'UND_ERR_PRX_TLS'])

/** Somebody answered in HTTP, but not as it is meant to be. */
const UNREADABLE_CODE = /^(?:HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_)/

/**
 * What it means that no reply came. `reached` says whether the request may have been taken: it holds from the moment
 * that the first byte could leave for DingTalk, so that an attempt which never got there is told apart.
 */
export function classifyFailure(
  error: unknown,
  { reached, secrets = [] }: { reached: boolean; secrets?: readonly string[] },
): Verdict {
  const name = meaningOfFailure(error)
  const { outcome, words } = ERROR_CODES[name]
  const said = excerpt(redacted(`${messageOf(error)} ${codeOf(error)}`, secrets))
  return {
    // A proxy that asks for a password has read the request, but not passed it on.
    outcome: { ...outcome, reached: reached && name !== 'proxy' },
    result: resultOf(outcome),
    httpStatus: undefined,
    errcode: undefined,
    errmsg: said,
    words,
  }
}

function meaningOfFailure(
  error: unknown,
): Extract<ErrorCodeName, 'timeout' | 'network' | 'proxy' | 'tls' | 'unreadable'> {
  if (error instanceof DeadlineError) return 'timeout'
  // The parser's error may have no code.
  if (error instanceof TooMuchError || (error instanceof Error && error.name === 'HTTPParserError'))
    return 'unreadable'
  const code = codeOf(error)
  if (PROXY_CODES.has(code) || PROXY_TEXT.test(messageOf(error))) return 'proxy'
  if (TLS_CODE.test(code)) return 'tls'
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timeout'
  if (UNREADABLE_CODE.test(code)) return 'unreadable'
  return 'network'
}

/** The code of an error, or of the one that caused it; of several attempts, that of the first. */
function codeOf(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = 'code' in each ? each.code : undefined
    if (typeof code === 'string' && code !== 'UND_ERR') return code
    if (each instanceof AggregateError) return codeOf(each.errors[0])
  }
  return ''
}
