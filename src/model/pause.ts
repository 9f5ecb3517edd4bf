/** The end of a pause that lasts until a person ends it. */
export const NO_END_MS = Date.UTC(9999, 0, 1)

/** Below NO_END_MS, because a clock correction moves the end of every pause a little. */
const OPEN_ENDED_FROM_MS = Date.UTC(9000, 0, 1)

/** Whether a pause lasts until a person ends it. */
export function isOpenEnded(until: Date): boolean {
  return until.getTime() >= OPEN_ENDED_FROM_MS
}
