import { goUnquoted } from '../../go-string.ts'
import { GoSyntaxError } from './syntax.ts'

/** Text between actions, or the code between the delimiters of an action. */
export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'action'; code: string; line: number; source: string }

const OPEN = '{{'
const CLOSE = '}}'
const TRIMMED_AFTER = /^[ \t\r\n]+/
const BLANK = /[ \t\r\n]/

/** Splits a template into texts and actions. Comments are dropped, and a minus trims white space. */
export function piecesOf(source: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let line = 1
  let trims = false
  while (at < source.length) {
    const open = source.indexOf(OPEN, at)
    const end = open < 0 ? source.length : open
    const raw = source.slice(at, end)
    let text = trims ? raw.replace(TRIMMED_AFTER, '') : raw
    line += countLines(raw)
    if (open < 0) {
      if (text !== '') pieces.push({ kind: 'text', text })
      break
    }
    const dashed = source[open + 2] === '-' && BLANK.test(source[open + 3] ?? '')
    if (dashed) text = trimmedEnd(text)
    if (text !== '') pieces.push({ kind: 'text', text })
    const start = open + (dashed ? 3 : 2)
    const close = closeOf(source, start, line)
    const inner = source.slice(start, close)
    trims = /[ \t\r\n]-$/.test(inner)
    const code = trims ? inner.slice(0, -1) : inner
    const written = source.slice(open, close + 2)
    if (!code.trim().startsWith('/*')) pieces.push({ kind: 'action', code, line, source: written })
    line += countLines(written)
    at = close + CLOSE.length
  }
  return pieces
}

/** The index of the closing delimiter of the action at `from`; one in a string or comment does not count. */
function closeOf(source: string, from: number, line: number): number {
  const comment = /^[ \t\r\n]*\/\*/.exec(source.slice(from, from + 200))
  let at = from
  if (comment !== null) {
    const end = source.indexOf('*/', from + comment[0].length)
    if (end < 0) throw new GoSyntaxError('unterminated comment', line)
    at = end + 2
  }
  while (at < source.length) {
    if (source.startsWith(CLOSE, at)) return at
    const character = source[at] as string
    at = /["'`]/.test(character) ? endOfQuote(source, at, line) : at + 1
  }
  throw new GoSyntaxError('unterminated action', line)
}

function endOfQuote(source: string, from: number, line: number): number {
  const quote = source[from] as string
  for (let at = from + 1; at < source.length; at += 1) {
    const character = source[at]
    if (character === '\\' && quote !== '`') at += 1
    else if (character === quote) return at + 1
    else if (character === '\n' && quote !== '`') break
  }
  throw new GoSyntaxError('unterminated string', line)
}

function trimmedEnd(text: string): string {
  let end = text.length
  while (end > 0 && BLANK.test(text[end - 1] as string)) end -= 1
  return text.slice(0, end)
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}

export type Token =
  | { kind: 'string'; value: string }
  | { kind: 'number'; value: number }
  | { kind: 'word' | 'variable' | 'field'; name: string; glued: boolean }
  | { kind: 'mark'; text: string; glued: boolean }

const TOKEN =
  /(?<blank>[ \t\r\n]+)|(?<string>"(?:[^"\\\n]|\\[^\n])*")|(?<raw>`[^`]*`)|(?<character>'(?:[^'\\\n]|\\[^\n]{1,9})')|(?<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))|(?<field>\.[\p{L}_][\p{L}\p{N}_]*)|(?<variable>\$[\p{L}\p{N}_]*)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<mark>:=|[=|(),.])/uy

/** Splits an action into tokens; `glued` means that no space precedes the token. */
export function tokensOf(code: string, line: number): Token[] {
  const tokens: Token[] = []
  const token = new RegExp(TOKEN)
  let glued = false
  while (token.lastIndex < code.length) {
    const from = token.lastIndex
    const found = token.exec(code)?.groups
    if (found === undefined)
      throw new GoSyntaxError(`unexpected ${JSON.stringify(code.slice(from, from + 12))}`, line)
    const isBlank = found['blank'] !== undefined
    if (!isBlank) tokens.push(tokenOf(found, glued, line))
    glued = !isBlank
  }
  return tokens
}

function tokenOf(found: Record<string, string | undefined>, glued: boolean, line: number): Token {
  const { string, raw, character, number, field, variable, word, mark = '' } = found
  if (string !== undefined) return { kind: 'string', value: unquoted(string, line) }
  if (raw !== undefined) return { kind: 'string', value: raw.slice(1, -1) }
  if (character !== undefined)
    return { kind: 'number', value: unquoted(character, line).codePointAt(0) ?? 0 }
  if (number !== undefined) return { kind: 'number', value: numberOf(number) }
  if (field !== undefined) return { kind: 'field', name: field.slice(1), glued }
  if (variable !== undefined) return { kind: 'variable', name: variable, glued }
  if (word !== undefined) return { kind: 'word', name: word, glued }
  return { kind: 'mark', text: mark, glued }
}

function numberOf(text: string): number {
  const plain = text.replaceAll('_', '')
  const [, sign = '', digits = plain] = /^([+-]?)(.*)$/.exec(plain) ?? []
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
  return sign === '-' ? -value : value
}

function unquoted(quoted: string, line: number): string {
  return goUnquoted(quoted, (why) => new GoSyntaxError(`a string: ${why}`, line))
}
