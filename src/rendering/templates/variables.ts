import type { MessageAlert } from '../../model/alert.ts'
import { LEVEL_COLORS } from '../../model/level.ts'
import type { Channel, Language } from '../../model/settings.ts'
import { NAME_IN_BRACES, type Variables } from '../../model/variables.ts'
import { alertName, statusWord } from '../i18n.ts'
import { AddressScan, urlEncoded } from '../text/address.ts'
import { durationWord } from '../text/duration.ts'
import { levelTextOf } from '../text/level.ts'

export interface Locale {
  language: Language
  /** Converts a time to the message's time zone, as `timeInZone` does. */
  inZone: (text: string) => string
}

const TIMES = ['alarm_active_at', 'alarm_resolved_at', 'alarm_updated_at'] as const

/** `${name}`, as OCP writes a variable. */
export const VARIABLE = new RegExp(`\\$\\{\\s*(${NAME_IN_BRACES})\\s*\\}`, 'gu')

/** No message has room for more; escaping megabytes would block the event loop for seconds. */
export const MAX_VALUE_LENGTH = 20_000

/** The variables for templates: words in the language, times in the zone. The channel's own override the alert's. */
export function variablesFor(entry: MessageAlert, channel: Channel, locale: Locale): Variables {
  const { alert, level } = entry
  const variables: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(alert.variables))
    variables[name] = value.slice(0, MAX_VALUE_LENGTH)
  const named = variables['alarm_name']
  if (named !== undefined) variables['alarm_name'] = alertName(locale.language, named)
  delete variables['alarm_level']
  const levelText = levelTextOf(entry, { language: locale.language, levels: channel.levels })
  if (levelText !== '') variables['alarm_level'] = levelText
  variables['alarm_level_color'] ??= LEVEL_COLORS[level]
  variables['alarm_status'] = statusWord(locale.language, alert.status)
  for (const name of TIMES) {
    const text = variables[name]
    if (text !== undefined) variables[name] = locale.inZone(text)
  }
  if (entry.repeats > 0) variables['repeats'] = String(entry.repeats)
  const lasted = lastedMs(entry)
  if (lasted !== undefined) variables['lasted'] = durationWord(locale.language, lasted)
  // Each may use the variables before it; `${…}` within a value is not replaced.
  for (const [name, text] of channel.variables) variables[name] = substitute(text, variables)
  return variables
}

/** Replaces the variables in a text, in one pass; a missing one becomes empty. URL-encodes values within an address. */
export function substitute(text: string, variables: Variables): string {
  const addresses = new AddressScan()
  let from = 0
  return text.replace(VARIABLE, (written: string, name: string, at: number) => {
    addresses.add(text.slice(from, at))
    from = at + written.length
    const value = variables[name] ?? ''
    return addresses.part === undefined ? value : urlEncoded(value, addresses.part)
  })
}

/** How long a resolved alert lasted; undefined without its start or end. */
export function lastedMs({ alert }: MessageAlert): number | undefined {
  if (alert.status === 'firing' || alert.startsAt === undefined || alert.endsAt === undefined)
    return undefined
  return Math.max(0, alert.endsAt.getTime() - alert.startsAt.getTime())
}
