import { LISTS } from './lists.ts'
import { MAPS } from './maps.ts'
import { NUMBERS } from './numbers.ts'
import { patternFunctions } from './pattern-functions.ts'
import { Patterns } from './patterns.ts'
import { printf } from './printf.ts'
import { TEXTS } from './texts.ts'
import { TIMES, timeFunctions } from './times.ts'

/** `it.go` of a translated Go template: functions of Go, Alertmanager and sprig with the same order of arguments. */
export function goFunctions({
  now,
  zone,
  patterns = new Patterns(),
}: {
  now: Date
  zone: string
  patterns?: Patterns
}) {
  return withNil({
    ...LISTS,
    ...NUMBERS,
    ...MAPS,
    ...TEXTS,
    ...TIMES,
    ...timeFunctions(now, zone),
    ...patternFunctions(patterns),
    printf,
  })
}

/** Names of the functions that replace Go's methods. */
const METHODS = /^(?:sortedPairs|names|values|remove|time[A-Z]\w*|duration(?!Round)[A-Z]\w*)$/

/** As in Go, a method of nil is nil. */
function withNil<T extends object>(functions: T): T {
  const made = Object.entries(functions).map(([name, method]) => [
    name,
    METHODS.test(name)
      ? (value: unknown, ...args: unknown[]) =>
          value === undefined ? undefined : method(value, ...args)
      : method,
  ])
  return Object.fromEntries(made)
}
