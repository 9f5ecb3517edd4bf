import type { Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Matcher } from '../model/matcher.ts'
import type { MuteEnd } from '../model/silence.ts'
import { matches, type Subject } from './route.ts'

/** A mute that may be in force: for one alert, or for all alerts that its matchers match. */
export interface Mute {
  id: string
  channel: string
  fingerprint: string | undefined
  matchers: readonly Matcher[]
  /** A more severe alert is not covered, and ends the mute. */
  level: Level | undefined
  until: Date
  untilRecovery: boolean
}

export interface Muted {
  muted: boolean
  /** Mutes that this alert ends. */
  ended: readonly { id: string; why: MuteEnd }[]
}

const NOT_MUTED: Muted = { muted: false, ended: [] }

/** Whether any of the mutes covers an alert, and which mutes the alert ends. */
export function muteOf(
  alert: Subject & { fingerprint: string; status: Status },
  mutes: readonly Mute[],
): Muted {
  const covering = mutes.filter(({ fingerprint, matchers }) =>
    fingerprint === undefined ? matches(matchers, alert) : fingerprint === alert.fingerprint,
  )
  if (covering.length === 0) return NOT_MUTED
  const ended = covering.flatMap((mute) => {
    const why = endedBy(alert, mute)
    return why === undefined ? [] : [{ id: mute.id, why }]
  })
  return { muted: ended.length < covering.length, ended }
}

function endedBy(
  { status, level }: { status: Status; level: Level },
  mute: Mute,
): MuteEnd | undefined {
  if (status === 'resolved') return mute.untilRecovery ? 'recovered' : undefined
  return mute.level !== undefined && level < mute.level ? 'level_rose' : undefined
}
