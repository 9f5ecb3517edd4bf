import { RE2JS } from 're2js'
import { LEVEL_NAMES, levelOf } from '../model/level.ts'
import type { Matcher, Pattern } from '../model/matcher.ts'

/** A pattern for the whole text, on an engine that takes linear time whatever the pattern. Throws what is wrong. */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source, RE2JS.DOTALL)
  return { source, matches: (text) => compiled.matches(text) }
}

/** One of Alertmanager's matchers, such as `severity=~"critical|page"`. Throws an Error that says what is wrong. */
export function parseMatcher(text: string): Matcher {
  const [, name, operator, raw] =
    /^([A-Za-z_][\w.-]*)\s*(=~|!~|!=|=)\s*(.*)$/s.exec(text.trim()) ?? []
  if (name === undefined || operator === undefined || raw === undefined)
    throw new Error('is no matcher; write name="value", with =, !=, =~ or !~')
  const value = unquoted(raw)
  const negated = operator.startsWith('!')
  if (operator.endsWith('~')) return { kind: 'matches', name, negated, pattern: patternOf(value) }
  if (name !== 'alarm_level') return { kind: 'equals', name, negated, value }
  const level = levelOf(value)
  if (level === undefined)
    throw new Error(
      `${JSON.stringify(value)} is no level; there is ${Object.values(LEVEL_NAMES).join(', ')}`,
    )
  return { kind: 'equals', name, negated, value: LEVEL_NAMES[level] }
}

/** Linear is still a second for 20 MB: of a longer value a matcher sees its beginning. */
const MAX_MATCHED_LENGTH = 65_536

function patternOf(value: string): Pattern {
  try {
    const { source, matches } = compilePattern(value)
    return { source, matches: (text) => matches(text.slice(0, MAX_MATCHED_LENGTH)) }
  } catch (error) {
    throw new Error(`is no pattern: ${(error as Error).message}`)
  }
}

function unquoted(raw: string): string {
  if (!raw.startsWith('"')) {
    if (/["\s]/.test(raw)) throw new Error('has a value that needs quotes')
    return raw
  }
  const [, inner] = /^"((?:[^"\\]|\\.)*)"$/s.exec(raw) ?? []
  if (inner === undefined) throw new Error('has a value whose quotes do not end')
  return inner.replace(/\\(.)/gs, (_, escaped: string) =>
    escaped === 'n' ? '\n' : ['"', '\\'].includes(escaped) ? escaped : `\\${escaped}`,
  )
}
