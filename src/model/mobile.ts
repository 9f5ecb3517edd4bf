/** A country code has one to three digits; no code is a prefix of another (ITU-T E.164). */
const COUNTRY_CODE =
  /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[1-9]\d\d)(?=\d)/

const WRITTEN = /^(\+|00)?([\d\s()\p{Pd}]+)$/u
const MAX_WRITTEN_LENGTH = 40

const MIN_DIGITS = 7
/** The maximum of E.164, including the country code. */
const MAX_DIGITS = 15

/**
 * Converts a mobile number to DingTalk's form: digits only for mainland China, `+CODE-DIGITS` for other countries
 * (DingTalk: user management, `mobile`). Removes spaces, dashes and brackets between digits. Undefined for any other
 * text.
 */
export function mobileFrom(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.length > MAX_WRITTEN_LENGTH) return undefined
  const [, prefix, rest = ''] = WRITTEN.exec(trimmed) ?? []
  const digits = rest.replace(/\D/g, '')
  if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return undefined
  // These thirteen digits are a number of mainland China, even without a sign before the country code.
  const [, mainland] = /^86(1\d{10})$/.exec(digits) ?? []
  if (mainland !== undefined) return mainland
  if (prefix === undefined) return digits
  const [code] = COUNTRY_CODE.exec(digits) ?? []
  if (code === undefined) return undefined
  return code === '86' ? digits.slice(2) : `+${code}-${digits.slice(code.length)}`
}
