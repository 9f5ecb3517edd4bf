import { posix } from 'node:path'
import { percentEncoded } from '../text/address.ts'
import { cutTo } from '../text/escape.ts'
import { listOf, numberOf, textOf } from './values.ts'

/** Limits the text of `repeat`; no message has room for more. */
const MAX_LENGTH = 60_000

/** The entities that Go's `html` writes. */
const ENTITIES: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

const upper = (text: unknown): string => textOf(text).toUpperCase()
const lower = (text: unknown): string => textOf(text).toLowerCase()
const title = (text: unknown): string =>
  textOf(text).replace(/(?<![\p{L}\p{N}_])\p{L}/gu, (letter) => letter.toUpperCase())

const trimmedOf = (set: unknown, text: unknown, side: 'both' | 'start' | 'end'): string => {
  const cut = new Set(textOf(set))
  const letters = [...textOf(text)]
  let [from, to] = [0, letters.length]
  if (side !== 'end') while (from < to && cut.has(letters[from] as string)) from += 1
  if (side !== 'start') while (to > from && cut.has(letters[to - 1] as string)) to -= 1
  return letters.slice(from, to).join('')
}

/** As in Go, a space separates two values if neither is a string. */
const print = (...values: unknown[]): string =>
  values
    .map((value, at) => {
      const follows = at > 0 && typeof value !== 'string' && typeof values[at - 1] !== 'string'
      return follows ? ` ${textOf(value)}` : textOf(value)
    })
    .join('')

const jsonOf = (value: unknown, spaces = 0): string => JSON.stringify(value, null, spaces) ?? 'null'

const indent = (spaces: unknown, text: unknown): string =>
  textOf(text).replace(/^/gm, ' '.repeat(Math.min(100, Math.max(0, numberOf(spaces)))))

/** Text functions of Go, Alertmanager, prometheus-webhook-dingtalk and sprig, with the same order of arguments. */
export const TEXTS = {
  upper,
  lower,
  toUpper: upper,
  toLower: lower,
  title,
  untitle: (text: unknown) =>
    textOf(text).replace(/(?<![\p{L}\p{N}_])\p{L}/gu, (letter) => letter.toLowerCase()),
  trim: (text: unknown) => textOf(text).trim(),
  trimSpace: (text: unknown) => textOf(text).trim(),
  trimAll: (set: unknown, text: unknown) => trimmedOf(set, text, 'both'),
  trimall: (set: unknown, text: unknown) => trimmedOf(set, text, 'both'),
  trimLeft: (set: unknown, text: unknown) => trimmedOf(set, text, 'start'),
  trimRight: (set: unknown, text: unknown) => trimmedOf(set, text, 'end'),
  trimPrefix: (prefix: unknown, text: unknown) =>
    textOf(text).startsWith(textOf(prefix))
      ? textOf(text).slice(textOf(prefix).length)
      : textOf(text),
  trimSuffix: (suffix: unknown, text: unknown) =>
    textOf(suffix) !== '' && textOf(text).endsWith(textOf(suffix))
      ? textOf(text).slice(0, -textOf(suffix).length)
      : textOf(text),
  trunc: (length: unknown, text: unknown) =>
    numberOf(length) < 0
      ? [...textOf(text)].slice(numberOf(length)).join('')
      : [...textOf(text)].slice(0, numberOf(length)).join(''),
  abbrev: (length: unknown, text: unknown) => {
    const most = numberOf(length)
    return most < 4 || textOf(text).length <= most
      ? textOf(text)
      : cutTo(textOf(text), most - 3, '...')
  },
  substr: (from: unknown, to: unknown, text: unknown) =>
    textOf(text).slice(Math.max(0, numberOf(from)), numberOf(to) < 0 ? undefined : numberOf(to)),
  nospace: (text: unknown) => textOf(text).replace(/\s/g, ''),
  repeat: (times: unknown, text: unknown) => {
    const most = Math.floor(MAX_LENGTH / Math.max(1, textOf(text).length))
    return textOf(text).repeat(Math.min(most, Math.max(0, Math.trunc(numberOf(times)))))
  },
  replace: (from: unknown, to: unknown, text: unknown) =>
    textOf(text).replaceAll(textOf(from), () => textOf(to)),
  contains: (part: unknown, text: unknown) => textOf(text).includes(textOf(part)),
  hasPrefix: (part: unknown, text: unknown) => textOf(text).startsWith(textOf(part)),
  hasSuffix: (part: unknown, text: unknown) => textOf(text).endsWith(textOf(part)),
  quote: (...texts: unknown[]) => texts.map((text) => JSON.stringify(textOf(text))).join(' '),
  squote: (...texts: unknown[]) => texts.map((text) => `'${textOf(text)}'`).join(' '),
  cat: (...texts: unknown[]) => texts.map(textOf).join(' '),
  indent,
  nindent: (spaces: unknown, text: unknown) => `\n${indent(spaces, text)}`,
  plural: (one: unknown, many: unknown, count: unknown) =>
    textOf(numberOf(count) === 1 ? one : many),
  join: (separator: unknown, texts: unknown) => listOf(texts).map(textOf).join(textOf(separator)),
  splitList: (separator: unknown, text: unknown) => textOf(text).split(textOf(separator)),
  stringSlice: (...texts: unknown[]) => texts.map(textOf),
  sortAlpha: (texts: unknown) => listOf(texts).map(textOf).sort(),
  toString: textOf,
  print,
  println: (...values: unknown[]) => `${values.map(textOf).join(' ')}\n`,
  urlquery: (...texts: unknown[]) =>
    percentEncoded(texts.map(textOf).join('')).replaceAll('%20', '+'),
  markdown: (text: unknown) => textOf(text).replace(/[_*`]/g, '\\$&'),
  html: (...texts: unknown[]) =>
    texts
      .map((text) => textOf(text).replace(/[\0"'&<>]/g, (mark) => ENTITIES[mark] ?? ''))
      .join(''),
  toJson: (value: unknown) =>
    jsonOf(value).replace(
      /[<>&]/g,
      (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  toRawJson: (value: unknown) => jsonOf(value),
  toPrettyJson: (value: unknown) => jsonOf(value, 2),
  b64enc: (text: unknown) => Buffer.from(textOf(text)).toString('base64'),
  b64dec: (text: unknown) => Buffer.from(textOf(text), 'base64').toString(),
  base: (path: unknown) => posix.basename(textOf(path)) || '.',
} as const
