import type { MessageAlert } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { RenderContext } from '../context.ts'
import { levelWord } from '../i18n.ts'
import { ICONS, LEVEL_ICONS, NO_LEVEL_ICON } from '../text/level-icons.ts'
import { isOcpAlert } from '../text/sender.ts'
import type { CountGroup } from '../types.ts'

/** The worst level of several alerts, and how many of them have it. */
export interface Headline {
  sign: string
  /** The sign, followed by the level's word if a firing alert of that level names one. */
  mark: string
  /** `5 alerts` if uniform, else `14 of 40 critical` (`firing` if no level is named); `3 resolved` if none fires. */
  text: string
  /** True if all have the worst level or are resolved, so that the mark applies to each. */
  isUniform: boolean
}

/** The headline of listed alerts. */
export function headlineOf(alerts: readonly MessageAlert[], context: RenderContext): Headline {
  const firing = alerts.filter(({ alert }) => alert.status === 'firing')
  const level = Math.min(...firing.map((each) => each.level))
  const worst = firing.filter((each) => each.level === level)
  const [first] = worst
  if (first === undefined) return resolvedHeadline(alerts.length, context)
  const isNamed = areNamed(worst, context)
  const word = isNamed ? levelWord(context.language, first.level, areOcp(worst)) : ''
  const sign = isNamed ? LEVEL_ICONS[first.level] : NO_LEVEL_ICON
  return worstHeadline({ sign, word, worst: worst.length, total: alerts.length }, context)
}

/** The headline as fields for templates. */
export function headlineFor(alerts: readonly MessageAlert[], context: RenderContext) {
  const { sign, mark, text } = headlineOf(alerts, context)
  return { sign, mark, headline: text }
}

/** The headline of counted alerts. */
export function headlineOfCounts(
  groups: readonly CountGroup[],
  total: number,
  context: RenderContext,
): Headline {
  const level = groups.find(({ firing }) => firing > 0)?.level
  if (level === undefined) return resolvedHeadline(total, context)
  const same = groups.filter((group) => group.level === level)
  const worst = same.reduce((sum, { firing }) => sum + firing, 0)
  return worstHeadline({ ...levelMark(level, same, context), worst, total }, context)
}

/** Sign and word for counted alerts of a level; no word if there are examples and none of them names a level. */
export function levelMark(
  level: Level,
  groups: readonly CountGroup[],
  context: RenderContext,
): { sign: string; word: string } {
  const examples = groups.flatMap((group) => group.examples)
  return examples.length === 0 || areNamed(examples, context)
    ? { sign: LEVEL_ICONS[level], word: levelWord(context.language, level, areOcp(examples)) }
    : { sign: NO_LEVEL_ICON, word: '' }
}

function areNamed(alerts: readonly MessageAlert[], context: RenderContext): boolean {
  return alerts.some((each) => context.levelText(each) !== '')
}

function worstHeadline(
  { sign, word, worst, total }: { sign: string; word: string; worst: number; total: number },
  context: RenderContext,
): Headline {
  const mark = `${sign} ${word}`.trim()
  const values = { n: worst, total, level: word.toLowerCase() }
  if (worst === total) return { sign, mark, text: context.count(total), isUniform: true }
  const text = context.word(word === '' ? 'firingOf' : 'worstOf', values)
  return { sign, mark, text, isUniform: false }
}

function resolvedHeadline(total: number, context: RenderContext): Headline {
  const sign = ICONS.resolved
  return { sign, mark: sign, text: context.word('resolved', { n: total }), isUniform: true }
}

/** True if OCP sent all of the alerts, so that its own names of levels apply. */
export function areOcp(alerts: readonly Pick<MessageAlert, 'alert'>[]): boolean {
  return alerts.length > 0 && alerts.every(({ alert }) => isOcpAlert(alert))
}
