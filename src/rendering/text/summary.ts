import type { RenderContext } from '../context.ts'
import type { RenderRequest } from '../types.ts'

/** How many alerts a message tells, of which how many fire, and from when to when they came. */
export function summaryOf(
  total: number,
  { firing, resolved }: { firing: number; resolved: number },
  { from, to }: Pick<RenderRequest, 'from' | 'to'>,
  making: RenderContext,
) {
  const counts = [
    firing > 0 ? making.word('firing', { n: firing }) : undefined,
    resolved > 0 ? making.word('resolved', { n: resolved }) : undefined,
  ].filter((each) => each !== undefined)
  const [start, end] = [making.time(from), making.time(to)]
  return {
    total,
    firing,
    resolved,
    headline: making.count(total),
    counts: counts.join(making.word('comma')),
    span:
      start === end
        ? making.word('at', { at: start })
        : making.word('fromTo', { from: start, to: end }),
    from,
    to,
  }
}
