import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'

const MOST_A_SECOND = 20

export type TellRefusal = Events['requestRefused']

/** Tells of refused requests, but of so many a second at most that nobody can fill a disk with the log of them. */
export function createRefusals(events: Pick<Events, 'requestRefused'>, clock: Clock): TellRefusal {
  const told = { second: 0, lines: 0, untold: 0 }
  return (source, fields) => {
    const second = Math.floor(clock.now().getTime() / 1000)
    if (second !== told.second) Object.assign(told, { second, lines: 0 })
    if (told.lines >= MOST_A_SECOND) {
      told.untold += 1
      return
    }
    told.lines += 1
    events.requestRefused(source, told.untold === 0 ? fields : { ...fields, untold: told.untold })
    told.untold = 0
  }
}
