/** Growth of the duration for sixteen times the size: about 16 if linear, 256 if quadratic. */
export function growthOf(work: (size: number) => void, size: number): number {
  work(size)
  return fastest(() => work(16 * size)) / fastest(() => work(size))
}

/** The fastest of several runs, since other load on the machine only slows a run down. */
function fastest(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now()
    work()
    return performance.now() - began
  })
  return Math.min(...times)
}
