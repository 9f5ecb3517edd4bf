import { Eta } from 'eta'
import { messageOf } from '../errors.ts'
import type { Format } from '../model/settings.ts'
import { escapeMarkdown, escapeText } from './escape.ts'
import { VARIABLE } from './variables.ts'

/** A compiled template: its text for what it is given as `it`. */
export type Template = (it: object) => string

/** Names that a template uses as `${name}`, with the lines they stand on. */
export interface Usage {
  name: string
  line: number
}

/**
 * Compiles a template. `${name}` prints a variable, Eta's tags are there for logic; what either prints is escaped for
 * the format. A list line whose only `${name}` is empty is left out. Throws an Error that names the line.
 */
export function compile(text: string, format: Format): Template {
  const eta = new Eta({
    autoTrim: false,
    autoEscape: true,
    escapeFunction: escaperOf(format),
    cache: false,
  })
  const compiled = eta.compile(withVariables(text))
  return (it) => compiled.call(eta, it)
}

function escaperOf(format: Format): (value: unknown) => string {
  const escapeFor = format === 'text' ? escapeText : escapeMarkdown
  return (value) => (value === undefined || value === null ? '' : escapeFor(String(value)))
}

/** All uses of `${name}` outside of Eta's tags. */
export function usagesIn(text: string): Usage[] {
  return blankTags(text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(VARIABLE)].map((match) => ({ name: match[1] as string, line: index + 1 })),
    )
}

/** What went wrong in compiling, on one line. */
export function faultOf(error: unknown): string {
  const [first = '', second = ''] = messageOf(error).split('\n')
  return `${first} ${second}`.trim().slice(0, 300)
}

const LIST_LINE = /^\s*(?:>\s*)?[-*+]\s/

/** `${name}` as a tag of Eta's, line by line, so that Eta's errors name the right line. */
function withVariables(text: string): string {
  let inTag = false
  return text
    .split('\n')
    .map((line, index, lines) => {
      const startedInTag = inTag
      const replaced = line.replace(
        /<%|%>|\$\{\s*([\w.-]+)\s*\}/g,
        (whole, name: string | undefined) => {
          if (name === undefined) inTag = whole === '<%'
          return name === undefined || inTag ? whole : `<%= it.get(${JSON.stringify(name)}) %>`
        },
      )
      const end = index < lines.length - 1 ? '\n' : ''
      const names = [...blankTags(line).matchAll(VARIABLE)].map((match) => match[1])
      const whole = !startedInTag && !inTag
      return whole && names.length === 1 && LIST_LINE.test(line)
        ? `<% if (it.get(${JSON.stringify(names[0])}) !== '') { %>${replaced}${end}<% } %>`
        : `${replaced}${end}`
    })
    .join('')
}

/** Eta's tags as spaces, line breaks kept. */
function blankTags(text: string): string {
  return text.replace(/<%[\s\S]*?%>/g, (tag) => tag.replace(/[^\n]/g, ' '))
}
