import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'

/** Bounds the load on the log, and the disk space that a sender can fill. */
const MAX_LINES_PER_SECOND = { overload: 1, other: 20 } as const

type RejectionKind = keyof typeof MAX_LINES_PER_SECOND

type Refused = Parameters<Events['requestRefused']>
export type LogRejection = (kind: RejectionKind, source: Refused[0], fields: Refused[1]) => void

/** Logs rejected requests, rate-limited per second; the next line reports how many were dropped. */
export function createRejectionLog(
  events: Pick<Events, 'requestRefused'>,
  clock: Clock,
): LogRejection {
  const counters = {
    overload: { second: 0, lines: 0, omitted: 0 },
    other: { second: 0, lines: 0, omitted: 0 },
  }
  return (kind, source, fields) => {
    const own = counters[kind]
    const second = Math.floor(clock.now().getTime() / 1000)
    if (second !== own.second) Object.assign(own, { second, lines: 0 })
    if (own.lines >= MAX_LINES_PER_SECOND[kind]) {
      own.omitted += 1
      return
    }
    own.lines += 1
    events.requestRefused(source, own.omitted === 0 ? fields : { ...fields, omitted: own.omitted })
    own.omitted = 0
  }
}
