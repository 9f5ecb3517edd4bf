import { Eta } from 'eta'
import type { Format } from '../model/settings.ts'
import type { Position } from './escape.ts'
import { syntaxFault, TemplateFault } from './fault.ts'
import { escapedFor } from './markup.ts'
import { VARIABLE } from './variables.ts'

/** A compiled template: its text for what it is given as `it`. Throws a TemplateFault. */
export type Template = (it: object) => string

/** Names of variables that a template uses, with the lines they stand on. */
export interface Usage {
  name: string
  line: number
}

/** `${name}` in a template becomes a call of this, which stands in the scope of the compiled template. */
const PRINT = '__print'

/**
 * Compiles a template. `${name}` prints a variable, Eta's tags are there for logic; what either prints is escaped for
 * the format. A list line whose only `${name}` is empty is left out. Throws a TemplateFault that names the line.
 */
export function compile(text: string, format: Format): Template {
  const eta = new MessageEta(format)
  const source = withVariables(text.replace(/\r\n?/g, '\n'))
  try {
    const compiled = eta.compile(source)
    return (it) => compiled.call(eta, it, {})
  } catch (error) {
    throw syntaxFault(error, () => eta.compileToString(source))
  }
}

/** Eta that counts lines, and escapes for a message rather than for HTML. */
class MessageEta extends Eta {
  readonly print: (value: unknown, opening: boolean, followed: string) => string

  constructor(format: Format) {
    super({
      autoTrim: false,
      autoEscape: true,
      // What a tag prints may stand anywhere, so it is escaped as if it began its line.
      escapeFunction: (value: unknown) => escapedFor(format, value, { opening: true }),
      cache: false,
      debug: true,
      functionHeader: `const ${PRINT} = this.print;`,
    })
    this.print = (value, opening, followed) =>
      escapedFor(format, value, { opening, followed } satisfies Position)
  }

  override RuntimeErr = (error: Error, _text: string, line: number): never => {
    throw new TemplateFault(error.message, line)
  }
}

/** All variables that a template names: as `${name}`, and in its tags as `it.get('name')` or `it.v.name`. */
export function usagesIn(text: string): Usage[] {
  const outside = blankTags(text)
    .split('\n')
    .flatMap((line, index) => namesIn(line, VARIABLE, index + 1))
  const inside = [...text.matchAll(/<%[\s\S]*?%>/g)].flatMap((tag) => {
    const first = text.slice(0, tag.index).split('\n').length
    return tag[0].split('\n').flatMap((line, index) => namesIn(line, IN_TAG, first + index))
  })
  return [...outside, ...inside]
}

const IN_TAG = /\bit\s*\.\s*(?:get\s*\(\s*(?:'|")([\w.-]+)(?:'|")\s*\)|v\s*\.\s*([A-Za-z_]\w*))/g

function namesIn(text: string, pattern: RegExp, line: number): Usage[] {
  return [...text.matchAll(pattern)].map((match) => ({
    name: (match[1] ?? match[2]) as string,
    line,
  }))
}

const LIST_LINE = /^\s*(?:>\s*)?[-*+]\s/

/** So far only marks that begin a line, a list item or a quote. */
const OPENING = /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)?$/

/** `${name}` as a tag of Eta's, line by line, so that a fault names the right line. */
function withVariables(text: string): string {
  let inTag = false
  return text
    .split('\n')
    .map((line, index, lines) => {
      const startedInTag = inTag
      const replaced = line.replace(
        /<%|%>|\$\{\s*([\w.-]+)\s*\}/g,
        (whole, name: string | undefined, at: number) => {
          if (name === undefined) inTag = whole === '<%'
          return name === undefined || inTag ? whole : printed(name, line, { at, whole })
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

function printed(name: string, line: string, { at, whole }: { at: number; whole: string }): string {
  const opening = OPENING.test(line.slice(0, at))
  const next = line.slice(at + whole.length, at + whole.length + 1)
  const followed = JSON.stringify(/[[(:<]/.test(next) ? next : '')
  return `<%~ ${PRINT}(it.get(${JSON.stringify(name)}), ${opening}, ${followed}) %>`
}

/** Eta's tags as spaces, line breaks kept. */
function blankTags(text: string): string {
  return text.replace(/<%[\s\S]*?%>/g, (tag) => tag.replace(/[^\n]/g, ' '))
}
