import type { Making } from './making.ts'
import { SIGNS } from './mark.ts'
import type { QuotaWarning } from './render.ts'
import { titled } from './title.ts'
import { toolsFor } from './view.ts'
import type { Word } from './words.ts'

/** From these shares on, what the receiver does about it. */
const MEANINGS: readonly { from: number; word: Word }[] = [
  { from: 90, word: 'quotaLast' },
  { from: 70, word: 'quotaMost' },
  { from: 0, word: 'quotaHalf' },
]

/** Title and text of a warning that a share of the month's calls is used. */
export function quotaTextOf(
  { percent, used, limit, robot, endsAt }: QuotaWarning,
  making: Making,
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
    sign: SIGNS.quota,
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
  const title = titled([`${SIGNS.quota} ${said}`, robot])
  return { title, text: making.run('quota', it) ?? [title, ...lines].join('\n') }
}
