import type { Clock } from './clock.ts'
import type { Loaded } from './config/load.ts'
import { proxyNotes } from './config/proxy.ts'
import { assertRestartOnlyUnchanged } from './config/restart-only.ts'
import { templateFaults } from './config/texts.ts'
import { localIsAdmin, securityWarnings } from './decisions/security-warnings.ts'
import { AppError, messageOf } from './errors.ts'
import type { Events } from './events.ts'
import { type Metrics, primeMetrics } from './metrics.ts'
import { levelOf } from './model/level.ts'
import type { Settings } from './model/settings.ts'
import { createRenderer } from './rendering/renderer.ts'
import type { Renderer } from './rendering/types.ts'
import { yieldTurn } from './time-slices.ts'

export interface ConfigurationDeps {
  /** Reads the configuration; called at start and at each reload. */
  load: () => Loaded
  clock: Clock
  events: Events
  metrics: Metrics
  /** False once shutdown has begun. */
  isOpen: () => boolean
}

/** The current configuration. */
export interface Configuration {
  loaded(): Loaded
  settings(): Settings
  renderer(): Renderer
  /** Warnings about the configuration, the templates, insecure access, and unknown names and levels in alerts. */
  warnings(): string[]
  /** The last configuration that was refused, until a valid one is loaded. */
  refused(): { at: Date; faults: readonly string[] } | undefined
  /** The faults for which a template's name or text would be refused in the configuration. */
  templateFaults(template: string): string[]
  /** Applies a new configuration, or rejects with its faults and keeps the old one. */
  reload(): Promise<void>
  /** Creates the metrics of its robots and channels, and logs the configuration with its warnings. */
  announce(): void
  /** Adds a warning for each template that fails or prints nothing in a scenario; the built-in one replaces it there. */
  checkTemplates(): Promise<void>
}

/** Loads the configuration. Throws AppError bad_configuration with its faults. */
export function createConfiguration(deps: ConfigurationDeps): Configuration {
  const { clock, events } = deps
  let inForce = prepare(deps.load())
  let refused: ReturnType<Configuration['refused']>
  const settings = (): Settings => inForce.loaded.settings
  return {
    loaded: () => inForce.loaded,
    settings,
    renderer: () => inForce.renderer,
    warnings: () => [
      ...securityWarnings(settings(), clock.now()).map(({ explanation }) => explanation),
      ...inForce.warnings,
      ...events.unknownNames().map(unknownNameWarning),
      ...unknownLevelsWarning(events.unknownLevels()),
    ],
    refused: () => refused,
    templateFaults,
    async reload() {
      try {
        await yieldTurn()
        const next = prepare(deps.load())
        assertRestartOnlyUnchanged(settings(), next.loaded.settings)
        const { failures, warnings } = await next.renderer.trial()
        const [first] = failures
        if (first !== undefined)
          throw new AppError('bad_configuration', first, { faults: failures })
        if (!deps.isOpen())
          throw new AppError('shutting_down', 'shutting down; nothing was reloaded')
        inForce = withWarnings(next, warnings)
        refused = undefined
        forgetKnown(settings(), events)
      } catch (error) {
        const found = error instanceof AppError ? error.faults : []
        const faults = found.length > 0 ? found : [messageOf(error)]
        refused = { at: clock.now(), faults }
        events.configRefused(faults)
        throw error
      }
    },
    announce: () => announce(inForce, deps),
    async checkTemplates() {
      const checked = inForce
      const { failures, warnings } = await checked.renderer.trial()
      const found = [...failures, ...warnings]
      if (found.length === 0 || inForce !== checked) return
      inForce = withWarnings(checked, found)
      for (const warning of found) events.configWarned(warning)
    },
  }
}

/** A configuration that is ready to be applied. */
interface Prepared {
  loaded: Loaded
  renderer: Renderer
  /** Warnings about the configuration and its templates. */
  warnings: readonly string[]
}

/**
 * Prepares a configuration, but does not try its templates in all scenarios, which takes longer. A reload does so
 * afterwards, and refuses a template that fails, because the old configuration continues. A start only warns, because
 * the built-in template takes over, and refusing to start would deliver nothing.
 */
function prepare(loaded: Loaded): Prepared {
  const renderer = createRenderer(loaded.settings, loaded.settings.channels.values())
  return { loaded, renderer, warnings: [...loaded.warnings, ...renderer.names()] }
}

function withWarnings(prepared: Prepared, found: readonly string[]): Prepared {
  return { ...prepared, warnings: [...prepared.warnings, ...found] }
}

/** Ends the warnings about words and names that the configuration now contains. */
function forgetKnown(settings: Settings, events: Events): void {
  const { channels, people, rotas } = settings
  // A word that only some channels know is reported again by the next alert of another channel.
  const vocabularies = [settings, ...channels.values()]
  events.forgetLevels((word) => vocabularies.some(({ levels }) => levelOf(word, levels)))
  const isKnown = (name: string): boolean => people.has(name) || rotas.has(name)
  events.forgetNames((name) => isKnown(name) || name.split(/\s+/).every(isKnown))
}

/** The warning about a name from a label that matches no person. */
function unknownNameWarning({ channel, name }: { channel: string; name: string }): string {
  return `channel ${channel}: a label contains the name ${JSON.stringify(name)}, which is neither in people nor in oncall; it mentions nobody`
}

const MAX_WORDS_LISTED = 10

/** One warning about level words that neither the configuration nor the built-in table contains. */
function unknownLevelsWarning(words: readonly string[]): string[] {
  if (words.length === 0) return []
  const listed = words.slice(0, MAX_WORDS_LISTED).map((word) => JSON.stringify(word))
  const more = words.length - listed.length
  return [
    `unknown level words, handled as level 3 (Warning): ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}; give them a level under "levels"`,
  ]
}

function announce({ loaded, warnings }: Prepared, deps: ConfigurationDeps): void {
  const { clock, events, metrics } = deps
  const { robots, channels, access } = loaded.settings
  primeMetrics(metrics, { robots: robots.keys(), channels: channels.keys() })
  events.configLoaded(clock.now(), {
    file: loaded.file,
    robots: robots.size,
    channels: channels.size,
  })
  for (const warning of warnings) events.configWarned(warning)
  for (const note of proxyNotes(loaded.settings)) events.robotsProxied(note)
  for (const { kind, explanation } of securityWarnings(loaded.settings, clock.now()))
    events.exposed(kind, explanation)
  if (localIsAdmin(access)) events.adminIsLocal()
}
