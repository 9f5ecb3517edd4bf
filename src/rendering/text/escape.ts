/** What no message needs: control characters but tab and line break, and what turns the direction of text. */
const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

/** Joiners have a use only between letters of scripts that join, and within an emoji. */
const IDLE_JOINER =
  /(?<![\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Malayalam}\p{Script=Sinhala}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{M}\p{Extended_Pictographic}])/gu

/** What DingTalk could take for a mention: `@` with a number, with everybody, or with a name that begins there. */
const MENTION = /@(?=\d{5}|(?:all|everyone)(?![\w-]*\.\w)|所有人)|(?<![\w.-])@(?=[\p{L}\p{N}])/giu

/** Plain text on any number of lines: what cannot be seen is taken out, nothing else changes. */
export function visible(value: string): string {
  return value
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(INVISIBLE, '')
    .replace(IDLE_JOINER, '')
}

/** A value for a message of plain text: as it was written, but it mentions nobody. */
export function escapeText(value: string): string {
  return visible(value).replace(MENTION, '＠')
}

/** Where a value stands in a template. */
export interface Position {
  /** At the start of a line or of a list item, where `#` or `-` would begin something. */
  opening?: boolean
  /** What comes right after it, as far as it matters: a bracket, or markup that may begin with one. */
  followed?: string
}

/**
 * A value so that DingTalk's Markdown shows it as it was written. Only what would have a meaning where it stands is
 * escaped, so that names and addresses stay readable: an underscore within a word has none, brackets without a link
 * have none. No line can open a heading, list, quote, table or code, and nothing in it mentions anybody.
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

/** What begins a line must begin nothing else; an indentation is kept as spaces that Markdown does not read. */
function escapeOpening(line: string): string {
  const [indent = ''] = /^\s*/.exec(line) ?? []
  const rest = line.slice(indent.length)
  const shown = indent.replaceAll('\t', '  ').slice(0, 12).replace(/\s/g, '\u00a0')
  return shown + escapeMark(rest)
}

function escapeMark(line: string): string {
  // A rule, an underline of a heading, the second row of a table.
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

/** At most `length` characters as people count them, with a notice where something was cut off. */
export function cutTo(text: string, length: number, notice: string): string {
  if (text.length <= length) return text
  // Where a character ends is decided by the code point after it, so no more is read.
  const near = text.slice(0, length + 2)
  const end = SEGMENTS.segment(near).containing(length)?.index ?? 0
  return `${near.slice(0, end).trimEnd()}${notice}`
}

/** What a text is about, where nothing else says it. */
export function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0] as string
}

/** On one line, as titles and lists need it. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ').trim()
}

const SEGMENTS = new Intl.Segmenter('und', { granularity: 'grapheme' })
