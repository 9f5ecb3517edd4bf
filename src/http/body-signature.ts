import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '../errors.ts'
import type { Secret } from '../model/secret.ts'

/** The header in which Grafana sends the signature by default, and its name before Grafana 12. */
const SIGNATURE_HEADERS = ['x-grafana-alerting-signature', 'x-grafana-alert-signature'] as const

/** Grafana leaves the name of this header to its user; its documentation proposes the first. */
const TIMESTAMP_HEADERS = [
  'x-grafana-alerting-timestamp',
  'x-grafana-alerting-signature-timestamp',
  'x-grafana-alert-timestamp',
] as const

/** One hour, the age up to which DingTalk accepts the signature of a robot call. */
const MAX_AGE_MS = 3_600_000

/**
 * Throws AppError bad_signature unless Grafana's webhook contact point signed the body: hexadecimal HMAC-SHA256 of the
 * body, or, where there is a timestamp header, of `seconds:body` (grafana/alerting, http/hmac.go). The timestamp must
 * be within MAX_AGE_MS of `now`.
 */
export function assertSigned(
  body: Uint8Array,
  headers: IncomingHttpHeaders,
  { secret, now }: { secret: Secret; now: Date },
): void {
  const shown = firstOf(headers, SIGNATURE_HEADERS)
  if (shown === undefined)
    throw wrong(
      'the X-Grafana-Alerting-Signature header is missing; set the HMAC secret in Grafana',
    )
  const timestamp = firstOf(headers, TIMESTAMP_HEADERS)
  if (timestamp !== undefined) {
    const atMs = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN
    // Negated, so that NaN is refused as well.
    if (!(Math.abs(now.getTime() - atMs) <= MAX_AGE_MS))
      throw wrong("its timestamp must be in seconds, and within an hour of this machine's clock")
  }
  const sum = createHmac('sha256', secret.reveal())
  if (timestamp !== undefined) sum.update(`${timestamp}:`)
  const right = sum.update(body).digest()
  const given = /^[0-9a-f]{64}$/i.test(shown) ? Buffer.from(shown, 'hex') : Buffer.alloc(0)
  if (given.length !== right.length || !timingSafeEqual(given, right))
    throw wrong(
      "the HMAC secret in Grafana must be the channel's inlet.hmac, and a timestamp header must be called X-Grafana-Alerting-Timestamp",
    )
}

function wrong(why: string): AppError {
  return new AppError('bad_signature', `the signature of the body is missing or wrong: ${why}`)
}

function firstOf(headers: IncomingHttpHeaders, names: readonly string[]): string | undefined {
  const value = names.map((name) => headers[name]).find((each) => each !== undefined)
  return typeof value === 'string' ? value.trim() : undefined
}
