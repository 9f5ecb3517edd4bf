import type { GiveWay } from '../give-way.ts'
import type { MessageAlert } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Button, MessageKind } from '../model/message.ts'
import type { Channel, Language } from '../model/settings.ts'

export interface RenderSettings {
  language: Language
  timezone: string
  externalUrl: string | undefined
  /** The operator's folder; it may not exist. */
  templates: string
}

export interface CountGroup {
  level: Level
  name: string
  cluster: string
  firing: number
  resolved: number
  /** Its first alerts, of which different targets are named. */
  examples: readonly MessageAlert[]
}

export interface RenderRequest {
  channel: Channel
  now: Date
  form: 'whole' | 'lines' | 'counts'
  /** Most severe first; for counts those that may be shown whole. */
  alerts: readonly MessageAlert[]
  /** What still fires of the group of which `alerts` are the resolved ones. */
  stillFiring?: readonly MessageAlert[]
  /** How many messages may carry the alerts, of which this is the first; one where absent. */
  messages?: number
  /** How many alerts the message stands for, and from when to when they came. */
  total: number
  from: Date
  to: Date
  groups: readonly CountGroup[]
  delayed:
    | { since: Date; reason: 'penalty' | 'push_limit' | 'quota' | 'unreachable' | 'by_hand' }
    | undefined
  /** The page that lists all. */
  link: string | undefined
  /** Whether the platform's body would be within its limit. */
  fits(title: string, text: string, buttons: readonly Button[]): boolean
}

/** A share of a month's calls that is used. */
export interface QuotaWarning {
  channel: Channel
  now: Date
  percent: number
  used: number
  limit: number
  /** The robot whose own cap it is; absent for the organisation's quota. */
  robot: string | undefined
  /** When the month begins anew. */
  endsAt: Date
}

/** A message as a form makes it. */
export interface Draft {
  title: string
  text: string
  kind: MessageKind
  /** How many of the alerts, from the first, the text includes. */
  told: number
  /** False: too long to be read, so a form with less of each alert is better. */
  isReadable?: boolean
  /** Where a card's buttons lead; other formats have links in the text. */
  buttons: readonly Button[]
}

export interface Rendered extends Draft {
  /** Templates that failed, with place and line; the built-in one was used instead. */
  faults: string[]
}

export interface Renderer {
  /** A message's title and text, never empty, within what `fits` allows. Never throws. */
  render(request: RenderRequest): Rendered
  /** The warning that a share of the month's calls is used; it fits into any message. Never throws. */
  quota(warning: QuotaWarning): Pick<Rendered, 'title' | 'text' | 'faults'>
  /** Names in the channels' templates that nobody knows: quick. */
  names(): UnknownNames
  /** What fails in any situation; gives way before each. */
  failures(giveWay: GiveWay): Promise<string[]>
  /** Both, without giving way: tens of milliseconds for each channel. */
  check(): Promise<TemplateCheck>
}

export interface TemplateCheck {
  faults: string[]
  /** What fails or prints nothing in some situation; a built-in part then stands in. */
  failures: string[]
  warnings: string[]
}

/** What the names in templates alone show. */
export type UnknownNames = Omit<TemplateCheck, 'failures'>
