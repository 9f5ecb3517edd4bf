import { AppError, type ErrorCode } from '../../errors.ts'
import { isObject, parsedJson } from '../parsing/json.ts'
import { textOf } from '../parsing/text.ts'
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

/** By message type: DingTalk's error code for a missing text, and the name of the missing part. */
const MISSING_PART: Readonly<Record<string, readonly [errcode: number, part: string]>> = {
  text: [400201, 'text->content'],
  link: [400301, 'link->text'],
  markdown: [400403, 'markdown->text'],
  actionCard: [400501, 'actionCard->text'],
  feedCard: [400602, 'feedCard->links'],
}

/** DingTalk's error for a body without readable text; undefined if the body may be a message in another format. */
export function faultIn(text: string): AppError | undefined {
  const body = parsedJson(text)?.value
  if (!isObject(body)) return undefined
  const type = textOf(body['msgtype'])?.trim()
  if (type === undefined)
    return Object.keys(body).length === 0 || Array.isArray(body['alerts'])
      ? new AppError('bad_payload', 'the body has no msgtype', { errcode: 40035 })
      : undefined
  const [errcode, part] = Object.hasOwn(MISSING_PART, type) ? (MISSING_PART[type] ?? []) : []
  return errcode === undefined
    ? new AppError(
        'bad_payload',
        `msgtype ${JSON.stringify(type.slice(0, 40))} is not supported; it can be ${Object.keys(MISSING_PART).join(', ')}`,
        { errcode: 400105 },
      )
    : new AppError('bad_payload', `miss param : ${part}`, { errcode })
}
