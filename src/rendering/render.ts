import { messageOf } from '../errors.ts'
import type { ToldAlert } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { MessageKind } from '../model/message.ts'
import type { Channel, Format, Language } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'
import { type Checked, checkNames } from './check.ts'
import { cutTo, escapeMarkdown, escapeText, firstLine } from './escape.ts'
import { type Part, type PartSource, partsOf } from './library.ts'
import { shortTime } from './time.ts'
import { substitute, variablesFor } from './variables.ts'
import { isWord, levelWord, type Word, wordIn } from './words.ts'

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
  alerts: readonly ToldAlert[]
  /** How many alerts the message stands for, and from when to when they came. */
  total: number
  from: Date
  to: Date
  groups: readonly CountGroup[]
  delayed: { since: Date; reason: 'penalty' | 'push_limit' | 'quota' | 'unreachable' } | undefined
  /** The page that lists all. */
  link: string | undefined
  /** Whether the platform's body would be within its limit. */
  fits(title: string, text: string): boolean
}

export interface Rendered {
  title: string
  text: string
  kind: MessageKind
  /** How many of the alerts, from the first, the text tells. */
  told: number
  link: string | undefined
  /** Templates that failed; the plain form was used instead. */
  faults: string[]
}

export interface Renderer {
  /** A message's title and text, never empty, within what `fits` allows. Never throws. */
  render(request: RenderRequest): Rendered
  check(): Checked
}

const LONGEST_TITLE = 120
const LONGEST_LINE = 300
/** Values of a single alert that is too large are cut to these lengths, until it fits. */
const VALUE_LENGTHS = [6_000, 3_000, 1_500, 700, 300, 100, 40]

/** Reads and compiles all templates of the channels; AppError bad_configuration names every fault's place. */
export function createRenderer(settings: RenderSettings, channels: Iterable<Channel>): Renderer {
  const known = new Map(
    [...channels].map((channel) => [
      channel.name,
      { channel, parts: partsOf(channel, settings.templates) },
    ]),
  )
  return {
    render(request) {
      const parts =
        known.get(request.channel.name)?.parts ?? partsOf(request.channel, settings.templates)
      return new Rendering(request, { settings, parts }).result()
    },
    check() {
      const all = [...known.values()].map(({ channel, parts }) =>
        checkNames(channel, parts.values()),
      )
      return {
        faults: [...new Set(all.flatMap((each) => each.faults))],
        warnings: [...new Set(all.flatMap((each) => each.warnings))],
      }
    },
  }
}

/** One message in the making. */
class Rendering {
  readonly #request: RenderRequest
  readonly #settings: RenderSettings
  readonly #parts: Map<Part, PartSource>
  readonly #format: Format
  readonly #faults = new Set<string>()

  constructor(
    request: RenderRequest,
    { settings, parts }: { settings: RenderSettings; parts: Map<Part, PartSource> },
  ) {
    this.#request = request
    this.#settings = settings
    this.#parts = parts
    this.#format = request.channel.format
  }

  result(): Rendered {
    const { form } = this.#request
    const made = form === 'whole' ? this.#whole() : this.#digest(form)
    return {
      ...made,
      title: made.title || 'Alert',
      text: made.text.trim() || made.title || 'Alert',
      faults: [...this.#faults],
    }
  }

  #whole(): Omit<Rendered, 'faults'> {
    const { alerts, fits } = this.#request
    const texts: string[] = []
    const textOf = (count: number): string => {
      while (texts.length < count) texts.push(this.#alert(alerts[texts.length] as ToldAlert))
      return this.#withDelay(
        count === 1 && alerts.length === 1
          ? (texts[0] as string)
          : this.#group(texts.slice(0, count)),
      )
    }
    const told = most(alerts.length, (count) => fits(this.#title(count), textOf(count)))
    if (told > 0) return this.#done(textOf(told), told)
    const first = alerts[0] as ToldAlert
    for (const length of VALUE_LENGTHS) {
      const text = this.#withLink(this.#withDelay(this.#alert(first, length)))
      if (fits(this.#title(1), text)) return this.#done(text, 1)
    }
    return this.#done(this.#escape(this.#title(1)), 1)
  }

  #done(text: string, told: number): Omit<Rendered, 'faults'> {
    const alerts = this.#request.alerts.slice(0, told)
    const resolved = alerts.every(({ alert }) => alert.status === 'resolved')
    const kind: MessageKind = resolved ? 'recovery' : told === 1 ? 'alert' : 'group'
    const url = alerts.length === 1 ? alerts[0]?.alert.variables['alarm_url'] : undefined
    return { title: this.#title(told), text, kind, told, link: this.#request.link ?? url }
  }

  #digest(form: 'lines' | 'counts'): Omit<Rendered, 'faults'> {
    const { alerts, groups, fits, link } = this.#request
    const all = form === 'lines' ? alerts.length : groups.length
    const lines: string[] = []
    const title = this.#title(alerts.length)
    const textOf = (count: number): string => {
      while (lines.length < count)
        lines.push(
          form === 'lines'
            ? this.#line(alerts[lines.length] as ToldAlert)
            : this.#groupLine(groups[lines.length] as CountGroup),
        )
      const rest =
        form === 'counts'
          ? groups.slice(count).reduce((sum, each) => sum + each.firing + each.resolved, 0)
          : 0
      const text = this.#run('digest', {
        headline: this.#headline(
          form === 'lines' ? count : this.#request.total,
          this.#statusCounts(form === 'lines' ? alerts.slice(0, count) : []),
        ),
        span: this.#span(),
        lines: lines.slice(0, count),
        more: rest,
      })
      return this.#withLink(this.#withDelay(text ?? lines.slice(0, count).join('\n')))
    }
    const told = most(all, (count) => fits(title, textOf(count)))
    return {
      title,
      text: told === 0 ? this.#escape(title) : textOf(told),
      kind: 'digest',
      told: Math.max(1, told),
      link,
    }
  }

