/** The instant `ms` milliseconds after another; before it if `ms` is negative. */
export function later(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms)
}

/** Error text for a value that `instantIn` rejects. */
export const WRONG_INSTANT =
  'must be an instant such as 2026-12-24T09:00:00Z or 2026-12-24T09:00:00+08:00'

/** The instant that a text names as RFC 3339 writes it, which includes the offset; undefined for anything else. */
export function instantIn(text: string): Date | undefined {
  // A `+` in a query that is not escaped arrives as a blank.
  const written = text.replace(/ (?=\d\d:\d\d$)/, '+')
  const instant = new Date(RFC_3339.test(written) ? written : Number.NaN)
  // Years with five digits cannot be written as RFC 3339.
  if (Number.isNaN(instant.getTime()) || instant.getUTCFullYear() > 9999) return undefined
  return instant
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)$/
