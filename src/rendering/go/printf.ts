import { numberOf, textOf } from './values.ts'

const VERB = /%([-+# 0]*)(\d{1,4})?(?:\.(\d{1,3}))?([a-zA-Z%])/g

/** Go's Sprintf, with the verbs common in templates. */
export function printf(format: unknown, ...values: unknown[]): string {
  let next = 0
  const text = textOf(format).replace(
    VERB,
    (_, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      if (next >= values.length) return `%!${verb}(MISSING)`
      const value = values[next]
      next += 1
      return padded(verbText(verb, value, precision), flags, width)
    },
  )
  const rest = values.slice(next)
  return rest.length === 0 ? text : `${text}%!(EXTRA ${rest.map(textOf).join(', ')})`
}

function verbText(verb: string, value: unknown, precision: string | undefined): string {
  switch (verb) {
    case 'd':
      return String(Math.trunc(numberOf(value)))
    case 'f':
    case 'F':
      return numberOf(value).toFixed(Number(precision ?? 6))
    case 'c':
      return String.fromCodePoint(
        Math.min(0x10ffff, Math.max(0, Math.trunc(numberOf(value)))),
      ).toWellFormed()
    case 'e':
      return numberOf(value)
        .toExponential(Number(precision ?? 6))
        .replace(/e([+-])(\d)$/, 'e$10$2')
    case 'x':
      return typeof value === 'number'
        ? Math.trunc(value).toString(16)
        : Buffer.from(textOf(value)).toString('hex')
    case 'X':
      return verbText('x', value, precision).toUpperCase()
    case 'q':
      return JSON.stringify(textOf(value))
    case 's':
      return precision === undefined
        ? textOf(value)
        : [...textOf(value)].slice(0, Number(precision)).join('')
    default:
      return textOf(value)
  }
}

function padded(text: string, flags: string, width: string | undefined): string {
  const signed = flags.includes('+') && /^\d/.test(text) ? `+${text}` : text
  const size = Number(width ?? 0)
  if (flags.includes('-')) return signed.padEnd(size)
  if (!flags.includes('0') || !/^[+-]?\d/.test(signed)) return signed.padStart(size)
  const sign = /^[+-]/.test(signed) ? (signed[0] as string) : ''
  return sign + signed.slice(sign.length).padStart(size - sign.length, '0')
}
