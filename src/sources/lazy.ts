import type { Alert } from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'

class LazyAlert implements Alert {
  readonly source: Alert['source']
  readonly status: Alert['status']
  readonly fingerprint: string
  readonly name: string
  readonly cluster: string
  readonly levelWord: string | undefined
  readonly startsAt: Date | undefined
  readonly endsAt: Date | undefined
  readonly #map: () => Variables
  #mapped: Variables | undefined

  constructor(alert: Omit<Alert, 'variables'>, map: () => Variables) {
    this.source = alert.source
    this.status = alert.status
    this.fingerprint = alert.fingerprint
    this.name = alert.name
    this.cluster = alert.cluster
    this.levelWord = alert.levelWord
    this.startsAt = alert.startsAt
    this.endsAt = alert.endsAt
    this.#map = map
  }

  get variables(): Variables {
    this.#mapped ??= this.#map()
    return this.#mapped
  }
}

/** An alert whose variables are mapped when somebody first reads them: accepting needs few of them. */
export function lazyAlert(alert: Omit<Alert, 'variables'>, variables: () => Variables): Alert {
  return new LazyAlert(alert, variables)
}
