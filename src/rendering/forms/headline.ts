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
  /** `5 alerts` if uniform, `3 resolved` if none fires, else `14 of 40 critical`, or `14 of 40 firing` without a level. */
  text: string
  /** True if all alerts fire with the worst level, or all are resolved, so that the mark applies to each. */
  isUniform: boolean
}

/** The headline of listed alerts. */
export function headlineOf(alerts: readonly MessageAlert[], context: RenderContext): Headline {
  const firing = alerts.filter(({ alert }) => alert.status === 'firing')
  const level = Math.min(...firing.map((each) => each.level))
  const worst = firing.filter((each) => each.level === level)
  const [first] = worst
  if (first === undefined) return resolvedHeadline(alerts.length, context)
  const mark = levelMark(first.level, worst, context)
  return worstHeadline({ ...mark, worst: worst.length, total: alerts.length }, context)
}

/** The headline as fields for templates. */
export function headlineFields(alerts: readonly MessageAlert[], context: RenderContext) {
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
  const mark = levelMark(
    level,
    same.flatMap((group) => group.examples),
    context,
  )
  return worstHeadline({ ...mark, worst, total }, context)
}

/** Sign and word of a level; no word if alerts are given and none of them names a level. */
export function levelMark(
  level: Level,
  alerts: readonly MessageAlert[],
  context: RenderContext,
): { sign: string; word: string } {
  const isNamed = alerts.length === 0 || alerts.some((each) => context.levelText(each) !== '')
  return isNamed
    ? { sign: LEVEL_ICONS[level], word: levelWord(context.language, level, areOcp(alerts)) }
    : { sign: NO_LEVEL_ICON, word: '' }
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
