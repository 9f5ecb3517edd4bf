import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { Refusal } from './message.ts'

/** A reply of the sandbox group as sent. */
export interface SandboxReply {
  status: number
  body: string | Uint8Array
  /** Its Content-Encoding. */
  encoding: string | undefined
}

/** Content-Encoding of the replies, which a gateway on the way may change. */
export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br'

/** Reply to a call over the limit: the current format, the old one that includes 1111, or the address limiter's. */
export type ThrottleForm = 'code' | 'mixed' | 'address'

const PACK = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const

const ADDRESS_LIMITER = { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: '0a67' }

/** `address` has no errcode: the limiter of a public address answers in front of the robot API. */
export const THROTTLED: Readonly<Record<ThrottleForm, object>> = {
  code: { errcode: 660026, errmsg: 'sending too many messages per minute' },
  mixed: {
    ...ADDRESS_LIMITER,
    errcode: 130101,
    errmsg: 'send too fast, exceed 20 times per minute',
  },
  address: ADDRESS_LIMITER,
}

/** An assumed code: none is documented. */
export const REPEATED: Refusal = { errcode: 460409, errmsg: 'duplicate msgUuid' }

/** Encodes an answer. Refusals are HTTP 200 as well, as DingTalk's are. */
export function replyWith(answer: object, encoding: Encoding): SandboxReply {
  const body = JSON.stringify(answer)
  if (encoding === 'identity') return { status: 200, body, encoding: undefined }
  return { status: 200, body: PACK[encoding](body), encoding }
}
