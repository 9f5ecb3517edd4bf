import type { Format } from '../../model/settings.ts'
import { urlEncoded } from './address.ts'
import { escapeMarkdown, escapeText, oneLine, type Position } from './escape.ts'
import { browserUrl, safeUrl } from './links.ts'

/** Text that is already escaped for the message; printing does not escape it again. */
export class Markup {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}

/** Escapes a value for the format, or encodes it for its address. Markup stays unchanged; a missing value becomes empty. */
export function escapedFor(format: Format, value: unknown, position?: Position): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Markup) return value.toString()
  const text = String(value)
  if (position?.address !== undefined) return urlEncoded(text, position.address)
  return format === 'text' ? escapeText(text) : escapeMarkdown(text, position)
}

/**
 * The few Markdown elements that DingTalk's phones render: headings, bold, quotes and links. In the format `text` they
 * are plain lines.
 */
export function markupOf(format: Format) {
  const plain = format === 'text'
  const line = (text: string): string => escapedFor(format, oneLine(text))
  // An unescaped bracket in a value would end the link's label.
  const labeled = (text: string): string => escapedFor(format, oneLine(text), { followed: '[' })
  const linked = (label: string, text: string, wrap: (url: string) => string): Markup => {
    const url = safeUrl(text)
    if (url === undefined) return new Markup(text === '' ? '' : line(`${label}: ${text}`))
    // DingTalk turns an address in plain text into a link by itself, but only http and https addresses.
    return new Markup(plain ? `${line(label)}: ${url}` : `[${labeled(label)}](${wrap(url)})`)
  }
  return {
    heading: (text: string, level = 3): Markup =>
      new Markup(plain ? line(text) : `${'#'.repeat(level)} ${line(text)}`),
    bold: (text: string): Markup => {
      const shown = line(text)
      return new Markup(plain || shown === '' ? shown : `**${shown}**`)
    },
    quote: (text: string): Markup =>
      new Markup(plain ? line(text) : `> ${escapedFor(format, oneLine(text), { opening: true })}`),
    link: (label: string, url: string): Markup => linked(label, url, (each) => each),
    browser: (label: string, url: string): Markup => linked(label, url, browserUrl),
  }
}
