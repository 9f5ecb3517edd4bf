/** What no message needs: control characters but tab and line break, and what turns the direction of text. */
const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** Plain text: nothing in it means anything, so only what cannot be shown is taken out. */
export function escapeText(value: string): string {
  return value.toWellFormed().replace(/\r\n?/g, '\n').replace(INVISIBLE, '')
}

/**
 * A value so that DingTalk's Markdown shows it as it was written. Only what would have a meaning where it stands is
 * escaped, so that names and addresses stay readable: an underscore within a word has none, brackets without a link
 * have none. Later lines cannot open a heading, list or quote.
 */
export function escapeMarkdown(value: string): string {
  const text = escapeText(value)
  const links = /\][([:]/.test(text) || !isBalanced(text)
  return text
    .split('\n')
    .map((line, index) => escapeLine(line, { links, first: index === 0 }))
    .join('  \n')
}

function escapeLine(line: string, { links, first }: { links: boolean; first: boolean }): string {
  const inline = line
    .replace(/\\(?=[!-/:-@[-`{-~])/g, '\\\\')
    .replace(/&(?=#?\w{1,32};)/g, '&amp;')
    .replace(/<(?=[a-z/!?])/gi, '&lt;')
    .replace(/`/g, '\\`')
    .replace(/(?<!\s)\*|\*(?!\s|$)/g, '\\*')
    .replace(/(?<![\p{L}\p{N}])_(?=\S)|(?<=\S)_(?![\p{L}\p{N}_])/gu, '\\_')
    .replace(/~(?=~)/g, '\\~')
  const bracketed = links ? inline.replace(/[[\]]/g, '\\$&') : inline
  if (first) return bracketed
  return bracketed.replace(
    /^(\s*)(#{1,6}(?=\s|$)|[-+>](?=\s|$)|>|=+$|-{3,}$|\d{1,9}(?=[.)]\s))/,
    (_, space: string, mark: string) =>
      /^\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
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
  const kept: string[] = []
  let size = 0
  for (const { segment } of SEGMENTS.segment(text.slice(0, length * 2))) {
    if (size + segment.length > length) break
    kept.push(segment)
    size += segment.length
  }
  return `${kept.join('').trimEnd()}${notice}`
}

/** What a text is about, where nothing else says it. */
export function firstLine(text: string | undefined): string | undefined {
  return text?.trimStart().split('\n', 1)[0]
}

const SEGMENTS = new Intl.Segmenter('und', { granularity: 'grapheme' })
