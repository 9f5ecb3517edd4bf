import type { Status } from '../model/alert.ts'

interface QueuedRow {
  id: number
  fingerprint: string
  status: Status
  repeats: number
}

/** All waiting rows of one alert, which are delivered as one. */
export interface Coalesced<W> {
  /** Ids of its rows, in the order of acceptance. */
  ids: number[]
  /** The newest row, which the message shows. */
  shown: W
  /** Repeats of the shown status, without the shown row itself. */
  repeats: number
  /** Changes of status from the first waiting row to the newest. */
  changes: number
  firedWhileWaiting: boolean
}

/**
 * Merges the rows of each alert in `chosen` with all rows of `waiting` about the same alert. So an alert that fired and
 * was resolved while it waited is delivered once, never in the wrong order.
 */
export function coalesce<W extends QueuedRow>(
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
