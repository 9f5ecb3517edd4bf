import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import { alertName } from '../i18n.ts'
import { payloadOf, payloadOfCounts } from '../payload.ts'
import { substitute } from '../templates/variables.ts'
import { nameOf, signOf, toolsFor, viewOf } from '../templates/view.ts'
import { cutTo, escapeText, oneLine } from '../text/escape.ts'
import { ICONS } from '../text/level-icons.ts'
import { locationOf } from '../text/location.ts'
import type { CountGroup } from '../types.ts'
import { FLAPPING_CHANGES } from './alert-text.ts'
import { type Headline, headlineFields, headlineOf, headlineOfCounts } from './headline.ts'
import { inReadingOrder } from './reading-order.ts'
import { statusCounts, statusSums } from './summary.ts'

const MAX_TITLE_LENGTH = 120
/** Maximum length of a value in the payload for a title; a title has no room for more. */
const MAX_VALUE_IN_TITLE = 200
/** Maximum number of names in a title; a phone shows no more. */
const MAX_NAMES = 3

/**
 * Renders the title, which a phone shows only in its notification and in the list of chats: level, name, location, and
 * number of alerts. One line, never cut within a character; empty if no character of it is visible.
 */
export function titleOf(
  alerts: readonly MessageAlert[],
  context: RenderContext,
  { stillFiring = 0 }: { stillFiring?: number } = {},
): string {
  const first = alerts.find(({ alert }) => alert.status === 'firing') ?? alerts[0]
  if (first === undefined) return context.word('alertWord')
  const own = ownTitleOf(first, context)
  if (own !== '')
    return titled([
      alerts.length === 1 ? own : `${context.count(alerts.length)}${context.word('colon')}${own}`,
    ])
  const builtIn = builtInTitle(alerts, first, { stillFiring, context })
  const it = {
    ...viewOf(first, context),
    ...headlineFields(alerts, context),
    total: alerts.length,
    ...statusCounts(alerts),
    stillFiring,
    title: builtIn,
    go: context.go,
    get payload() {
      return payloadOf(alerts, context, MAX_VALUE_IN_TITLE)
    },
  }
  return titled([context.renderPart('title', it) ?? builtIn])
}

function builtInTitle(
  alerts: readonly MessageAlert[],
  first: MessageAlert,
  { stillFiring, context }: { stillFiring: number; context: RenderContext },
): string {
  const rest = stillFiring > 0 ? context.word('stillFiring', { n: stillFiring }) : undefined
  return alerts.length === 1
    ? titleOfOne(first, rest, context)
    : titleOfSeveral(alerts, rest, context)
}

function ownTitleOf(entry: MessageAlert, context: RenderContext): string {
  const { title } = context.channel
  return title === undefined ? '' : substitute(title, context.variablesOf(entry)).trim()
}

function titleOfOne(entry: MessageAlert, rest: string | undefined, context: RenderContext): string {
  const variables = context.variablesOf(entry)
  const flapping =
    (entry.changes ?? 0) >= FLAPPING_CHANGES ? `${ICONS.flapping} ${context.word('flapping')} ` : ''
  const levelText = context.levelText(entry)
  const word = entry.alert.status === 'resolved' ? context.word('resolvedWord') : levelText
  const mark = [signOf(entry, levelText), word].filter((each) => each !== '').join(' ')
  return titled([
    `${flapping}${mark} ${nameOf(variables, context)}`,
    ...locationOf(variables),
    rest,
  ])
}

/** `🔴 14 of 40 critical: …`, or `🔴 Critical 5 alerts: …` if all are critical. */
function titleOfSeveral(
  alerts: readonly MessageAlert[],
  rest: string | undefined,
  context: RenderContext,
): string {
  const names = tallied(
    inReadingOrder(alerts, context).map((each) => [nameOf(context.variablesOf(each), context), 1]),
  )
  const common = titlePlace(alerts.map((each) => locationOf(context.variablesOf(each))))
  const lead = leadOf(headlineOf(alerts, context))
  return titled([`${lead}${context.word('colon')}${namesIn(names)}`, rest, ...common])
}

/** Renders the title of counted alerts; the same guarantees as `titleOf`. */
export function titleOfCounts(
  groups: readonly CountGroup[],
  total: number,
  context: RenderContext,
): string {
  const names = tallied(
    groups.map(({ name, firing, resolved }) => [
      alertName(context.language, name),
      firing + resolved,
    ]),
  )
  const named = namesIn(names.filter(([name]) => name !== ''))
  const headline = headlineOfCounts(groups, total, context)
  const lead = leadOf(headline)
  const builtIn = titled([`${lead}${named === '' ? '' : `${context.word('colon')}${named}`}`])
  const it = {
    ...toolsFor(context),
    sign: headline.sign,
    mark: headline.mark,
    headline: headline.text,
    total,
    ...statusSums(groups),
    stillFiring: 0,
    title: builtIn,
    go: context.go,
    get payload() {
      return payloadOfCounts(groups, context, MAX_VALUE_IN_TITLE)
    },
  }
  return titled([context.renderPart('title', it) ?? builtIn])
}

/** The text before the names. */
function leadOf({ sign, mark, text, isUniform }: Headline): string {
  return `${isUniform ? mark : sign} ${text}`
}

/** Joins the parts to one line and cuts it. */
export function titled(parts: readonly (string | undefined)[]): string {
  const shown = parts.map((each) => escapeText(oneLine(each ?? ''))).filter((each) => each !== '')
  return cutTo(shown.join(' · '), MAX_TITLE_LENGTH, '…')
}

/** Each name with its number of occurrences, in order of first occurrence. */
function tallied(names: readonly (readonly [string, number])[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const [name, count] of names) counts.set(name, (counts.get(name) ?? 0) + count)
  return [...counts]
}

function namesIn(names: readonly (readonly [string, number])[]): string {
  if (names.length === 1) return names[0]?.[0] ?? ''
  const shown = names.slice(0, MAX_NAMES).map(([name, count]) => `${name} ×${count}`)
  return `${shown.join(', ')}${names.length > MAX_NAMES ? ' …' : ''}`
}

/** The parts with which all locations begin, from the cluster down. */
function titlePlace(places: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = places
  const end = first.findIndex((each, index) => others.some((other) => other[index] !== each))
  return first.slice(0, end < 0 ? first.length : end)
}
