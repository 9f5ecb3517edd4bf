import type { Overview } from '../reporting/overview.ts'
import { type Wait, waitOf, waitsOf } from '../reporting/waits.ts'
import type { Words } from './i18n.ts'
import type { PageContext } from './page.ts'

/** The reason why something waits, as text, and when the wait ends. */
interface WaitView {
  text: string
  until: Date | undefined
  /** True if the wait lasts until a person ends it. */
  isOpenEnded: boolean
}

interface WaitsOf {
  /** Why the alerts of a channel wait. */
  channel(name: string): WaitView[]
  /** Why a pending message waits. */
  message(message: { robot: string; channel: string; dueAt: Date | undefined }): WaitView[]
}

const NOTHING: WaitsOf = { channel: () => [], message: () => [] }

/** Reads the overview to look up why things wait; reads nothing if nothing on the page waits. */
export async function waitViews(
  hasWaiting: boolean,
  { facts, words }: PageContext,
): Promise<WaitsOf> {
  if (!hasWaiting) return NOTHING
  const overview = await facts.overview()
  return waitsIn(overview, { words, now: facts.now() })
}

/** Looks up why things wait in an overview that was already read. */
export function waitsIn(overview: Overview, { words, now }: { words: Words; now: Date }): WaitsOf {
  return {
    channel: (name) => waitsOf(name, overview).map((wait) => waitView(wait, words)),
    message({ robot: name, channel: channelName, dueAt }) {
      const robot = overview.robots.find((each) => each.name === name)
      const channel = overview.channels.find((each) => each.name === channelName)
      const wait = robot && waitOf(robot, channel?.heldUntil)
      if (wait?.kind === 'paused') return [waitView(wait, words)]
      if (dueAt !== undefined && dueAt > now)
        return [{ text: words.t('waitsForTry'), until: dueAt, isOpenEnded: false }]
      return wait === undefined
        ? [{ text: words.t('waitsForCall'), until: undefined, isOpenEnded: false }]
        : [waitView(wait, words)]
    },
  }
}

export function waitView(wait: Wait, words: Words): WaitView {
  const { robot, until } = wait
  const end = { until, isOpenEnded: wait.kind === 'paused' && until === undefined }
  if (wait.kind === 'paused' && wait.by !== undefined)
    return { text: words.t('headByHand', { robot, by: wait.by }), ...end }
  const why = words.reason(wait.kind === 'paused' ? 'pause' : 'wait', wait.reason)
  return { text: words.t('waitsBecause', { robot, why }), ...end }
}
