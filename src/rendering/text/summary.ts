import type { RenderContext } from '../context.ts'
import type { RenderRequest } from '../types.ts'

/** How many alerts a message contains, how many of them fire, and when they arrived. */
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
  // With the date, because the message may be read on another day.
  const start = making.time(from, 'MM-dd HH:mm:ss')
  const end = making.time(to, isSameDay(making, from, to) ? 'HH:mm:ss' : 'MM-dd HH:mm:ss')
  return {
    total,
    firing,
    resolved,
    counts: counts.join(making.word('comma')),
    span: from.getTime() === to.getTime() ? start : making.word('fromTo', { from: start, to: end }),
    from,
    to,
  }
}

function isSameDay(making: RenderContext, one: Date, other: Date): boolean {
  return making.time(one, 'yyyy-MM-dd') === making.time(other, 'yyyy-MM-dd')
}
