import { LEVEL_ALIASES, LEVEL_NAMES, type Level } from '../model/level.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Route } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'

/** What matchers compare: the variables, except that `alarm_level` is compared by level, not by the sender's word. */
export interface Subject {
  variables: Variables
  level: Level
}

/** Whether all matchers hold. As in Alertmanager, a missing variable equals the empty text. */
export function matches(matchers: readonly Matcher[], subject: Subject): boolean {
  return matchers.every((matcher) => {
    const texts =
      matcher.name === 'alarm_level'
        ? namesOf(subject.level)
        : [subject.variables[matcher.name] ?? '']
    const holds = texts.some((text) =>
      matcher.kind === 'equals' ? text === matcher.value : matcher.pattern.matches(text),
    )
    return holds !== matcher.negated
  })
}

/** All names of a level, so that a pattern may use any of them. */
function namesOf(level: Level): string[] {
  const aliases = Object.entries(LEVEL_ALIASES).filter(([, each]) => each === level)
  return [LEVEL_NAMES[level], ...aliases.map(([name]) => name)]
}

/** The channels of the first route that matches; empty if none matches. */
export function channelsFor(routes: readonly Route[], subject: Subject): readonly string[] {
  return routes.find((route) => matches(route.matchers, subject))?.channels ?? []
}
