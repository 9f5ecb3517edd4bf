import type { Language } from '../../model/settings.ts'

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** Formats numbers for the language; other text stays as written. */
export function numbersFor(language: Language) {
  const shown = (value: number, digits: number): string =>
    value.toLocaleString(language, { maximumFractionDigits: Math.min(20, Math.max(0, digits)) })
  const mapped = (value: unknown, show: (number: number) => string): string => {
    const text = String(value ?? '').trim()
    const number = Number(text)
    return text === '' || !Number.isFinite(number) ? text : show(number)
  }
  return {
    /** `1234567.891` as `1,234,567.89`. */
    number: (value: unknown, digits = 2): string =>
      mapped(value, (number) => shown(number, digits)),
    /** A share such as `0.8231` as `82.3%`. */
    percent: (value: unknown, digits = 1): string =>
      mapped(value, (number) => `${shown(number * 100, digits)}%`),
    /** `1536` as `1.5 KiB`. */
    bytes: (value: unknown, digits = 1): string =>
      mapped(value, (number) => {
        const size = Math.abs(number)
        const unit = Math.min(
          BYTE_UNITS.length - 1,
          size < 1 ? 0 : Math.floor(Math.log2(size) / 10),
        )
        return `${shown(number / 1024 ** unit, digits)} ${BYTE_UNITS[unit]}`
      }),
  }
}
