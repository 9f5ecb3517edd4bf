/**
 * Growth of the duration for sixteen times the size: about 16 if linear, 256 if quadratic. The least of several
 * measurements, since other load on the machine only adds to one.
 */
export function growthOf(work: (size: number) => void, size: number): number {
  work(size)
  const measured = Array.from(
    { length: 3 },
    () => fastest(() => work(16 * size)) / fastest(() => work(size)),
  )
  return Math.min(...measured)
}

/** The fastest of several runs. */
function fastest(work: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const began = performance.now()
    work()
    return performance.now() - began
  })
  return Math.min(...times)
}
