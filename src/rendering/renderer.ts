import { AppError } from '../errors.ts'
import { type GiveWay, immediate } from '../give-way.ts'
import type { MessageAlert } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Button, MessageKind } from '../model/message.ts'
import type { Channel, Language } from '../model/settings.ts'
import { RenderContext, type RenderSubject } from './context.ts'
import { renderCounts, renderLines } from './forms/digest.ts'
import { renderFull } from './forms/full.ts'
import { quotaTextOf } from './forms/quota-warning.ts'
import {
  checkNames,
  renderFailures,
  type TemplateCheck,
  type UnknownNames,
} from './templates/check.ts'
import { builtInParts, faulty, type Parts, partsOf } from './templates/loader.ts'

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
  targets: readonly string[]
}

export interface RenderRequest {
  channel: Channel
  now: Date
  form: 'whole' | 'lines' | 'counts'
  /** Most severe first; empty for counts. */
  alerts: readonly MessageAlert[]
  /** What still fires of the group of which `alerts` are the resolved ones. */
  stillFiring?: readonly MessageAlert[]
  /** How many alerts the message stands for, and from when to when they came. */
  total: number
  from: Date
  to: Date
  groups: readonly CountGroup[]
  delayed: { since: Date; reason: 'penalty' | 'push_limit' | 'quota' | 'unreachable' } | undefined
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
  /** How many of the alerts, from the first, the text tells. */
  told: number
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

/** Reads and compiles all templates of the channels; AppError bad_configuration names every fault's place. */
export function createRenderer(settings: RenderSettings, channels: Iterable<Channel>): Renderer {
  const builtIns = builtInParts()
  const partsFor = (channel: Channel): Parts =>
    partsOf(channel, { folder: settings.templates, builtIns })
  const known = new Map<string, { channel: Channel; parts: Parts }>()
  const faults = new Set<string>()
  for (const channel of channels)
    try {
      known.set(channel.name, { channel, parts: partsFor(channel) })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      for (const fault of error.faults) faults.add(fault)
    }
  if (faults.size > 0) throw faulty([...faults])
  const makingOf = (asked: RenderSubject): RenderContext => {
    const parts = known.get(asked.channel.name)?.parts ?? partsFor(asked.channel)
    return new RenderContext(asked, { settings, parts })
  }
  const all = [...known.values()]
  const renderer: Pick<Renderer, 'render' | 'quota'> = {
    render(request) {
      const making = makingOf(request)
      const made = renderForm(request, making)
      const title = made.title || 'Alert'
      return { ...made, title, text: made.text.trim() || title, faults: making.faults }
    },
    quota(warning) {
      const making = makingOf(warning)
      return { ...quotaTextOf(warning, making), faults: making.faults }
    },
  }
  const names = (): UnknownNames => checkNames(all)
  const failures = (giveWay: GiveWay): Promise<string[]> => renderFailures(all, renderer, giveWay)
  return {
    ...renderer,
    names,
    failures,
    check: async () => ({ ...names(), failures: await failures(immediate) }),
  }
}

function renderForm(request: RenderRequest, making: RenderContext): Draft {
  switch (request.form) {
    case 'whole':
      return renderFull(request, making)
    case 'lines':
      return renderLines(request, making)
    case 'counts':
      return renderCounts(request, making)
  }
}