  /** One alert in full. A channel's own template tells recoveries too, unless it has a part for them. */
  #alert(told: ToldAlert, longest?: number): string {
    const variables = variablesFor(told, this.#request.channel, this.#settings)
    const shown = longest === undefined ? variables : this.#cut(variables, longest)
    const part =
      told.alert.status === 'resolved' && this.#parts.has('recovery') ? 'recovery' : 'alert'
    const it = { ...this.#viewOf(shown), isOcp: told.alert.source === 'ocp', told }
    return this.#run(part, it)?.trim() ?? this.#plain(shown)
  }

  #group(texts: readonly string[]): string {
    const alerts = this.#request.alerts.slice(0, texts.length)
    const views = texts.map((text, index) => ({
      text,
      v: variablesFor(alerts[index] as ToldAlert, this.#request.channel, this.#settings),
      told: alerts[index],
    }))
    const headline = this.#headline(texts.length, this.#statusCounts(alerts))
    return this.#run('group', { headline, alerts: views })?.trim() ?? texts.join('\n\n')
  }

  /** A part's text, or undefined when it failed: no alert is lost for a template. */
  #run(part: Part, it: object): string | undefined {
    const source = this.#parts.get(part)
    if (source === undefined) return undefined
    try {
      return source.template({ ...this.#viewOf(Object.create(null)), ...it })
    } catch (error) {
      this.#faults.add(`${source.place}: ${messageOf(error).slice(0, 300)}`)
      return undefined
    }
  }

  #viewOf(v: Variables) {
    const { language, timezone } = this.#settings
    return {
      v,
      get: (name: string): string => v[name] ?? '',
      word: (word: string, values?: Record<string, string>): string =>
        isWord(word) ? this.#escape(wordIn(language, word as Word, values)) : word,
      time: (instant: Date): string => shortTime(instant, timezone),
      cut: (text: string, length: number): string => cutTo(text, length, wordIn(language, 'cut')),
      link: this.#request.link,
      total: this.#request.total,
    }
  }

  #plain(variables: Variables): string {
    const names = [
      'alarm_name',
      'alarm_level',
      'alarm_status',
      'alarm_target',
      'alarm_summary',
      'alarm_active_at',
      'alarm_resolved_at',
      'alarm_description',
      'alarm_url',
    ]
    return names
      .flatMap((name) =>
        variables[name] === undefined ? [] : `- ${this.#escape(variables[name])}`,
      )
      .join('\n')
  }

  #title(told: number): string {
    const { channel, alerts, total, groups, form } = this.#request
    const first = alerts[0]
    const count = form === 'counts' ? total : told
    const { language } = this.#settings
    if (first === undefined || form === 'counts') {
      const level = first?.level ?? groups[0]?.level
      const name = level === undefined ? '' : `[${levelWord(language, level)}] `
      return this.#oneLine(`${name}${count} ${wordIn(language, 'alerts')}`)
    }
    const variables = variablesFor(first, channel, this.#settings)
    const resolved = alerts.slice(0, told).every(({ alert }) => alert.status === 'resolved')
    const mark = resolved ? wordIn(language, 'resolved') : levelWord(language, first.level)
    const own =
      channel.title === undefined ? undefined : substitute(channel.title, variables).trim()
    const name =
      own ||
      [
        `[${mark}]`,
        variables['alarm_name'] ?? variables['alarm_type'] ?? firstLine(variables['message']),
        variables['alarm_target'],
      ]
        .filter((each) => each !== undefined)
        .join(' ')
    return this.#oneLine(count > 1 ? `${count} ${wordIn(language, 'alerts')}: ${name}` : name)
  }

