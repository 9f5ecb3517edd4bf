/** The largest count up to `limit` that passes, if more never passes where less does not; 0 when one does not. */
export function largestFitting(limit: number, passes: (count: number) => boolean): number {
  let low = 0
  let high = 1
  while (high <= limit && passes(high)) {
    low = high
    high *= 2
  }
  high = Math.min(high, limit + 1)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (passes(middle)) low = middle
    else high = middle
  }
  return low
}
