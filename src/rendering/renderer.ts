import { AppError } from '../errors.ts'
import { type GiveWay, immediate } from '../give-way.ts'
import type { Channel } from '../model/settings.ts'
import { RenderContext, type RenderSubject } from './context.ts'
import { groupLine, renderCounts } from './forms/counts.ts'
import { renderFull } from './forms/full.ts'
import { renderLines } from './forms/lines.ts'
import { quotaTextOf } from './forms/quota-warning.ts'
import { checkNames, renderFailures } from './templates/check.ts'
import { builtInParts, faulty, type Parts, partsOf } from './templates/loader.ts'
import type { Draft, Renderer, RenderRequest, RenderSettings, UnknownNames } from './types.ts'

/** Reads and compiles all templates of the channels. Throws bad_configuration with the place of every fault. */
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
  const contexts = new WeakMap<RenderSubject, RenderContext>()
  const contextFor = (subject: RenderSubject): RenderContext => {
    const existing = contexts.get(subject)
    if (existing !== undefined) return existing
    const parts = known.get(subject.channel.name)?.parts ?? partsFor(subject.channel)
    const context = new RenderContext(subject, { settings, parts })
    contexts.set(subject, context)
    return context
  }
  const all = [...known.values()]
  const renderer: Pick<Renderer, 'prepare' | 'render' | 'quota'> = {
    async prepare(request, giveWay) {
      const context = contextFor(request)
      for (const entry of request.alerts) {
        await giveWay()
        context.variablesOf(entry)
      }
      for (const group of request.groups) {
        await giveWay()
        groupLine(group, context)
      }
    },
    render(request) {
      const context = contextFor(request)
      const made = renderForm(request, context)
      const title = made.title || 'Alert'
      return { ...made, title, text: made.text.trim() || title, faults: context.faults }
    },
    quota(warning) {
      const context = contextFor(warning)
      return { ...quotaTextOf(warning, context), faults: context.faults }
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

function renderForm(request: RenderRequest, context: RenderContext): Draft {
  switch (request.form) {
    case 'whole':
      return renderFull(request, context)
    case 'lines':
      return renderLines(request, context)
    case 'counts':
      return renderCounts(request, context)
  }
}
