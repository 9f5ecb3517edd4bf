import { LEVEL_NAMES, type Level } from '../model/level.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Route } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'

/** What matchers look at: the variables, and the level instead of the word that the alert used for it. */
export interface Subject {
  variables: Variables
  level: Level
}

/** Whether all matchers hold, as Alertmanager's do; a missing variable is the empty text. */
export function matches(matchers: readonly Matcher[], subject: Subject): boolean {
  return matchers.every((matcher) => {
    const text =
      matcher.name === 'alarm_level'
        ? LEVEL_NAMES[subject.level]
        : (subject.variables[matcher.name] ?? '')
    const holds = matcher.kind === 'equals' ? text === matcher.value : matcher.pattern.matches(text)
    return holds !== matcher.negated
  })
}

/** The channels of the first route that matches; none when no route does. */
export function channelsFor(routes: readonly Route[], subject: Subject): readonly string[] {
  return routes.find((route) => matches(route.matchers, subject))?.channels ?? []
}
