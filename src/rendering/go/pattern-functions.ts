import type { Match, Patterns } from './patterns.ts'
import { numberOf, textOf } from './values.ts'

/** Regular-expression functions of Go and sprig. As in Go, the engine takes linear time for a match. */
export function patternFunctions(patterns: Patterns) {
  const matched = (pattern: unknown, text: unknown): boolean =>
    found(patterns, pattern, text, 1).length > 0
  return {
    match: matched,
    regexMatch: matched,
    mustRegexMatch: matched,
    reReplaceAll: (pattern: unknown, by: unknown, text: unknown) =>
      replaced(patterns, pattern, text, expanded(by)),
    regexReplaceAll: (pattern: unknown, text: unknown, by: unknown) =>
      replaced(patterns, pattern, text, expanded(by)),
    regexReplaceAllLiteral: (pattern: unknown, text: unknown, by: unknown) =>
      replaced(patterns, pattern, text, () => textOf(by)),
    regexFind: (pattern: unknown, text: unknown) => found(patterns, pattern, text, 1)[0] ?? '',
    regexFindAll: (pattern: unknown, text: unknown, most: unknown) =>
      found(patterns, pattern, text, numberOf(most)),
    regexSplit: (pattern: unknown, text: unknown, most: unknown) =>
      split(patterns, pattern, text, Math.max(0, numberOf(most))),
  }
}

function found(patterns: Patterns, pattern: unknown, text: unknown, most: number): string[] {
  const all: string[] = []
  if (most === 0) return all
  for (const match of patterns.matches(textOf(pattern), patterns.searched(textOf(text)).text)) {
    all.push(match.group(0))
    if (all.length === most) break
  }
  return all
}

type Replacement = (group: Match['group']) => string

/** Cuts a text at the search limit, because the rest may contain what the replacement should hide. */
function replaced(patterns: Patterns, pattern: unknown, whole: unknown, by: Replacement): string {
  const { text, isCut } = patterns.searched(textOf(whole))
  let [made, from] = ['', 0]
  for (const { start, end, group } of patterns.matches(textOf(pattern), text)) {
    made += text.slice(from, start) + by(group)
    from = end
  }
  return `${made}${text.slice(from)}${isCut ? '…' : ''}`
}

/** Expands `$1` and `${name}` to groups, as Go does; an unknown group is empty. */
function expanded(template: unknown): Replacement {
  return (group) =>
    textOf(template).replace(
      /\$(?:\$|(\w+)|\{(\w+)\})/g,
      (written, bare?: string, braced?: string) => {
        const name = bare ?? braced
        if (name === undefined) return written === '$$' ? '$' : written
        try {
          return group(/^\d+$/.test(name) ? Number(name) : name)
        } catch {
          return ''
        }
      },
    )
}

/** The texts between the matches, at most `most`; 0 means all, without empty ones at the end. */
function split(patterns: Patterns, pattern: unknown, whole: unknown, most: number): string[] {
  const { text } = patterns.searched(textOf(whole))
  const parts: string[] = []
  let from = 0
  for (const { start, end } of patterns.matches(textOf(pattern), text)) {
    if (end === 0) continue
    if (most > 0 && parts.length >= most - 1) break
    parts.push(text.slice(from, start))
    from = end
  }
  parts.push(text.slice(from))
  while (most === 0 && from > 0 && parts.at(-1) === '') parts.pop()
  return parts
}
