import type { Making } from './making.ts'
import { SIGNS } from './mark.ts'
import type { RenderRequest } from './render.ts'
import { toolsFor } from './view.ts'
import type { Word } from './words.ts'

type Delayed = NonNullable<RenderRequest['delayed']>

const WORDS = {
  penalty: 'delayedPenalty',
  push_limit: 'delayedPushLimit',
  quota: 'delayedQuota',
  unreachable: 'delayedUnreachable',
} as const satisfies Record<Delayed['reason'], Word>

/** A text under a line that says since when it waited and why, where it did. */
export function withNotice(text: string, delayed: Delayed | undefined, making: Making): string {
  if (delayed === undefined) return text
  const { since, reason } = delayed
  const notice = making.word(WORDS[reason], { since: making.time(since), d: making.since(since) })
  const it = { ...toolsFor(making), sign: SIGNS.waited, notice, since, reason }
  const part = reason === 'push_limit' ? 'opened' : 'delayed'
  return `${making.run(part, it) ?? `${SIGNS.waited} ${notice}`}\n\n${text}`
}
