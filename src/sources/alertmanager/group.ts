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
  #groupLabels: Record<string, string> | undefined
  #labels: Record<string, string> | undefined
  #annotations: Record<string, string> | undefined

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
  get groupLabels(): Readonly<Record<string, string>> {
    this.#groupLabels ??= textsOf(this.#payload.groupLabels)
    return this.#groupLabels
  }

  /** A field of the payload as text; the first that it has. */
  text(...names: (keyof Payload)[]): string | undefined {
    return names.map((name) => textOf(this.#payload[name])).find((text) => text !== undefined)
  }

  /** Labels that an alert has unless it has one of the same name; `annotations` likewise. */
  get labels(): Readonly<Record<string, string>> {
    this.#labels ??= first(MAX_SHARED, {
      ...textsOf(this.#payload.routeLabels),
      ...textsOf(this.#payload.commonLabels),
    })
    return this.#labels
  }

  get annotations(): Readonly<Record<string, string>> {
    this.#annotations ??= first(MAX_SHARED, annotationTexts(this.#payload.commonAnnotations))
    return this.#annotations
  }
}

function first(count: number, texts: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = Object.create(null)
  for (const [name, text] of Object.entries(texts).slice(0, count)) kept[name] = text
  return kept
}
