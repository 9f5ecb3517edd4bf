import type { Matcher } from '../model/matcher.ts'

/** Matchers as a person wrote them, or what is wrong at which character, counted from 0. */
export type ReadMatchers = (
  text: string,
) => { kind: 'read'; matchers: Matcher[] } | { kind: 'fault'; at: number; why: string }

/** The terms of a search; each word and each matcher must match. */
export interface SearchTerms {
  words: readonly string[]
  matchers: readonly Matcher[]
}

type ReadTerms = { kind: 'terms'; terms: SearchTerms } | { kind: 'fault'; at: number; why: string }

const MAX_WORDS = 5

export const NO_TERMS: SearchTerms = { words: [], matchers: [] }

/** A name, an operator, and the blanks around it. */
const HEAD = /(?:"(?:[^"\\]|\\.)*"|[^\s{}!=~,"']+)\s*(=~|!=|!~|=)\s*/suy
const BLANKS = /[\s,]+/suy
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/suy
const VALUE = /[^\s,{}"]*/suy
const WORD = /\S+/suy

/**
 * Parses a search: free words, and matchers in Alertmanager's notations, such as `instance=~"10\\."`. A bare
 * `name=value` is a word, which is searched in that variable and literally.
 */
export function termsIn(text: string, read: ReadMatchers): ReadTerms {
  const words: string[] = []
  const matchers: Matcher[] = []
  for (let at = 0; at < text.length; ) {
    at += lengthAt(BLANKS, text, at)
    const length = matchersLength(text, at)
    if (length > 0) {
      const found = read(text.slice(at, at + length))
      if (found.kind === 'fault') return { ...found, at: at + found.at }
      matchers.push(...found.matchers)
      at += length
    } else {
      const word = text.slice(at, at + lengthAt(WORD, text, at))
      at += word.length
      const wanted = word.endsWith(',') ? word.slice(0, -1) : word
      if (wanted !== '') words.push(wanted)
    }
  }
  return { kind: 'terms', terms: { words: [...new Set(words)].slice(0, MAX_WORDS), matchers } }
}

/** The length of a matcher, or of several in braces; 0 if a word begins here. */
function matchersLength(text: string, at: number): number {
  const braces = bracesLength(text, at)
  if (braces > 0 && text.slice(at, at + braces).includes('=')) return braces
  HEAD.lastIndex = at
  const [head, operator] = HEAD.exec(text) ?? []
  if (head === undefined) return 0
  const from = at + head.length
  const sign = text[from]
  if (operator === '=' && sign !== '"' && sign !== '=') return 0
  const value = sign === '"' ? lengthAt(QUOTED, text, from) : lengthAt(VALUE, text, from)
  return head.length + value
}

/** The length of braces with their content; quoted braces do not count. */
function bracesLength(text: string, from: number): number {
  if (text[from] !== '{') return 0
  let isQuoted = false
  for (let at = from + 1; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '\\' && isQuoted) at += 1
    else if (sign === '"') isQuoted = !isQuoted
    else if (sign === '}' && !isQuoted) return at + 1 - from
  }
  return text.length - from
}

function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0].length ?? 0
}
