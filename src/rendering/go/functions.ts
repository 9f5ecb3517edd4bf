import { LISTS } from './lists.ts'
import { printf } from './printf.ts'
import { TEXTS } from './texts.ts'
import { TIMES, timeFunctions } from './times.ts'

/** What a translated Go template calls as `it.go`: the functions of Go, Alertmanager and sprig, arguments in their order. */
export function goFunctions({ now, zone }: { now: Date; zone: string }) {
  return { ...LISTS, ...TEXTS, ...TIMES, ...timeFunctions(now, zone), printf }
}
