import type { Status } from '../model/alert.ts'

interface Waiting {
  id: number
  fingerprint: string
  status: Status
  repeats: number
}

/** What waits of one alert, told as one. */
export interface Coalesced<W> {
  /** All that it tells, in the order in which it came. */
  ids: number[]
  /** The newest, which is shown. */
  shown: W
  /** How often it came again without being told. */
  repeats: number
  /** How often it changed its state, from the first that waits to the newest. */
  changes: number
  firedWhileWaiting: boolean
}

/**
 * One telling for each alert among `chosen`, with everything else of `waiting` that is about the same alerts: so an
 * alert that fired and was resolved while it waited is told once, and never in the wrong order.
 */
export function coalesce<W extends Waiting>(
  chosen: readonly W[],
  waiting: readonly W[],
): Coalesced<W>[] {
  const byFingerprint = new Map<string, W[]>(chosen.map((each) => [each.fingerprint, []]))
  for (const each of waiting) byFingerprint.get(each.fingerprint)?.push(each)
  return [...byFingerprint.values()].map((same) => {
    const inOrder = same.sort((a, b) => a.id - b.id)
    const shown = inOrder.at(-1) as W
    const fired = inOrder.some((each) => each.status === 'firing')
    const sameStatus = inOrder.filter((each) => each.status === shown.status)
    return {
      ids: inOrder.map((each) => each.id),
      shown,
      repeats: sameStatus.reduce((sum, each) => sum + each.repeats, sameStatus.length - 1),
      changes: inOrder
        .slice(1)
        .filter(({ status }, index) => status !== (inOrder[index] as W).status).length,
      firedWhileWaiting: shown.status === 'resolved' && fired,
    }
  })
}
