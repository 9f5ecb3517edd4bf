import { createHmac } from 'node:crypto'

/**
 * DingTalk's signature of an instant: base64 of HMAC-SHA256 over `timestamp\nsecret`, keyed by the secret with its SEC
 * prefix (DingTalk: custom robot security settings).
 */
export function sign(secret: string, timestampMs: number): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64')
}

/** The webhook signed for `now`; whatever signature it was pasted with is replaced. Good for an hour. */
export function signedUrl(webhook: string, secret: string | undefined, now: Date): URL {
  const url = new URL(webhook)
  if (secret === undefined) return url
  const timestamp = now.getTime()
  url.searchParams.set('timestamp', String(timestamp))
  url.searchParams.set('sign', sign(secret, timestamp))
  return url
}
