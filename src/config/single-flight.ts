/**
 * Runs one call at a time; calls made meanwhile share the next run. Each caller gets the outcome of a run that began
 * after its call.
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
