import { createHmac, timingSafeEqual } from 'node:crypto'

export const LINK_LASTS_MS = 86_400_000
const SIGNATURE_BYTES = 16

export type ReadLink = { kind: 'good'; alert: string } | { kind: 'expired' } | { kind: 'wrong' }

/** The last part of a silence link: the stored alert and an expiry time, signed. Contains no secret. */
export function signedLink(alert: number, now: Date, key: string): string {
  const minute = Math.ceil((now.getTime() + LINK_LASTS_MS) / 60_000)
  const text = `${alert.toString(36)}.${minute.toString(36)}`
  return `${text}.${signatureOf(text, key).toString('base64url')}`
}

/** Reads a link; a link with a wrong signature is not evaluated further. */
export function readLink(link: string, now: Date, key: string): ReadLink {
  const [, text, alert, minute, signature] =
    /^(([0-9a-z]{1,11})\.([0-9a-z]{1,9}))\.([\w-]{22})$/.exec(link) ?? []
  if (text === undefined || alert === undefined || minute === undefined) return { kind: 'wrong' }
  const shown = Buffer.from(signature ?? '', 'base64url')
  const right = signatureOf(text, key)
  if (shown.length !== right.length || !timingSafeEqual(shown, right)) return { kind: 'wrong' }
  if (Number.parseInt(minute, 36) * 60_000 <= now.getTime()) return { kind: 'expired' }
  return { kind: 'good', alert: String(Number.parseInt(alert, 36)) }
}

function signatureOf(text: string, key: string): Buffer {
  return createHmac('sha256', key).update(`silence ${text}`).digest().subarray(0, SIGNATURE_BYTES)
}
