import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'

/** Lines a second: the log must not be the next thing to be overloaded, and nobody may fill a disk with it. */
const MAX_LINES_PER_SECOND = { overload: 1, other: 20 } as const

export type RejectionKind = keyof typeof MAX_LINES_PER_SECOND

type Refused = Parameters<Events['requestRefused']>
export type LogRejection = (kind: RejectionKind, source: Refused[0], fields: Refused[1]) => void

/** Tells of refused requests, of so many a second at most; the next line says how many were left out. */
export function createRejectionLog(
  events: Pick<Events, 'requestRefused'>,
  clock: Clock,
): LogRejection {
  const told = {
    overload: { second: 0, lines: 0, untold: 0 },
    other: { second: 0, lines: 0, untold: 0 },
  }
  return (kind, source, fields) => {
    const own = told[kind]
    const second = Math.floor(clock.now().getTime() / 1000)
    if (second !== own.second) Object.assign(own, { second, lines: 0 })
    if (own.lines >= MAX_LINES_PER_SECOND[kind]) {
      own.untold += 1
      return
    }
    own.lines += 1
    events.requestRefused(source, own.untold === 0 ? fields : { ...fields, untold: own.untold })
    own.untold = 0
  }
}
