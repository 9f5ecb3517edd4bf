import { createHmac } from 'node:crypto'

/**
 * DingTalk's signature for an instant: base64 of HMAC-SHA256 over `timestamp\nsecret`, keyed by the secret with its SEC
 * prefix (DingTalk: custom robot security settings).
 */
export function sign(secret: string, timestampMs: number): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64')
}

/**
 * Signs the webhook for `now`, each part encoded once, and replaces a signature that was pasted with it. DingTalk
 * accepts the signature for one hour. Without a secret the webhook is unchanged, because other gateways use their own
 * `sign`. Throws if the webhook is not a URL, without quoting it.
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
