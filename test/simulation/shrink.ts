import type { History } from './history.ts'

/** Finds a short history that still fails, by omitting events, first many at a time, as long as possible. */
export async function shrink(
  history: History,
  fails: (history: History) => Promise<boolean>,
  tries = 400,
): Promise<History> {
  let best = history
  let left = tries
  for (let size = Math.ceil(best.events.length / 2); size >= 1; ) {
    let found = false
    for (let from = 0; from < best.events.length && left > 0; ) {
      left -= 1
      const events = best.events.toSpliced(from, size)
      if (events.length < best.events.length && (await fails({ ...best, events }))) {
        best = { ...best, events }
        found = true
      } else from += size
    }
    if (left <= 0) break
    if (size > 1) size = Math.floor(size / 2)
    else if (!found) break
  }
  return best
}
