import { textOf } from '../parsing/text.ts'
import type { Payload } from './schema.ts'
import { annotationTexts, textsOf } from './texts.ts'

/** Fields of the payload that apply to all its alerts. */
export interface Group {
  status: unknown
  /** Alerts in the group, including those that Alertmanager left out of the payload. */
  readonly count: number
  /** Alerts that Alertmanager left out. */
  readonly truncated: number
  readonly by: string
  readonly externalUrl: string | undefined
  readonly receiver: string | undefined
  readonly groupKey: string | undefined
  /** Why Alertmanager notifies (0.32 and newer). */
  readonly reason: string | undefined
  /** Grafana's title, message and state of the whole notification. */
  readonly title: string | undefined
  readonly message: string | undefined
  readonly state: string | undefined
  /** The labels by which the alerts are grouped. */
  readonly groupLabels: Readonly<Record<string, string>>
  /** Labels and annotations used where an alert has none of the same name. */
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Limit on shared labels, and on shared annotations; no legitimate payload has more. */
const MAX_SHARED = 200

/** The group of a payload; all fields but the status are read on first use, because accepting needs few. */
export class PayloadGroup implements Group {
  readonly status: unknown
  readonly #payload: Payload
  #groupLabels: Record<string, string> | undefined
  #labels: Record<string, string> | undefined
  #annotations: Record<string, string> | undefined

  constructor(payload: Payload) {
    this.status = payload.status
    this.#payload = payload
  }

  get count(): number {
    return this.#payload.alerts.length + this.truncated
  }

  get truncated(): number {
    const truncated = Number(textOf(this.#payload.truncatedAlerts) ?? 0)
    return truncated > 0 ? Math.floor(truncated) : 0
  }

  get by(): string {
    return Object.entries(this.groupLabels)
      .map(([name, value]) => `${name}=${value}`)
      .join(':')
  }

  get groupLabels(): Readonly<Record<string, string>> {
    this.#groupLabels ??= textsOf(this.#payload.groupLabels)
    return this.#groupLabels
  }

  get externalUrl(): string | undefined {
    return textOf(this.#payload.externalURL)
  }

  get receiver(): string | undefined {
    return textOf(this.#payload.receiver)
  }

  get groupKey(): string | undefined {
    return textOf(this.#payload.groupKey)
  }

  get reason(): string | undefined {
    return textOf(this.#payload.notification_reason ?? this.#payload.notificationReason)
  }

  get title(): string | undefined {
    return textOf(this.#payload.title)
  }

  get message(): string | undefined {
    return textOf(this.#payload.message)
  }

  get state(): string | undefined {
    return textOf(this.#payload.state)
  }

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
