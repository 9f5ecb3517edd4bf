import { goUnquoted } from './go-string.ts'

/** The parts of one matcher, and the offsets at which they begin in the text. */
export interface MatcherTerm {
  name: string
  operator: string
  value: string
  nameAt: number
  valueAt: number
}

/** An error in a text, and the index of the character where it is, counted from 0. */
export class SyntaxFault extends Error {
  override name = 'SyntaxFault'
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

type Kind = 'open' | 'close' | 'comma' | 'operator' | 'quoted' | 'word' | 'wrong' | 'end'

interface Token {
  kind: Kind
  text: string
  at: number
}

const TOKENS: readonly (readonly [Kind, RegExp])[] = [
  ['open', /\{/y],
  ['close', /\}/y],
  ['comma', /,/y],
  ['operator', /=~|!=|!~|=/y],
  ['quoted', /"(?:[^"\\]|\\.)*"/suy],
  ['word', /[^\p{White_Space}{}!=~,\\"'`]+/uy],
  ['wrong', /./suy],
]

/**
 * Parses Alertmanager's notation since 0.27 (matcher/parse): names and values are words or quoted, in UTF-8. A quoted
 * text has Go's escapes. Throws a SyntaxFault.
 */
export function readUtf8Matchers(text: string): MatcherTerm[] {
  const tokens = new Tokens(text)
  const hasBrace = tokens.take('open') !== undefined
  const terms: MatcherTerm[] = []
  while (!tokens.is('close', 'end')) {
    terms.push(termFrom(tokens))
    if (tokens.take('comma') === undefined && !tokens.is('close', 'end'))
      throw tokens.unexpected('a comma')
  }
  if (hasBrace !== (tokens.take('close') !== undefined))
    throw tokens.unexpected(hasBrace ? 'a closing brace' : 'an opening brace at the beginning')
  if (!tokens.is('end')) throw tokens.unexpected('the end')
  return terms
}

function termFrom(tokens: Tokens): MatcherTerm {
  const name = tokens.take('word', 'quoted')
  if (name === undefined) throw tokens.unexpected('a name')
  const operator = tokens.take('operator')
  if (operator === undefined) throw tokens.unexpected('an operator: =, !=, =~ or !~')
  const value = tokens.take('word', 'quoted')
  if (value === undefined) throw tokens.unexpected('a value', operator)
  return {
    name: textOf(name),
    operator: operator.text,
    value: textOf(value),
    nameAt: name.at,
    valueAt: value.at,
  }
}

function textOf({ kind, text, at }: Token): string {
  if (kind !== 'quoted') return text
  const lineEnd = text.indexOf('\n')
  if (lineEnd >= 0) throw new SyntaxFault('has a line end within quotes; write \\n', at + lineEnd)
  return goUnquoted(text, (why, index) => new SyntaxFault(why, at + index))
}

class Tokens {
  readonly #text: string
  #next: Token

  constructor(text: string) {
    this.#text = text
    this.#next = this.#tokenAt(0)
  }

  is(...kinds: Kind[]): boolean {
    return kinds.includes(this.#next.kind)
  }

  /** Consumes the next token if it is one of the kinds; undefined otherwise. */
  take(...kinds: Kind[]): Token | undefined {
    const token = this.#next
    if (!kinds.includes(token.kind)) return undefined
    this.#next = this.#tokenAt(token.at + token.text.length)
    return token
  }

  unexpected(wanted: string, after?: Token): SyntaxFault {
    const { kind, text, at } = this.#next
    if (kind === 'wrong')
      return new SyntaxFault(WRONG_SIGNS[text] ?? `has ${text}, which needs double quotes`, at)
    if (after?.text === '=' && text === '=')
      return new SyntaxFault('== is not an operator; write =', after.at)
    const found = kind === 'end' ? 'the end' : JSON.stringify(text.slice(0, 40))
    return new SyntaxFault(`expected ${wanted}, found ${found}`, at)
  }

  #tokenAt(from: number): Token {
    const at = from + (matchAt(BLANKS, this.#text, from)?.length ?? 0)
    for (const [kind, pattern] of TOKENS) {
      const text = matchAt(pattern, this.#text, at)
      if (text !== undefined) return { kind, text, at }
    }
    return { kind: 'end', text: '', at }
  }
}

const BLANKS = /\p{White_Space}+/uy

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

const WRONG_SIGNS: Readonly<Record<string, string>> = {
  '"': 'has quotes that do not end',
  "'": 'has single quotes, which are not supported; write double quotes',
  '`': 'has a backquote, which is not supported; write double quotes',
}

const CLASSIC = /^([\t\n\f\r ]*)([a-zA-Z_:][\w:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*/

/**
 * Parses the classic notation, which all versions of Alertmanager accept (pkg/labels): an ASCII name, and a value that
 * may be quoted. Its escapes are `\"`, `\n` and `\\`; any other backslash is literal. Undefined for a syntax error.
 */
export function readClassicMatchers(text: string): MatcherTerm[] | undefined {
  const start = text.startsWith('{') ? 1 : 0
  const end = text.length - (text.length > start && text.endsWith('}') ? 1 : 0)
  const terms: MatcherTerm[] = []
  let from = start
  for (const to of [...commasIn(text.slice(start, end)).map((at) => at + start), end]) {
    const part = text.slice(from, to)
    // A trailing comma is allowed.
    if (to === end && part.trim() === '') break
    const term = readClassicMatcher(part, from)
    if (term === undefined) return undefined
    terms.push(term)
    from = to + 1
  }
  return terms
}

/** The offsets of the commas outside of quotes. */
function commasIn(text: string): number[] {
  const commas: number[] = []
  let isQuoted = false
  let isEscaped = false
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === ',' && !isQuoted) commas.push(at)
    else if (sign === '"' && !isEscaped) isQuoted = !isQuoted
    isEscaped = sign === '\\' && !isEscaped
  }
  return commas
}

function readClassicMatcher(part: string, offset: number): MatcherTerm | undefined {
  const [head, blanks = '', name, operator] = CLASSIC.exec(part) ?? []
  if (head === undefined || name === undefined || operator === undefined) return undefined
  const value = classicValue(withoutEndBlanks(part.slice(head.length)))
  const at = { nameAt: offset + blanks.length, valueAt: offset + head.length }
  return value === undefined ? undefined : { name, operator, value, ...at }
}

/** Removes trailing blanks in linear time; a regular expression would start again at every blank. */
function withoutEndBlanks(text: string): string {
  let end = text.length
  while (end > 0 && '\t\n\f\r '.includes(text[end - 1] as string)) end -= 1
  return text.slice(0, end)
}

function classicValue(written: string): string | undefined {
  const isQuoted = written.startsWith('"')
  const raw = isQuoted ? written.slice(1) : written
  let value = ''
  let closed = !isQuoted
  for (let at = 0; at < raw.length; at += 1) {
    const sign = raw[at] as string
    const isLast = at === raw.length - 1
    if (sign === '\\' && !isLast) {
      at += 1
      const next = raw[at] as string
      if (next === 'n') value += '\n'
      else value += next === '"' || next === '\\' ? next : `\\${next}`
    } else if (sign === '"') {
      if (!isQuoted || !isLast) return undefined
      closed = true
    } else value += sign
  }
  return closed ? value : undefined
}
