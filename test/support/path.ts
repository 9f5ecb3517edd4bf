import { Harness } from '../../src/simulation/harness.ts'
import { inThisThread } from '../../src/stores/sqlite/client.ts'
import type { Store } from '../../src/stores/store.ts'

/** Clones all arguments, as a worker does: values that cannot be cloned fail. */
function handedCopies(store: Store): Store {
  const verbs = Object.entries(store).map(([name, verb]) => [
    name,
    (...values: unknown[]) => verb(...structuredClone(values)),
  ])
  return Object.fromEntries(verbs)
}

export class Path extends Harness {
  override readonly store = handedCopies(inThisThread(this.sqlite))

  /** One firing alert in OCP's format. */
  ocp(target: string, changes: Record<string, string> = {}): Promise<unknown> {
    return this.post('ocp', {
      alarm_type: 'rule',
      alarm_name: 'Rule',
      alarm_target: target,
      alarm_level: '3',
      ...changes,
    })
  }
}
