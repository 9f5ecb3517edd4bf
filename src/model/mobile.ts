/** Country codes have one to three digits, and none is the beginning of another (ITU-T E.164). */
const COUNTRY_CODE =
  /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[1-9]\d\d)(?=\d)/

const WRITTEN = /^(\+|00)?([\d\s()\p{Pd}]+)$/u
const MAX_WRITTEN_LENGTH = 40

const MIN_DIGITS = 7
/** E.164, with the country code. */
const MAX_DIGITS = 15

/**
 * A mobile in DingTalk's form: digits alone for the mainland of China, `+CODE-DIGITS` for other countries (DingTalk:
 * user management, `mobile`). Blanks, dashes and brackets between digits are left out. Undefined for anything else.
 */
export function mobileFrom(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.length > MAX_WRITTEN_LENGTH) return undefined
  const [, prefix, rest = ''] = WRITTEN.exec(trimmed) ?? []
  const digits = rest.replace(/\D/g, '')
  if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return undefined
  // Thirteen digits that begin so are of the mainland, also without a sign before the code.
  const [, mainland] = /^86(1\d{10})$/.exec(digits) ?? []
  if (mainland !== undefined) return mainland
  if (prefix === undefined) return digits
  const [code] = COUNTRY_CODE.exec(digits) ?? []
  if (code === undefined) return undefined
  return code === '86' ? digits.slice(2) : `+${code}-${digits.slice(code.length)}`
}
