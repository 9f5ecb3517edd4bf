import type { RenderContext } from '../context.ts'
import type { RenderRequest } from '../types.ts'

/** How many alerts a message contains, how many of them fire, and when they arrived. */
export function summaryOf(
  total: number,
  { firing, resolved }: { firing: number; resolved: number },
  { from, to }: Pick<RenderRequest, 'from' | 'to'>,
  context: RenderContext,
) {
  const counts = [
    firing > 0 ? context.word('firing', { n: firing }) : undefined,
    resolved > 0 ? context.word('resolved', { n: resolved }) : undefined,
  ].filter((each) => each !== undefined)
  // With the date, because the message may be read on another day.
  const start = context.time(from, 'MM-dd HH:mm:ss')
  const end = context.time(to, isSameDay(context, from, to) ? 'HH:mm:ss' : 'MM-dd HH:mm:ss')
  return {
    total,
    firing,
    resolved,
    counts: counts.join(context.word('comma')),
    span:
      from.getTime() === to.getTime() ? start : context.word('fromTo', { from: start, to: end }),
    from,
    to,
  }
}

function isSameDay(context: RenderContext, one: Date, other: Date): boolean {
  return context.time(one, 'yyyy-MM-dd') === context.time(other, 'yyyy-MM-dd')
}
