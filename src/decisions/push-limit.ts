import type { Level } from '../model/level.ts'
import type { Channel } from '../model/settings.ts'

export interface PushLimitState {
  messagesThisHour: number
  messagesToday: number
  /** Ends of the current calendar hour and day in the configured time zone. */
  hourEnd: Date
  dayEnd: Date
}

/** When a channel's push limits open again; undefined while they are open. */
export function opensAt(limits: Channel['pushLimits'], counts: PushLimitState): Date | undefined {
  const { hour = Infinity, day = Infinity } = limits ?? {}
  if (counts.messagesToday >= day) return counts.dayEnd
  if (counts.messagesThisHour >= hour) return counts.hourEnd
  return undefined
}

/** Whether alerts of this level pass a closed push limit. */
export function isExempt(limits: Channel['pushLimits'], level: Level): boolean {
  return limits?.pass.includes(level) ?? true
}
