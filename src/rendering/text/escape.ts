import type { AddressPart } from './address.ts'

/** Characters to remove: invisible, or changing the text's direction; control characters except tab and line feed. */
const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

/** Zero-width joiners to remove: all but those between letters of scripts that join, and within an emoji. */
const IDLE_JOINER =
  /(?<![\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{M}\p{Extended_Pictographic}])/gu

/** An `@` that DingTalk could read as a mention: before a number, a word for everybody, or a name. */
const MENTION = /@(?=\d{5}|(?:all|everyone)(?![\w-]*\.\w)|所有人)|(?<![\w.-])@(?=[\p{L}\p{N}])/giu

/** Removes invisible characters and converts line breaks to `\n`; nothing else changes. */
export function visible(value: string): string {
  return value
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(INVISIBLE, '')
    .replace(IDLE_JOINER, '')
}

/** Escapes a value for a plain-text message, where only mentions have an effect. */
export function escapeText(value: string): string {
  return visible(value).replace(MENTION, '＠')
}

/** The position of a value in a template. */
export interface Position {
  /** True at the start of a line or a list item, where `#` or `-` would begin a heading or a list. */
  opening?: boolean
  /** The next character, if it could complete a link or an image: a bracket, `:`, or `<` of a tag. */
  followed?: string
  /** Within an address, in which the value is URL-encoded. */
  address?: AddressPart | undefined
}

/**
 * Escapes a value so that DingTalk's Markdown shows it as written. Characters are escaped only where Markdown would
 * interpret them, so that names and addresses stay readable: not an underscore within a word, not brackets without a
 * link. No line can begin a heading, list, quote, table or code, and no mention takes effect.
 */
export function escapeMarkdown(value: string, { opening, followed = '' }: Position = {}): string {
  const text = visible(value)
  const links = /\][([:]/.test(text) || !isBalanced(text)
  return text
    .split('\n')
    .map((line, index, lines) => {
      const last = index === lines.length - 1
      const inline = escapeInline(line, links || (last && /^[([:<]/.test(followed)))
      const ended = last && /^[[<]/.test(followed) ? inline.replace(/(?<!\\)!$/, '\\!') : inline
      return index > 0 || opening === true ? escapeOpening(ended) : ended
    })
    .join('  \n')
}

function escapeInline(line: string, links: boolean): string {
  const inline = line
    .replace(/\\(?=[!-/:-@[-`{-~]|$)/g, '\\\\')
    .replace(/&(?=#?\w{1,32};|$)/g, '&amp;')
    .replace(/<(?![\s=\d])/g, '&lt;')
    .replace(MENTION, '&#64;')
    .replace(/`/g, '\\`')
    .replace(/(?<!\s)\*|\*(?!\s)/g, '\\*')
    .replace(/(?<![\p{L}\p{N}])_(?=\S|$)|(?<=\S|^)_(?![\p{L}\p{N}_])/gu, '\\_')
    .replace(/~(?=~)|(?<=\S)~/g, '\\~')
    .replace(/(?<=\s)#(?=#*\s*$)/, '\\#')
  return links ? inline.replace(/[[\]]/g, '\\$&') : inline
}

/** Escapes a special character at the start of a line; keeps indentation as no-break spaces, which Markdown does not interpret. */
function escapeOpening(line: string): string {
  const [indent = ''] = /^\s*/.exec(line) ?? []
  const rest = line.slice(indent.length)
  const shown = indent.replaceAll('\t', '  ').slice(0, 12).replace(/\s/g, '\u00a0')
  return shown + escapeMark(rest)
}

function escapeMark(line: string): string {
  // A rule, the underline of a heading, or the second row of a table.
  if (/^[-=:|+][-=:|+\s]*$/.test(line)) return `\\${line}`
  return line.replace(/^(?:#|>|[-+*](?=\s)|\d{1,9}(?=[.)](?:\s|$)))/, (mark) =>
    /^\d/.test(mark) ? `${mark}\\` : `\\${mark}`,
  )
}

function isBalanced(text: string): boolean {
  let depth = 0
  for (const character of text) {
    if (character === '[') depth += 1
    else if (character === ']') depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}

/** Cuts a text to `length` UTF-16 units, never within a visible character, and adds `notice` if it was cut. */
export function cutTo(text: string, length: number, notice: string): string {
  if (text.length <= length) return text
  const end = PLAIN_PAIR.test(text.slice(length - 1, length + 1)) ? length : endBefore(text, length)
  return `${text.slice(0, end).trimEnd()}${notice}`
}

/** Two characters between which a text may always be cut: printable ASCII and Chinese combine with no neighbor. */
const PLAIN_PAIR = /^[ -~\u4e00-\u9fff]{2}$/

/** The end of the last visible character that is complete at `length`. Its data costs 3 MB, so few texts need it. */
function endBefore(text: string, length: number): number {
  const segments = new Intl.Segmenter('und', { granularity: 'grapheme' })
  // The code point after a visible character decides where it ends, so two more units are enough.
  return segments.segment(text.slice(0, length + 2)).containing(length)?.index ?? 0
}

/** The first line that is not blank. */
export function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0] as string
}

/** Converts a text to one line, for titles and lists. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ').trim()
}
