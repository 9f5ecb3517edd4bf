import { type Variables, variablesFrom } from '../../model/variables.ts'
import { textOf } from '../parsing/text.ts'
import type { Payload } from './schema.ts'
import { annotationTexts, textsOf } from './texts.ts'

/** Limit on shared labels, and on shared annotations; no legitimate payload has more. */
const MAX_SHARED = 200

/**
 * Fields of the payload that apply to all its alerts. All but the status are read on first use, because accepting needs
 * few.
 */
export class Group {
  readonly status: unknown
  readonly #payload: Payload
  #groupLabels: Variables | undefined
  #labels: Variables | undefined
  #annotations: Variables | undefined

  constructor(payload: Payload) {
    this.status = payload.status
    this.#payload = payload
  }

  /** Alerts in the group, including those that Alertmanager left out of the payload. */
  get count(): number {
    return this.#payload.alerts.length + this.truncated
  }

  /** Alerts that Alertmanager left out. */
  get truncated(): number {
    const truncated = Number(textOf(this.#payload.truncatedAlerts) ?? 0)
    return truncated > 0 ? Math.floor(truncated) : 0
  }

  get by(): string {
    return Object.entries(this.groupLabels)
      .map(([name, value]) => `${name}=${value}`)
      .join(':')
  }

  /** The labels by which the alerts are grouped. */
  get groupLabels(): Variables {
    this.#groupLabels ??= textsOf(this.#payload.groupLabels)
    return this.#groupLabels
  }

  /** A field of the payload as text; the first that it has. */
  text(...names: (keyof Payload)[]): string | undefined {
    return names.map((name) => textOf(this.#payload[name])).find((text) => text !== undefined)
  }

  /** Labels that all alerts share; those of the alert itself take precedence. The same holds for `annotations`. */
  get labels(): Variables {
    this.#labels ??= limited({
      ...textsOf(this.#payload.routeLabels),
      ...textsOf(this.#payload.commonLabels),
    })
    return this.#labels
  }

  get annotations(): Variables {
    this.#annotations ??= limited(annotationTexts(this.#payload.commonAnnotations))
    return this.#annotations
  }
}

function limited(texts: Variables): Variables {
  return variablesFrom(Object.entries(texts).slice(0, MAX_SHARED))
}
