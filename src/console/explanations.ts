import type { StoredAlert, StoredMessage } from '../stores/queries.ts'
import type { Words } from './i18n.ts'

/** The store's reason for alerts and messages of a channel or robot that was removed from the configuration. */
const REMOVED = /\bremoved from the configuration\b/

/**
 * Why a message is dead, in the console's language. The stored reason is English and begins with the text of the last
 * attempt. Only the result of that attempt is translated; a reason that cannot be translated is returned as stored.
 */
export function messageReason(
  { reason, attempts }: Pick<StoredMessage, 'reason' | 'attempts'>,
  words: Words,
): string | undefined {
  if (reason === undefined || words.language === 'en-US') return reason
  if (REMOVED.test(reason)) return words.reason('suppress', 'removed')
  const last = attempts.at(-1)
  if (last === undefined || last.explanation === '' || !reason.startsWith(last.explanation))
    return reason
  const verdict = words.reason('verdict', last.result)
  if (verdict === last.result) return reason
  const gaveUp = reason.length > last.explanation.length && last.result !== 'too_long'
  return gaveUp ? `${verdict}${words.t('gaveUp')}` : verdict
}

/** Why an alert was not delivered, in the console's language; the reason of a dead one refers to its message. */
export function alertReason(
  { state, reason }: Pick<StoredAlert, 'state' | 'reason'>,
  words: Words,
): string | undefined {
  if (reason === undefined) return undefined
  if (state === 'suppressed') return words.reason('suppress', reason)
  if (words.language === 'en-US') return reason
  return REMOVED.test(reason) ? words.reason('suppress', 'removed') : words.t('deadAlert')
}

/** The text of an error page in the console's language; `detail` is the original English text. */
export function errorText(
  { code, message }: { code: string; message: string },
  words: Words,
): { why: string; detail?: string } {
  if (words.language === 'en-US') return { why: message }
  const why = words.reason('error', code)
  return why === code ? { why: message } : { why, detail: message }
}
