import { Eta } from 'eta'
import type { Format } from '../../model/settings.ts'
import { AddressScan } from '../text/address.ts'
import type { Position } from '../text/escape.ts'
import { escapedFor, Markup } from '../text/markup.ts'
import { withDeadline } from './deadline.ts'
import { errorAt, syntaxError, TemplateError } from './template-error.ts'
import { VARIABLE } from './variables.ts'

/** A compiled template: renders the values in `it`. Throws a TemplateError. */
export type Template = (it: object) => string

/** A variable that a template uses, with the place of its use. */
export interface Usage {
  name: string
  line: number
  column: number
}

/** In a template with tags, `${name}` becomes a call of this function, which is in the compiled template's scope. */
const PRINT = '__print'

interface CompileOptions {
  /** False for templates that are not from a file: Eta's tags in them are plain text. */
  tags?: boolean
  /** True for the operator's templates: their code is ended if it takes too long. */
  isLimited?: boolean
  /** Templates that `include('name')` can print; entries may be added after compiling. */
  includes?: ReadonlyMap<string, Template>
}

/**
 * Compiles a template. `${name}` prints a variable, and Eta's tags contain logic; the output of both is escaped for the
 * format. A list line whose only `${name}` is empty is left out. Throws a TemplateError that names the line.
 */
export function compile(
  text: string,
  format: Format,
  { tags = true, isLimited = false, includes = NO_INCLUDES }: CompileOptions = {},
): Template {
  const normalized = normalize(text)
  const lines = linesOf(normalized, tags)
  // At each tag Eta counts the lines from the beginning, which is quadratic. So it compiles only texts with tags.
  if (!tags || !normalized.includes('<%')) return printing(lines, format)
  const eta = new MessageEta(format, includes)
  const source = lines.map(withTags).join('')
  try {
    const compiled = eta.compile(source)
    const render: Template = (it) => compiled.call(eta, it, {})
    return isLimited ? withDeadline(render) : render
  } catch (error) {
    throw syntaxError(error, () => eta.compileToString(source))
  }
}

const NO_INCLUDES: ReadonlyMap<string, Template> = new Map()

/** Rendering a template without tags stops at this length, which is three times that of the largest message. */
const MAX_PRINTED = 60_000

/** A template without tags, which needs no Eta. */
function printing(lines: readonly Line[], format: Format): Template {
  return (it) => {
    const values = it as Values
    let text = ''
    for (const { only, pieces, end } of lines) {
      if (only !== undefined && values.get(only) === '') continue
      for (const piece of pieces) {
        text +=
          typeof piece === 'string' ? piece : escapedFor(format, values.get(piece.name), piece)
        if (text.length > MAX_PRINTED) return text.slice(0, MAX_PRINTED)
      }
      text += end
    }
    return text
  }
}

interface Values {
  get(name: string): unknown
}

/** Eta with line numbers in its errors, and with escaping for messages instead of HTML. */
class MessageEta extends Eta {
  readonly print: (value: unknown, position: Position) => string

  constructor(format: Format, includes: ReadonlyMap<string, Template>) {
    super({
      autoTrim: false,
      autoEscape: true,
      // A tag may be at any position, so its output is escaped as if it began a line.
      escapeFunction: (value: unknown) => escapedFor(format, value, { opening: true }),
      cache: false,
      debug: true,
      // A missing value prints nothing, in a raw tag too.
      autoFilter: true,
      filterFunction: (value: unknown) => (value ?? '') as string,
      functionHeader: `const ${PRINT} = this.print;`,
    })
    this.print = (value, position) => escapedFor(format, value, position)
    // Eta calls this for `include`. It returns Markup, so that `<%= include(…) %>` does not escape it again.
    this.render = (name: unknown, it: object) =>
      included(String(name), it, includes) as unknown as string
  }

  override RuntimeErr = (error: Error, _text: string, line: number): never => {
    throw new TemplateError(error.message, line)
  }
}

function included(name: string, it: object, includes: ReadonlyMap<string, Template>): Markup {
  const template = includes.get(name)
  if (template === undefined)
    throw new TemplateError(`unknown template ${JSON.stringify(name)} in an include`)
  try {
    return new Markup(template(it).trimEnd())
  } catch (error) {
    throw new TemplateError(errorAt(`${name}.eta`, error))
  }
}

