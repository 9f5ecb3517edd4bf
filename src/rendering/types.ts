import type { MessageAlert } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Button, MessageKind } from '../model/message.ts'
import type { Channel, Language } from '../model/settings.ts'

export interface RenderSettings {
  language: Language
  timezone: string
  /** The operator's template folder; it may not exist. */
  templates: string
}

export interface CountGroup {
  level: Level
  name: string
  cluster: string
  firing: number
  resolved: number
  /** The first alerts of the group; the digest names their different targets. */
  examples: readonly MessageAlert[]
}

export interface RenderRequest {
  channel: Channel
  now: Date
  form: 'full' | 'lines' | 'counts'
  /** Most severe first. For `counts`, only the alerts that may be shown in full. */
  alerts: readonly MessageAlert[]
  /** In a recovery: the alerts of the same group that still fire. */
  stillFiring?: readonly MessageAlert[]
  /** Number of messages over which the alerts may be spread, this one included. Default 1. */
  messages?: number
  /** Number of alerts that the message represents, and when the first and the last arrived. */
  total: number
  from: Date
  to: Date
  groups: readonly CountGroup[]
  delayed:
    | { since: Date; reason: 'penalty' | 'push_limit' | 'quota' | 'unreachable' | 'by_hand' }
    | undefined
  /** Address of the page that lists all alerts. */
  link: string | undefined
  /** True if a body with this content is within the platform's limit. */
  fits(title: string, text: string, buttons: readonly Button[]): boolean
}

/** A warning that a share of the month's calls is used. */
export interface QuotaWarning {
  channel: Channel
  now: Date
  percent: number
  used: number
  limit: number
  /** The robot whose own cap is nearly used up; undefined for the organisation's quota. */
  robot: string | undefined
  /** Start of the next month, when the count is reset. */
  endsAt: Date
}

/** A message as one of the forms renders it. */
export interface Draft {
  title: string
  text: string
  kind: MessageKind
  /** Number of the request's alerts that the text includes, counted from the first. */
  included: number
  /** False if the text is too long to read, so that a shorter form is better. */
  isReadable?: boolean
  /** Buttons of an actionCard; other formats have links in the text. */
  buttons: readonly Button[]
}

/** What is wrong with the templates of a message; their built-in parts were used instead. */
export interface TemplateProblems {
  /** Errors, each with file and line. */
  faults: string[]
  /** Parts that printed nothing, each with its file. */
  blanks: string[]
}

export interface Rendered extends Draft, TemplateProblems {}

export interface Renderer {
  /**
   * Computes values of each alert and group in steps, which `render` then finds for the same request object. Calling it
   * is optional.
   */
  prepare(request: RenderRequest): Promise<void>
  /** Renders title and text: never empty, and within the limit that `fits` checks. Never throws. */
  render(request: RenderRequest): Rendered
  /** Renders only the title of a message with these alerts in full. Never empty; never throws. */
  title(
    request: Pick<RenderRequest, 'channel' | 'now' | 'alerts'>,
  ): TemplateProblems & { title: string }
  /** Renders the quota warning, which is short enough for any message. Never throws. */
  quota(warning: QuotaWarning): TemplateProblems & { title: string; text: string }
  /** Warnings about names in the channels' templates. Fast, because it renders nothing. */
  names(): string[]
  /** Renders every scenario; yields to the event loop before each. */
  trial(): Promise<Trial>
  /**
   * Runs both checks without yielding: tens of milliseconds for each channel. Also reads the templates that no channel
   * uses; a fault in one is a failure.
   */
  check(): Promise<Trial>
}

export interface Trial {
  /** Templates that cannot be read, or that fail in some scenario. */
  failures: string[]
  warnings: string[]
}
