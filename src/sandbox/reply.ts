import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { Refusal } from './message.ts'

/** A reply of the sandbox group as sent. */
export interface SandboxReply {
  status: number
  body: string | Uint8Array
  /** Its Content-Encoding. */
  encoding: string | undefined
}

/** Content-Encoding of the replies, which a gateway in between may change. */
export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br'

/** The reply to a call over the limit: the current format, the old one with 1111, or that of the address limiter. */
export type ThrottleForm = 'code' | 'mixed' | 'address'

const PACK = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const

const ADDRESS_LIMITER = { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: '0a67' }

/** `address` has no errcode, because the limiter of a public address replies before the robot API does. */
export const THROTTLED: Readonly<Record<ThrottleForm, object>> = {
  code: { errcode: 660026, errmsg: 'sending too many messages per minute' },
  mixed: {
    ...ADDRESS_LIMITER,
    errcode: 130101,
    errmsg: 'send too fast, exceed 20 times per minute',
  },
  address: ADDRESS_LIMITER,
}

/** An assumed code; DingTalk documents none. */
export const REPEATED: Refusal = { errcode: 460409, errmsg: 'duplicate msgUuid' }

/** Encodes a reply. Refusals have HTTP 200 too, as DingTalk's do. */
export function replyWith(answer: object, encoding: Encoding): SandboxReply {
  const body = JSON.stringify(answer)
  if (encoding === 'identity') return { status: 200, body, encoding: undefined }
  return { status: 200, body: PACK[encoding](body), encoding }
}
