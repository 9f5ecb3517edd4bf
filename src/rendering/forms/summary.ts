import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import type { CountGroup, RenderRequest } from '../types.ts'

interface StatusCounts {
  firing: number
  resolved: number
}

/** How many alerts fire, and how many are resolved. */
export function statusCounts(alerts: readonly Pick<MessageAlert, 'alert'>[]): StatusCounts {
  const firing = alerts.filter(({ alert }) => alert.status === 'firing').length
  return { firing, resolved: alerts.length - firing }
}

/** How many counted alerts fire, and how many are resolved. */
export function statusSums(groups: readonly CountGroup[]): StatusCounts {
  return {
    firing: sum(groups, ({ firing }) => firing),
    resolved: sum(groups, ({ resolved }) => resolved),
  }
}

export function sum(groups: readonly CountGroup[], of: (group: CountGroup) => number): number {
  return groups.reduce((all, group) => all + of(group), 0)
}

/** Fields for templates: how many alerts a message contains, how many of them fire, and when they arrived. */
export function summaryOf(
  { total, firing, resolved }: StatusCounts & { total: number },
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
