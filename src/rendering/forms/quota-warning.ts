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
  making: RenderContext,
): { title: string; text: string } {
  const said = making.word('quotaTitle', { percent })
  const meaning = MEANINGS.find(({ from }) => percent >= from)?.word ?? 'quotaHalf'
  const lines = [
    making.word('quotaUsed', { used, limit }),
    robot === undefined ? making.word('quotaOrganisation') : making.word('quotaRobot', { robot }),
    making.word('quotaEnds', {
      at: making.time(endsAt, 'yyyy-MM-dd HH:mm'),
      d: making.duration(endsAt.getTime() - making.now.getTime()),
    }),
  ]
  const it = {
    ...toolsFor(making),
    sign: ICONS.quota,
    headline: said,
    lines,
    meaning: making.word(meaning),
    advice: making.word('quotaAct'),
    percent,
    used,
    limit,
    robot,
    endsAt,
  }
  const title = titled([`${ICONS.quota} ${said}`, robot])
  return { title, text: making.renderPart('quota', it) ?? [title, ...lines].join('\n') }
}
