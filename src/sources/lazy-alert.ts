import type { Alert } from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'

type Known = Omit<Alert, 'variables' | 'labels' | 'annotations' | 'groupLabels' | 'texts'>

/** Parts of an alert that are mapped on first use. */
interface Later {
  variables: () => Variables
  labels?: () => Variables
  annotations?: () => Variables
  groupLabels?: () => Variables
  texts?: () => Variables | undefined
}

/** An alert whose variables and labels are mapped on first use, because accepting needs few of them. */
export class LazyAlert implements Alert {
  readonly source: Alert['source']
  readonly status: Alert['status']
  readonly fingerprint: string
  readonly name: string
  readonly cluster: string
  readonly levelWord: string | undefined
  readonly startsAt: Date | undefined
  readonly endsAt: Date | undefined
  readonly retryWindowMs?: number
  readonly #later: Later
  #variables: Variables | undefined
  #labels: Variables | undefined
  #annotations: Variables | undefined
  #texts: Variables | undefined

  constructor(alert: Known, later: Later) {
    this.source = alert.source
    this.status = alert.status
    this.fingerprint = alert.fingerprint
    this.name = alert.name
    this.cluster = alert.cluster
    this.levelWord = alert.levelWord
    this.startsAt = alert.startsAt
    this.endsAt = alert.endsAt
    if (alert.retryWindowMs !== undefined) this.retryWindowMs = alert.retryWindowMs
    this.#later = later
  }

  get variables(): Variables {
    this.#variables ??= this.#later.variables()
    return this.#variables
  }

  get labels(): Variables {
    this.#labels ??= this.#later.labels?.() ?? {}
    return this.#labels
  }

  get annotations(): Variables {
    this.#annotations ??= this.#later.annotations?.() ?? {}
    return this.#annotations
  }

  get groupLabels(): Variables {
    return this.#later.groupLabels?.() ?? {}
  }

  get texts(): Variables {
    this.#texts ??= this.#later.texts?.() ?? {}
    return this.#texts
  }
}
