import type { MessageAlert } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { RenderContext } from '../context.ts'
import { levelWord } from '../i18n.ts'
import { substitute } from '../templates/variables.ts'
import { nameOf } from '../templates/view.ts'
import { cutTo, escapeText, oneLine } from '../text/escape.ts'
import { ICONS, LEVEL_ICONS } from '../text/level-icons.ts'
import { locationOf } from '../text/location.ts'
import type { CountGroup } from '../types.ts'

const MAX_TITLE_LENGTH = 120
/** Names of a title; a phone shows no more. */
const NAMED = 3

/**
 * What a phone shows of a message in its notification and in the list of chats, and nowhere else: level, name, where,
 * and how many. On one line, never empty, never cut within a character.
 */
export function titleOf(
  alerts: readonly MessageAlert[],
  making: RenderContext,
  { stillFiring = 0 }: { stillFiring?: number } = {},
): string {
  const firing = alerts.filter(({ alert }) => alert.status === 'firing')
  const first = firing[0] ?? alerts[0]
  if (first === undefined) return making.word('alertWord')
  const variables = making.variablesOf(first)
  const { title } = making.channel
  const own = title === undefined ? '' : substitute(title, variables).trim()
  const count = alerts.length === 1 ? '' : making.count(alerts.length)
  if (own !== '') return titled([count === '' ? own : `${count}${making.word('colon')}${own}`])
  const mark =
    firing.length > 0
      ? levelHeadOf(first.level, making)
      : `${ICONS.resolved} ${making.word('resolvedWord')}`
  const rest = stillFiring > 0 ? making.word('stillFiring', { n: stillFiring }) : undefined
  if (alerts.length === 1) {
    const flapping =
      (first.changes ?? 0) >= 2 ? `${ICONS.flapping} ${making.word('flapping')} ` : ''
    return titled([
      `${flapping}${mark} ${nameOf(variables, making)}`,
      ...locationOf(variables),
      rest,
    ])
  }
  const names = tallied(alerts.map((each) => [nameOf(making.variablesOf(each), making), 1]))
  const common = commonOf(alerts.map((each) => locationOf(making.variablesOf(each))))
  return titled([`${mark} ${count}${making.word('colon')}${namesIn(names)}`, rest, ...common])
}

/** The title of counts. */
export function titleOfCounts(
  groups: readonly CountGroup[],
  total: number,
  making: RenderContext,
): string {
  const worst = groups.find(({ firing }) => firing > 0) ?? groups[0]
  const mark = worst === undefined ? '' : `${levelHeadOf(worst.level, making)} `
  const names = tallied(groups.map(({ name, firing, resolved }) => [name, firing + resolved]))
  const named = namesIn(names.filter(([name]) => name !== ''))
  return titled([
    `${mark}${making.count(total)}${named === '' ? '' : `${making.word('colon')}${named}`}`,
  ])
}

export function levelHeadOf(level: Level, making: RenderContext): string {
  return `${LEVEL_ICONS[level]} ${levelWord(making.language, level)}`
}

/** Each part on one line, joined, and cut. */
export function titled(parts: readonly (string | undefined)[]): string {
  const shown = parts.map((each) => escapeText(oneLine(each ?? ''))).filter((each) => each !== '')
  return cutTo(shown.join(' · '), MAX_TITLE_LENGTH, '…')
}

/** Names with how often each comes, in the order of the first of each. */
function tallied(names: readonly (readonly [string, number])[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const [name, count] of names) counts.set(name, (counts.get(name) ?? 0) + count)
  return [...counts]
}

function namesIn(names: readonly (readonly [string, number])[]): string {
  if (names.length === 1) return names[0]?.[0] ?? ''
  const shown = names.slice(0, NAMED).map(([name, count]) => `${name} ×${count}`)
  return `${shown.join(', ')}${names.length > NAMED ? ' …' : ''}`
}

/** What the places of all have in common, from the cluster down. */
export function commonOf(places: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = places
  const end = first.findIndex((each, index) => others.some((other) => other[index] !== each))
  return first.slice(0, end < 0 ? first.length : end)
}
