/** How many times longer the work takes for sixteen times the size; about 16 where it is linear, 256 where quadratic. */
export function growthOf(work: (size: number) => void, size: number): number {
  work(size)
  return fastest(() => work(16 * size)) / fastest(() => work(size))
}

/** Of several, since whatever else runs on the machine only ever makes it slower. */
function fastest(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now()
    work()
    return performance.now() - began
  })
  return Math.min(...times)
}
