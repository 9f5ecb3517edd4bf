/** The largest count up to `limit` that passes; 0 if 1 fails. A count above a failing one must fail as well. */
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
