import { createContext, Script } from 'node:vm'
import { TemplateError } from './template-error.ts'

/** Limit on one call of a template's code; a usual one takes a few milliseconds. */
const MAX_CALL_MS = 1_000

/** Thrown instead of a template's result if its code does not end in time. */
export class TooSlow extends TemplateError {}

/** Returns the function with a limit on its time, which ends it even within a loop. Each call costs 0.1 ms. */
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
