import type { Format } from '../../model/settings.ts'
import { escapeMarkdown, escapeText, oneLine, type Position } from './escape.ts'
import { browserUrl, safeUrl } from './links.ts'

/** Text that is ready for the message: printing it escapes nothing again. */
export class Markup {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}

/** A value as the format needs it; what is markup already stays as it is, what is missing is nothing. */
export function escapedFor(format: Format, value: unknown, position?: Position): string {
  if (value === undefined || value === null) return ''
  if (value instanceof Markup) return value.toString()
  const text = String(value)
  return format === 'text' ? escapeText(text) : escapeMarkdown(text, position)
}

/**
 * The few forms that DingTalk's phones render, in the format of a message: headings, bold, quotes and links are plain
 * lines where the format is text.
 */
export function markupOf(format: Format) {
  const plain = format === 'text'
  const line = (text: string): string => escapedFor(format, oneLine(text))
  // Within a link's brackets those of a value would end it.
  const labelled = (text: string): string => escapedFor(format, oneLine(text), { followed: '[' })
  const linked = (label: string, text: string, wrap: (url: string) => string): Markup => {
    const url = safeUrl(text)
    if (url === undefined) return new Markup(text === '' ? '' : line(`${label}: ${text}`))
    // A client makes an address that stands in plain text a link by itself, but only one of the web.
    return new Markup(plain ? `${line(label)}: ${url}` : `[${labelled(label)}](${wrap(url)})`)
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
