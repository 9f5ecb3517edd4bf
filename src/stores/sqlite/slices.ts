/**
 * Work that gives way now and then: whoever runs it may accept requests between two slices, but nothing else, so that
 * all it sees is as it was when it began, but for alerts with higher numbers.
 */
export type Slices<T> = Generator<void, T>

/** Rows after which a walk over many gives way: a few milliseconds of them. */
export const ROWS_IN_SLICE = 4_000

/** All slices one after another. */
export function whole<T>(slices: Slices<T>): T {
  for (;;) {
    const { done, value } = slices.next()
    if (done === true) return value
  }
}
