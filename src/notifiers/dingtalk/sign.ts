import { createHmac } from 'node:crypto'

/**
 * DingTalk's signature of an instant: base64 of HMAC-SHA256 over `timestamp\nsecret`, keyed by the secret with its SEC
 * prefix (DingTalk: custom robot security settings).
 */
export function sign(secret: string, timestampMs: number): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64')
}

/**
 * The webhook signed for `now`, each part encoded once; whatever signature it was pasted with is replaced. DingTalk
 * takes it for an hour. Without a secret it is the webhook as it is, since other gateways have a `sign` of their own.
 * Throws when the webhook is no URL, without repeating it.
 */
export function signedUrl(webhook: string, secret: string | undefined, now: Date): string {
  if (!URL.canParse(webhook)) throw new TypeError('the webhook is not a URL')
  const url = new URL(webhook)
  if (secret !== undefined) {
    const timestampMs = now.getTime()
    url.searchParams.set('timestamp', String(timestampMs))
    url.searchParams.set('sign', sign(secret, timestampMs))
  }
  return url.href
}
