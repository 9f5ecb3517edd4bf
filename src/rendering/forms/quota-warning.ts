import type { RenderContext } from '../context.ts'
import type { Word } from '../i18n.ts'
import { toolsFor } from '../templates/view.ts'
import { ICONS } from '../text/level-icons.ts'
import type { QuotaWarning } from '../types.ts'
import { titled } from './title.ts'

/** What the receiver does from each percentage on. */
const MEANINGS: readonly { from: number; word: Word }[] = [
  { from: 90, word: 'quotaLast' },
  { from: 70, word: 'quotaMost' },
  { from: 0, word: 'quotaHalf' },
]

/** Title and text of a warning that a share of the month's calls is used. */
export function quotaTextOf(
  { percent, used, limit, robot, endsAt }: QuotaWarning,
  context: RenderContext,
): { title: string; text: string } {
  const headline = context.word('quotaTitle', { percent })
  const meaning = MEANINGS.find(({ from }) => percent >= from)?.word ?? 'quotaHalf'
  const lines = [
    context.word('quotaUsed', { used, limit }),
    robot === undefined ? context.word('quotaOrganisation') : context.word('quotaRobot', { robot }),
    context.word('quotaEnds', {
      at: context.time(endsAt, 'yyyy-MM-dd HH:mm'),
      d: context.duration(endsAt.getTime() - context.now.getTime()),
    }),
  ]
  const it = {
    ...toolsFor(context),
    sign: ICONS.quota,
    headline,
    lines,
    meaning: context.word(meaning),
    advice: context.word('quotaAct'),
    percent,
    used,
    limit,
    robot,
    endsAt,
  }
  const title = titled([`${ICONS.quota} ${headline}`, robot])
  return { title, text: context.renderPart('quota', it) ?? [title, ...lines].join('\n') }
}
