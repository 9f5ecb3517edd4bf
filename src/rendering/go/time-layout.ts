import type { DateTime } from 'luxon'
import { zoneName } from './values.ts'

/** Elements of a Go layout, longest first, with the equivalent Luxon format. */
const PARTS: readonly (readonly [string, string | ((time: DateTime) => string)])[] = [
  ['January', 'LLLL'],
  ['Jan', 'LLL'],
  ['Monday', 'cccc'],
  ['Mon', 'ccc'],
  ['MST', zoneName],
  ['2006', 'yyyy'],
  ['Z07:00', (time) => (time.offset === 0 ? 'Z' : time.toFormat('ZZ'))],
  ['Z0700', (time) => (time.offset === 0 ? 'Z' : time.toFormat('ZZZ'))],
  ['-07:00', 'ZZ'],
  ['-0700', 'ZZZ'],
  ['-07', (time) => time.toFormat('ZZ').slice(0, 3)],
  ['002', 'ooo'],
  ['01', 'LL'],
  ['02', 'dd'],
  ['03', 'hh'],
  ['04', 'mm'],
  ['05', 'ss'],
  ['06', 'yy'],
  ['15', 'HH'],
  ['PM', (time) => (time.hour < 12 ? 'AM' : 'PM')],
  ['pm', (time) => (time.hour < 12 ? 'am' : 'pm')],
  ['_2', (time) => String(time.day).padStart(2)],
  ['1', 'L'],
  ['2', 'd'],
  ['3', 'h'],
  ['4', 'm'],
  ['5', 's'],
]

const PART_OF = new Map(PARTS)

const LAYOUT = new RegExp(`${PARTS.map(([part]) => part).join('|')}|[.,](?:0+|9+)(?!\\d)`, 'g')

/** Formats a time by a Go layout such as `2006-01-02 15:04:05`. */
export function formatGoTime(time: DateTime, layout: string): string {
  const english = time.setLocale('en')
  return layout.replace(LAYOUT, (part) => {
    const form = PART_OF.get(part)
    if (form === undefined) return fraction(time, part)
    return typeof form === 'string' ? english.toFormat(form) : form(english)
  })
}

function fraction({ millisecond }: DateTime, part: string): string {
  const digits = String(millisecond)
    .padStart(3, '0')
    .padEnd(9, '0')
    .slice(0, part.length - 1)
  if (part[1] === '0') return `${part[0]}${digits}`
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '' : `${part[0]}${kept}`
}
