import type { ErrorCode } from '../../errors.ts'
import type { Endpoint } from '../source.ts'

/** DingTalk's error code and message for each error of a request. */
const REPLIES: Partial<Record<ErrorCode, readonly [errcode: number, words: string]>> = {
  bad_payload: [40035, '不合法的参数'],
  bad_request: [40035, '不合法的参数'],
  unauthorized: [300005, 'token is not exist'],
  unknown_channel: [300005, 'token is not exist'],
  bad_signature: [310000, ''],
  forbidden: [310000, 'not in whitelist'],
  wrong_method: [43002, '需要POST请求'],
  too_large: [460101, 'message too long'],
}

/** For all other errors: DingTalk's code for "busy", after which senders retry. */
const BUSY = [-1, '系统繁忙'] as const

/** DingTalk's message for an error, followed by what to do about it. */
export const refusal: NonNullable<Endpoint['refusal']> = ({ code, errcode, message }) => {
  const [number, words] = (code === undefined ? undefined : REPLIES[code]) ?? BUSY
  return { errcode: errcode ?? number, errmsg: words === '' ? message : `${words}: ${message}` }
}
