import { Harness } from '../../src/simulation/harness.ts'
import { inThisThread } from '../../src/stores/sqlite/client.ts'
import type { Store } from '../../src/stores/store.ts'

/** A store that is handed copies only, as one in a thread of its own is: what cannot be copied fails. */
function handedCopies(store: Store): Store {
  const verbs = Object.entries(store).map(([name, verb]) => [
    name,
    (...values: unknown[]) => verb(...structuredClone(values)),
  ])
  return Object.fromEntries(verbs)
}

export class Path extends Harness {
  override readonly store = handedCopies(inThisThread(this.sqlite))

  /** One firing alert as OCP sends it. */
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
