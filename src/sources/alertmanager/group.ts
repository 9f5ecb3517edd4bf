import { textOf } from '../parsing/text.ts'
import type { Payload } from './schema.ts'
import { textsOf, writtenTexts } from './texts.ts'

/** What the envelope says of all its alerts. */
export interface Group {
  status: unknown
  /** Alerts in the group, with those that Alertmanager left out of the payload. */
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
  /** The labels by which it is grouped. */
  readonly groupLabels: Readonly<Record<string, string>>
  /** Labels and annotations that stand in where an alert has none of that name. */
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Names that stand in for those an alert lacks; a payload with more is none that somebody meant. */
const MAX_STAND_INS = 200

/** The envelope; all but the status is worked out when somebody first reads it, since accepting needs little. */
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
    this.#labels ??= first(MAX_STAND_INS, {
      ...textsOf(this.#payload.routeLabels),
      ...textsOf(this.#payload.commonLabels),
    })
    return this.#labels
  }

  get annotations(): Readonly<Record<string, string>> {
    this.#annotations ??= first(MAX_STAND_INS, writtenTexts(this.#payload.commonAnnotations))
    return this.#annotations
  }
}

function first(count: number, texts: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = Object.create(null)
  for (const [name, text] of Object.entries(texts).slice(0, count)) kept[name] = text
  return kept
}
