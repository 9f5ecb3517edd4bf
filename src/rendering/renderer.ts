import { AppError } from '../errors.ts'
import type { Channel } from '../model/settings.ts'
import { yieldTurn } from '../time-slices.ts'
import { RenderContext, type RenderSubject, tidy } from './context.ts'
import { groupLine, possibleHeads, renderCounts } from './forms/counts.ts'
import { renderFull } from './forms/full.ts'
import { renderLines } from './forms/lines.ts'
import { quotaTextOf } from './forms/quota-warning.ts'
import { titleOf } from './forms/title.ts'
import { checkNames, renderTrial } from './templates/check.ts'
import type { Template } from './templates/engine.ts'
import { builtInParts, faultsInFolder, faulty, type Parts, partsOf } from './templates/loader.ts'
import type { Draft, Renderer, RenderRequest, RenderSettings, Trial } from './types.ts'

/** Replaces a title of which nothing is visible. */
const UNTITLED = 'Alert'

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
  const slow = new Map<Template, number>()
  const contexts = new WeakMap<RenderSubject, RenderContext>()
  const contextFor = (subject: RenderSubject): RenderContext => {
    const existing = contexts.get(subject)
    if (existing !== undefined) return existing
    const parts = known.get(subject.channel.name)?.parts ?? partsFor(subject.channel)
    const context = new RenderContext(subject, { settings, parts, slow })
    contexts.set(subject, context)
    return context
  }
  const all = [...known.values()]
  const renderer: Omit<Renderer, 'names' | 'trial' | 'check'> = {
    prepare: (request) => prepare(request, contextFor(request)),
    render(request) {
      const context = contextFor(request)
      const made = renderForm(request, context)
      const title = made.title || UNTITLED
      return { ...made, title, text: tidy(made.text) || title, ...context.problems }
    },
    title(request) {
      const context = contextFor(request)
      return { title: titleOf(request.alerts, context) || UNTITLED, ...context.problems }
    },
    quota(warning) {
      const context = contextFor(warning)
      return { ...quotaTextOf(warning, context), ...context.problems }
    },
  }
  const names = (): string[] => checkNames(all)
  const trial = (): Promise<Trial> => renderTrial(all, renderer)
  return {
    ...renderer,
    names,
    trial,
    async check() {
      const { failures, warnings } = await trial()
      const used = all.flatMap(({ parts }) => [...parts.values()].map(({ file }) => file))
      return {
        failures: [...failures, ...faultsInFolder(settings.templates, used)],
        warnings: [...names(), ...warnings],
      }
    },
  }
}

async function prepare(
  { form, alerts, groups }: RenderRequest,
  context: RenderContext,
): Promise<void> {
  for (const entry of form === 'counts' ? possibleHeads(alerts) : alerts) {
    await yieldTurn()
    context.variablesOf(entry)
  }
  for (const group of groups) {
    await yieldTurn()
    groupLine(group, context)
  }
}

function renderForm(request: RenderRequest, context: RenderContext): Draft {
  switch (request.form) {
    case 'full':
      return renderFull(request, context)
    case 'lines':
      return renderLines(request, context)
    case 'counts':
      return renderCounts(request, context)
  }
}
