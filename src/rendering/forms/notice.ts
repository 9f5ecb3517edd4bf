import type { RenderContext } from '../context.ts'
import type { Word } from '../i18n.ts'
import { toolsFor } from '../templates/view.ts'
import { ICONS } from '../text/level-icons.ts'
import type { RenderRequest } from '../types.ts'

type Delayed = NonNullable<RenderRequest['delayed']>

const WORDS = {
  penalty: 'delayedPenalty',
  push_limit: 'delayedPushLimit',
  quota: 'delayedQuota',
  unreachable: 'delayedUnreachable',
  by_hand: 'delayedByHand',
} as const satisfies Record<Delayed['reason'], Word>

/** If the message was delayed, puts a notice with time and reason above its text. */
export function withNotice(
  text: string,
  delayed: Delayed | undefined,
  context: RenderContext,
): string {
  if (delayed === undefined) return text
  const { since, reason } = delayed
  const notice = context.word(WORDS[reason], {
    since: context.time(since),
    d: context.since(since),
  })
  const it = { ...toolsFor(context), sign: ICONS.waited, notice, since, reason }
  const part = reason === 'push_limit' ? 'opened' : 'delayed'
  return `${context.renderPart(part, it) ?? `${ICONS.waited} ${notice}`}\n\n${text}`
}
