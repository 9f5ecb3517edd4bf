import type { Alert } from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'

type PartName = 'variables' | 'labels' | 'annotations' | 'groupLabels' | 'texts'

/** Maps the parts of an alert on first use; an alert without a mapping for a part has none of it. */
type Later = { [part in PartName]?: () => Variables | undefined }

const NONE: Variables = Object.freeze(Object.create(null))

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
  #mapped: Partial<Record<PartName, Variables>> | undefined

  constructor(alert: Omit<Alert, PartName>, later: Later) {
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
    return this.#part('variables')
  }

  get labels(): Variables {
    return this.#part('labels')
  }

  get annotations(): Variables {
    return this.#part('annotations')
  }

  get groupLabels(): Variables {
    return this.#part('groupLabels')
  }

  get texts(): Variables {
    return this.#part('texts')
  }

  #part(name: PartName): Variables {
    this.#mapped ??= {}
    this.#mapped[name] ??= this.#later[name]?.() ?? NONE
    return this.#mapped[name]
  }
}
