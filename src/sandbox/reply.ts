import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { Refusal } from './message.ts'

/** What a sandbox group answers, as it goes over the wire. */
export interface SandboxReply {
  status: number
  body: string | Uint8Array
  /** Its Content-Encoding. */
  encoding: string | undefined
}

/** How replies are packed, as a gateway between here and DingTalk may do it. */
export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br'

/** How a call over the limit is refused: in today's form, in the old one that says 1111 too, or as the address's. */
export type ThrottleForm = 'code' | 'mixed' | 'address'

const PACK = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const

const ADDRESS_LIMITER = { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: '0a67' }

/** Of `address` there is no code: the limiter of a public address answers in front of the robot API. */
export const THROTTLED: Readonly<Record<ThrottleForm, object>> = {
  code: { errcode: 660026, errmsg: 'sending too many messages per minute' },
  mixed: {
    ...ADDRESS_LIMITER,
    errcode: 130101,
    errmsg: 'send too fast, exceed 20 times per minute',
  },
  address: ADDRESS_LIMITER,
}

/** No code is documented for it. */
export const REPEATED: Refusal = { errcode: 460409, errmsg: 'duplicate msgUuid' }

/** An answer as JSON, packed; a refusal too is HTTP 200, as DingTalk's are. */
export function replyWith(answer: object, encoding: Encoding): SandboxReply {
  const body = JSON.stringify(answer)
  if (encoding === 'identity') return { status: 200, body, encoding: undefined }
  return { status: 200, body: PACK[encoding](body), encoding }
}
