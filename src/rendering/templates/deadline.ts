import { createContext, Script } from 'node:vm'
import { TemplateError } from './template-error.ts'

/** Maximum duration of one call of a template's code. */
const MAX_CALL_MS = 1_000

/** Thrown instead of a template's result if its code does not end in time. */
export class TooSlow extends TemplateError {}

/** Limits each call to MAX_CALL_MS, even of an endless loop; then it throws TooSlow. */
export function withDeadline<A, R>(work: (it: A) => R): (it: A) => R {
  const called: { call?: () => void } = {}
  const script = new Script('call()')
  let context: ReturnType<typeof createContext> | undefined
  return (it) => {
    context ??= createContext(called)
    const results: R[] = []
    called.call = () => results.push(work(it))
    try {
      script.runInContext(context, { timeout: MAX_CALL_MS })
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      throw new TooSlow(`takes longer than ${MAX_CALL_MS / 1_000} s`)
    }
    return results[0] as R
  }
}