  #oneLine(text: string): string {
    return cutTo(escapeText(text).replace(/\s+/g, ' ').trim(), LONGEST_TITLE, '…')
  }

  #headline(count: number, by: { firing: number; resolved: number }): string {
    const { language } = this.#settings
    const parts = (['firing', 'resolved'] as const).flatMap((status) =>
      by[status] > 0 ? `${by[status]} ${wordIn(language, status)}` : [],
    )
    return `${count} ${wordIn(language, 'alerts')}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`
  }

  #statusCounts(alerts: readonly ToldAlert[]): { firing: number; resolved: number } {
    const { groups } = this.#request
    const firing = alerts.filter(({ alert }) => alert.status === 'firing').length
    if (alerts.length > 0) return { firing, resolved: alerts.length - firing }
    return {
      firing: groups.reduce((sum, each) => sum + each.firing, 0),
      resolved: groups.reduce((sum, each) => sum + each.resolved, 0),
    }
  }

  #span(): string {
    const { from, to } = this.#request
    const { language, timezone } = this.#settings
    return wordIn(language, 'fromTo', {
      from: shortTime(from, timezone),
      to: shortTime(to, timezone),
    })
  }

  #line(told: ToldAlert): string {
    const variables = variablesFor(told, this.#request.channel, this.#settings)
    const { language, timezone } = this.#settings
    const mark =
      told.alert.status === 'resolved'
        ? wordIn(language, 'resolved')
        : levelWord(language, told.level)
    const text = [
      `[${mark}]`,
      variables['alarm_name'] ?? firstLine(variables['message']),
      variables['alarm_target'],
      shortTime(told.alert.startsAt ?? told.receivedAt, timezone).slice(11),
    ]
    return this.#escape(
      cutTo(
        text
          .filter((each) => each !== undefined)
          .join(' ')
          .replace(/\s+/g, ' '),
        LONGEST_LINE,
        '…',
      ),
    )
  }

  #groupLine(group: CountGroup): string {
    const { language } = this.#settings
    const by = this.#headline(group.firing + group.resolved, group)
    const name = [group.name, group.cluster].filter((each) => each !== '').join(' · ')
    const targets = group.targets.map((each) => cutTo(each, 80, '…')).join(', ')
    const text = `[${levelWord(language, group.level)}] ${name}: ${by}${targets === '' ? '' : ` ${targets}${group.firing + group.resolved > group.targets.length ? ' …' : ''}`}`
    return this.#escape(cutTo(text.replace(/\s+/g, ' '), LONGEST_LINE, '…'))
  }

  #withDelay(text: string): string {
    const { delayed } = this.#request
    if (delayed === undefined) return text
    const words = {
      penalty: 'delayedPenalty',
      push_limit: 'delayedPushLimit',
      quota: 'delayedQuota',
      unreachable: 'delayedUnreachable',
    } as const
    const since = shortTime(delayed.since, this.#settings.timezone)
    return `${text.trimEnd()}\n\n${this.#escape(wordIn(this.#settings.language, words[delayed.reason], { since }))}`
  }

  #withLink(text: string): string {
    const { link } = this.#request
    if (link === undefined) return text
    const all = wordIn(this.#settings.language, 'all')
    return `${text.trimEnd()}\n\n${this.#format === 'text' ? `${all}: ${link}` : `[${all}](${link})`}`
  }

  #cut(variables: Variables, longest: number): Variables {
    const notice = wordIn(this.#settings.language, 'cut')
    const cut: Record<string, string> = Object.create(null)
    for (const [name, value] of Object.entries(variables)) cut[name] = cutTo(value, longest, notice)
    return cut
  }

  #escape(text: string): string {
    return this.#format === 'text' ? escapeText(text) : escapeMarkdown(text)
  }
}

/** The largest count up to `limit` that passes, if more never passes where less does not; 0 when one does not. */
function most(limit: number, passes: (count: number) => boolean): number {
  let low = 0
  let high = 1
  while (high <= limit && passes(high)) {
    low = high
    high *= 2
  }
  high = Math.min(high, limit + 1)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (passes(middle)) low = middle
    else high = middle
  }
  return low
}
