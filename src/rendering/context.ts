import type { MessageAlert } from '../model/alert.ts'
import type { Language } from '../model/settings.ts'
import { goFunctions } from './go/functions.ts'
import { Patterns } from './go/patterns.ts'
import { type Word, wordIn } from './i18n.ts'
import { TooSlow } from './templates/deadline.ts'
import type { Template } from './templates/engine.ts'
import type { Part, PartSource, Parts } from './templates/loader.ts'
import { errorAt } from './templates/template-error.ts'
import { type Locale, variablesFor } from './templates/variables.ts'
import { durationWord, elapsedWord } from './text/duration.ts'
import { levelTextOf } from './text/level.ts'
import { escapedFor, markupOf } from './text/markup.ts'
import { timeAs, timeFor, timeInZone } from './text/time.ts'
import type { RenderRequest, RenderSettings, TemplateProblems } from './types.ts'

/** The part of a request that every message needs, quota warnings included. */
export type RenderSubject = Pick<RenderRequest, 'channel' | 'now'>

/** After this many calls in a row that took too long, a template is not called again until the next reload. */
const MAX_SLOW_CALLS = 3

interface ContextDeps {
  settings: RenderSettings
  parts: Parts
  /** How many calls of each template in a row took too long. */
  slow: Map<Template, number>
}

/** Language, time zone, format and templates with which one message is rendered. */
export class RenderContext {
  readonly now: Date
  readonly language: Language
  readonly zone: string
  readonly channel: RenderRequest['channel']
  readonly markup: ReturnType<typeof markupOf>
  readonly #parts: Parts
  readonly #locale: Locale
  readonly #faults = new Set<string>()
  readonly #blanks = new Set<string>()
  readonly #slow: Map<Template, number>
  /** The operator's parts that rendered text of this message. */
  readonly #ownUsed = new Set<PartSource>()
  #isBuiltInOnly = false
  readonly patterns = new Patterns()
  #go: ReturnType<typeof goFunctions> | undefined
  readonly #made = new Map<string, WeakMap<object, unknown>>()
  /** Formatted times. A digest tries several lengths with the same times; Luxon took a third of its time. */
  readonly #times = new Map<string, string>()

  constructor({ channel, now }: RenderSubject, { settings, parts, slow }: ContextDeps) {
    this.#slow = slow
    this.now = now
    this.channel = channel
    this.language = channel.language ?? settings.language
    this.zone = channel.timezone ?? settings.timezone
    this.markup = markupOf(channel.format)
    this.#parts = parts
    this.#locale = {
      language: this.language,
      inZone: (text) => this.#timeOf(`in zone ${text}`, () => timeInZone(text, this.zone)),
    }
  }

  get problems(): TemplateProblems {
    return { faults: [...this.#faults], blanks: [...this.#blanks] }
  }

  /** Renders a part, or its built-in part if it fails or prints nothing. So a faulty template loses no alert. */
  renderPart(part: Part, it: object): string | undefined {
    const source = this.#parts.get(part)
    if (source === undefined) return undefined
    if (source.own && this.#isBuiltInOnly) return builtInOf(source, it)
    const slow = this.#slow.get(source.template) ?? 0
    if (slow >= MAX_SLOW_CALLS) {
      this.#faults.add(
        `${source.file}: took too long, and is not called again until the next reload`,
      )
      return builtInOf(source, it)
    }
    try {
      const text = tidy(this.patterns.within(part, () => source.template(it)))
      if (slow > 0) this.#slow.delete(source.template)
      if (source.own && part !== 'title') this.#ownUsed.add(source)
      if (text !== '') return text
      this.#blanks.add(
        `${source.file}: prints nothing for the part ${part} of some messages, which then have the built-in part`,
      )
    } catch (error) {
      if (error instanceof TooSlow) this.#slow.set(source.template, slow + 1)
      this.#faults.add(errorAt(source.file, error))
    }
    return builtInOf(source, it)
  }

  has(part: Part): boolean {
    const source = this.#parts.get(part)
    return source !== undefined && !(this.#isBuiltInOnly && source.own && !source.fallback)
  }

  /** From now on renders built-in parts instead of the operator's, and reports why. False if none was in use. */
  replaceOwnParts(why: string): boolean {
    if (this.#isBuiltInOnly || this.#ownUsed.size === 0) return false
    for (const { file } of this.#ownUsed) this.#faults.add(`${file}: ${why}`)
    this.#isBuiltInOnly = true
    return true
  }

  /** The functions that Go templates can call. */
  get go(): ReturnType<typeof goFunctions> {
    this.#go ??= goFunctions(this)
    return this.#go
  }

  /** The variables of an alert, as templates read them. */
  variablesOf(entry: MessageAlert) {
    return this.memo('variables', entry, () => variablesFor(entry, this.channel, this.#locale))
  }

  /** Computes a value of an alert or group once, however many lengths of the message are tried. */
  memo<T>(what: string, entry: object, make: () => T): T {
    let made = this.#made.get(what) as WeakMap<object, T> | undefined
    if (made === undefined) {
      made = new WeakMap()
      this.#made.set(what, made)
    }
    let value = made.get(entry)
    if (value === undefined) {
      value = make()
      made.set(entry, value)
    }
    return value
  }

  word(word: Word, values?: Readonly<Record<string, string | number>>): string {
    return wordIn(this.language, word, values)
  }

  /** Escapes a value of an alert for any position in a line. */
  escaped(text: string): string {
    return escapedFor(this.channel.format, text, { opening: true })
  }

  count(count: number): string {
    return count === 1 ? this.word('countOne') : this.word('count', { n: count })
  }

  time(instant: Date, pattern?: string, zone = this.zone): string {
    return this.#timeOf(`${instant.getTime()} ${pattern ?? ''} ${zone}`, () =>
      pattern === undefined
        ? timeFor(instant, { zone, now: this.now })
        : timeAs(pattern, instant, zone),
    )
  }

  #timeOf(key: string, format: () => string): string {
    const known = this.#times.get(key)
    if (known !== undefined) return known
    const text = format()
    this.#times.set(key, text)
    return text
  }

  /** The time of day without seconds, for lines of a list; with the date unless it is the day of the message. */
  minute(instant: Date): string {
    return this.time(instant).replace(/:\d\d$/, '')
  }

  /** Date and time of the message. Durations in it are as of this time, however late it is read. */
  get asOf(): string {
    return this.time(this.now, 'MM-dd HH:mm')
  }

  /** Time from `instant` to the message; undefined below 10 seconds. */
  elapsed(instant: Date): string | undefined {
    return elapsedWord(this.language, instant, this.now)
  }

  duration(ms: number): string {
    return durationWord(this.language, ms)
  }

  /** The time since `instant`, in words. */
  since(instant: Date): string {
    return this.duration(this.now.getTime() - instant.getTime())
  }

  /** An alert's level in words; empty if the alert names none. */
  levelText(entry: Pick<MessageAlert, 'alert' | 'level'>): string {
    return levelTextOf(entry, { language: this.language, levels: this.channel.levels })
  }
}

/** The text of the built-in part; undefined without one, or if it fails as well. */
function builtInOf({ fallback }: PartSource, it: object): string | undefined {
  try {
    return fallback === undefined ? undefined : tidy(fallback(it)) || undefined
  } catch {
    return undefined
  }
}

/** Merges consecutive blank lines, which missing values leave behind, and removes those at both ends. */
export function tidy(text: string): string {
  const merged = text.replace(/\n(?:[ \t]*\n){2,}/g, '\n\n')
  return merged.replace(/^(?:[ \t]*\n)+/, '').trimEnd()
}