/** Names of the templates that a template includes, as far as they are string literals. */
export function includesIn(text: string): string[] {
  return inTags(text, /\binclude\s*\(\s*(?:'([\w.-]+)'|"([\w.-]+)")/g).map(({ name }) => name)
}

/** Fields of `it` that a template names in its tags. */
export function fieldsIn(text: string): Usage[] {
  return inTags(text, /(?<![\w.$])it\.([A-Za-z_$][\w$]*)/g)
}

/** The names that a pattern finds in a template's tags, in its first group that matched. */
function inTags(text: string, pattern: RegExp): Usage[] {
  return linesOf(normalize(text)).flatMap(({ code }, index) =>
    [...code.matchAll(pattern)].map((match) => ({
      name: match.slice(1).find((group) => group !== undefined) ?? '',
      line: index + 1,
      column: match.index + 1,
    })),
  )
}

/** Line numbers of the rules in Markdown tables; DingTalk's phones show a table's source. */
export function tablesIn(text: string): number[] {
  return linesOf(normalize(text)).flatMap(({ pieces }, index) =>
    pieces.length === 1 && typeof pieces[0] === 'string' && isTableRule(pieces[0])
      ? [index + 1]
      : [],
  )
}

function isTableRule(line: string): boolean {
  return /^[\s|:-]+$/.test(line) && line.includes('|') && line.includes('--')
}

function normalize(text: string): string {
  return text.replace(/\r\n?/g, '\n')
}

/** All variables that a template names: as `${name}`, and in its tags as `it.get('name')` or `it.v.name`. */
export function usagesIn(text: string): Usage[] {
  const outside = linesOf(normalize(text)).flatMap(({ pieces }, index) =>
    pieces.flatMap((piece) =>
      typeof piece === 'string'
        ? []
        : [{ name: piece.name, line: index + 1, column: piece.column }],
    ),
  )
  return [...outside, ...inTags(text, IN_TAG)]
}

const IN_TAG = /\bit\s*\.\s*(?:get\s*\(\s*(?:'|")([\w.-]+)(?:'|")\s*\)|v\s*\.\s*([A-Za-z_]\w*))/g

/** One line of a template. */
interface Line {
  /** Text and tags unchanged, and each `${name}` outside of tags. */
  pieces: readonly (string | Printed)[]
  /** The code in tags, with blanks for the rest of the line. */
  code: string
  /** The only variable of a list line; the line is left out if its value is empty. */
  only: string | undefined
  end: '\n' | ''
}

interface Printed extends Position {
  name: string
  column: number
}

const LIST_LINE = /^\s*(?:>\s*)?[-*+]\s/

/** Matches text that contains only the marks that begin a line, a list item or a quote. */
const OPENING = /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)?$/

const TOKEN = new RegExp(`<%|%>|${VARIABLE.source}`, 'gu')

const NONE: readonly string[] = []

/** Splits a template into lines, so that errors have the right line number. Linear in the length of the text. */
function linesOf(text: string, tags = true): Line[] {
  let inTag = false
  return text.split('\n').map((line, index, all) => {
    const end = index < all.length - 1 ? '\n' : ''
    if (!inTag && !/[$<]/.test(line))
      return { pieces: line === '' ? NONE : [line], code: '', only: undefined, end }
    const pieces: (string | Printed)[] = []
    const names: string[] = []
    let code = ''
    const startedInTag = inTag
    let from = 0
    // The end of the last token, where the code of a tag or the text between begins.
    let tokenEnd = 0
    const addresses = new AddressScan()
    for (const { 0: written, 1: name, index: at } of line.matchAll(TOKEN)) {
      if (name === undefined) {
        if (!tags) continue
        if (inTag) code = code.padEnd(tokenEnd) + line.slice(tokenEnd, at)
        else addresses.add(line.slice(tokenEnd, at))
        inTag = written === '<%'
        tokenEnd = at + written.length
      } else if (!inTag) {
        const after = at + written.length
        addresses.add(line.slice(tokenEnd, at))
        tokenEnd = after
        // Only the first variable of a line can be at the line's beginning.
        const opening = names.length === 0 && OPENING.test(line.slice(0, at))
        const followed = /^[[(:<]/.test(line[after] ?? '') ? (line[after] as string) : ''
        const { part: address } = addresses
        pieces.push(line.slice(from, at), { name, column: at + 1, opening, followed, address })
        names.push(name)
        from = after
      }
    }
    pieces.push(line.slice(from))
    if (inTag) code = code.padEnd(tokenEnd) + line.slice(tokenEnd)
    const isWhole = !startedInTag && !inTag
    return {
      pieces,
      code,
      only: isWhole && names.length === 1 && LIST_LINE.test(line) ? names[0] : undefined,
      end,
    }
  })
}

/** A line with each `${name}` as an Eta tag. */
function withTags({ pieces, only, end }: Line): string {
  const text = pieces.map((piece) => (typeof piece === 'string' ? piece : printed(piece))).join('')
  return only === undefined
    ? `${text}${end}`
    : `<% if (it.get(${JSON.stringify(only)}) !== '') { %>${text}${end}<% } %>`
}

function printed({ name, column: _, ...position }: Printed): string {
  return `<%~ ${PRINT}(it.get(${JSON.stringify(name)}), ${JSON.stringify(position)}) %>`
}
