import { RE2JS } from 're2js'
import { LEVEL_NAMES, levelOf } from '../model/level.ts'
import type { Matcher, Pattern } from '../model/matcher.ts'

/** Compiles a pattern that must match the whole text, on an engine with linear time. Throws an Error with the reason. */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source, RE2JS.DOTALL)
  return { source, matches: (text) => compiled.matches(text) }
}

/** Parses one of Alertmanager's matchers, such as `severity=~"critical|page"`. Throws an Error with the reason. */
export function parseMatcher(text: string): Matcher {
  const [, name, operator, raw] =
    /^([A-Za-z_][\w.-]*)\s*(=~|!~|!=|=)\s*(.*)$/s.exec(text.trim()) ?? []
  if (name === undefined || operator === undefined || raw === undefined)
    throw new Error('not a matcher; write name="value", with =, !=, =~ or !~')
  const value = unquoted(raw)
  const negated = operator.startsWith('!')
  if (operator.endsWith('~')) return { kind: 'matches', name, negated, pattern: patternOf(value) }
  if (name !== 'alarm_level') return { kind: 'equals', name, negated, value }
  const level = levelOf(value)
  if (level === undefined)
    throw new Error(
      `unknown level ${JSON.stringify(value)}; available: ${Object.values(LEVEL_NAMES).join(', ')}`,
    )
  return { kind: 'equals', name, negated, value: LEVEL_NAMES[level] }
}

/** Longer values are cut before they are matched: linear time is still a second for 20 MB. */
const MAX_MATCHED_LENGTH = 65_536

function patternOf(value: string): Pattern {
  try {
    const { source, matches } = compilePattern(value)
    return { source, matches: (text) => matches(text.slice(0, MAX_MATCHED_LENGTH)) }
  } catch (error) {
    throw new Error(`invalid pattern: ${(error as Error).message}`)
  }
}

function unquoted(raw: string): string {
  if (!raw.startsWith('"')) {
    if (/["\s]/.test(raw)) throw new Error('the value must be quoted')
    return raw
  }
  const [, inner] = /^"((?:[^"\\]|\\.)*)"$/s.exec(raw) ?? []
  if (inner === undefined) throw new Error('the closing quote is missing')
  return inner.replace(/\\(.)/gs, (_, escaped: string) =>
    escaped === 'n' ? '\n' : ['"', '\\'].includes(escaped) ? escaped : `\\${escaped}`,
  )
}
