/**
 * Runs one at a time: calls that come while one is under way share the next one. So whoever asks gets the outcome of a
 * run that began after it asked, and any number of them cost two runs.
 */
export function singleFlight(run: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  return () => {
    if (waiting !== undefined) return waiting
    const next = underWay.then(() => {
      waiting = undefined
      return run()
    })
    waiting = next
    underWay = next.catch(() => undefined)
    return next
  }
}
