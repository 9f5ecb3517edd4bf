import { RE2JS } from 're2js'
import { LEVEL_NAMES, levelOf } from '../model/level.ts'
import type { Matcher, Pattern } from '../model/matcher.ts'
import {
  type MatcherTerm,
  readClassicMatchers,
  readUtf8Matchers,
  SyntaxFault,
} from './matcher-syntax.ts'
import type { Fault, Path } from './settings-context.ts'
import { warnOfNearMiss } from './texts.ts'

/** Compiles a pattern that must match the whole text, on an engine with linear time. Throws an Error with the reason. */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source, RE2JS.DOTALL)
  return { source, matches: (text) => compiled.matches(text) }
}

/**
 * Parses Alertmanager's matchers, such as `severity=~"critical|page", team=db`, with or without braces, like
 * Alertmanager 0.27 and newer: where its two notations differ, the classic one applies. Throws a SyntaxFault if both
 * refuse the text, and for likely mistakes that the classic one accepts.
 */
export function parseMatchers(text: string): Matcher[] {
  return termsIn(text).map(matcherFrom)
}

/** Like parseMatchers, but returns a syntax error with the index of its character instead of throwing it. */
export function readMatchers(
  text: string,
): { kind: 'read'; matchers: Matcher[] } | { kind: 'fault'; at: number; why: string } {
  try {
    return { kind: 'read', matchers: parseMatchers(text) }
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    return { kind: 'fault', at: error.at, why: error.message }
  }
}

/** Parses matchers from a list or from one text. Reports faults, and warns of likely misspellings of variables. */
export function matchersAt(
  texts: string | readonly string[] | undefined,
  path: Path,
  { fault, warn }: { fault: Fault; warn: Fault },
): Matcher[] {
  const read = (text: string, where: Path): Matcher[] => {
    try {
      const terms = termsIn(text)
      for (const { name, nameAt } of terms) warnOfNearMiss(name, { at: where, index: nameAt, warn })
      return terms.map(matcherFrom)
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error
      fault(where, error.message, error.at)
      return []
    }
  }
  return typeof texts === 'string'
    ? read(texts, path)
    : (texts ?? []).flatMap((text, index) => read(text, [...path, index]))
}

function termsIn(text: string): MatcherTerm[] {
  const classic = readClassicMatchers(text)
  let refusal: SyntaxFault
  try {
    const terms = readUtf8Matchers(text)
    return classic ?? terms
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    refusal = error
  }
  if (classic === undefined) throw refusal
  // The classic notation accepts nearly any text as a value, so likely mistakes are checked here.
  assertBalanced(text, classic)
  for (const term of classic) assertNoLikelyMistake(term, text)
  return classic
}

/** Throws SyntaxFault for an unpaired brace, which the classic notation drops: it would read `a=~x{2}` as `a=~x{2`. */
function assertBalanced(text: string, terms: readonly MatcherTerm[]): void {
  const outside = terms.map(({ valueAt, value }) => (text[valueAt] === '"' ? '' : value)).join('')
  const opened = text.startsWith('{')
  const closed = text.endsWith('}')
  if (opened === closed && count(outside, '{') === count(outside, '}')) return
  if (opened && !closed)
    throw new SyntaxFault('expected a closing brace, found the end', text.length)
  const last = terms.at(-1)
  throw new SyntaxFault(
    last !== undefined && outside.includes('{')
      ? 'has a value with braces, which needs double quotes'
      : 'has a closing brace without an opening one',
    closed ? text.length - 1 : (last?.valueAt ?? 0),
  )
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1
}

function assertNoLikelyMistake({ value, valueAt }: MatcherTerm, text: string): void {
  if (text[valueAt] === '"') return
  if (value.startsWith('=') && text[valueAt - 1] === '=')
    throw new SyntaxFault('== is not an operator; write =', valueAt - 1)
  if (/^[=~!]/.test(value))
    throw new SyntaxFault(
      `has a value that begins with ${value[0]}, which needs double quotes`,
      valueAt,
    )
  if (/^['`]|['`]$/.test(value))
    throw new SyntaxFault(
      'has a value in single quotes, which are not supported; write double quotes',
      valueAt,
    )
  const another = /\s(?:and\s+|or\s+|&&?\s*|;\s*)?[\w.:/-]+\s*(?:=~|!=|!~|=)/i.exec(value)
  if (another !== null)
    throw new SyntaxFault(
      'has another matcher within its value; separate matchers by a comma, or quote the value',
      valueAt + another.index,
    )
}

function matcherFrom({ name, operator, value, nameAt, valueAt }: MatcherTerm): Matcher {
  if (name === '') throw new SyntaxFault('has no name before its operator', nameAt)
  const negated = operator.startsWith('!')
  if (operator.endsWith('~'))
    return { kind: 'matches', name, negated, pattern: patternFrom(value, valueAt) }
  if (name !== 'alarm_level') return { kind: 'equals', name, negated, value }
  const level = levelOf(value)
  if (level === undefined)
    throw new SyntaxFault(
      `${JSON.stringify(value)} is not a level; available: ${Object.values(LEVEL_NAMES).join(', ')}`,
      valueAt,
    )
  return { kind: 'equals', name, negated, value: LEVEL_NAMES[level] }
}

/** Longer values are cut before they are matched: 20 MB would take a second even in linear time. */
const MAX_MATCHED_LENGTH = 65_536

function patternFrom(value: string, at: number): Pattern {
  try {
    const { source, matches } = compilePattern(value)
    return { source, matches: (text) => matches(text.slice(0, MAX_MATCHED_LENGTH)) }
  } catch (error) {
    throw new SyntaxFault(`is not a pattern: ${(error as Error).message}`, at)
  }
}
