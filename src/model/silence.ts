import type { Level } from './level.ts'

/** That alerts are not to be sent for a time: made in Alertmanager (`silence`), or kept here (`mute`). */
export type SilenceKind = 'silence' | 'mute'

export interface NewSilence {
  kind: SilenceKind
  channel: string
  /** The stored alert from which it was made; undefined: it was made through the API. */
  alert: string | undefined
  /** Identity of the one alert that it is for; undefined: all that its matchers match. */
  fingerprint: string | undefined
  /** In Alertmanager's notation. */
  matchers: readonly string[]
  /** A mute ends for an alert that is more severe than this. */
  level: Level | undefined
  by: string
  madeAt: Date
  until: Date
  /** It ends with the recovery of its alert, if that is before `until`. */
  untilRecovery: boolean
  /** Where it was made and under which id; undefined for a mute. */
  remote: { alertmanager: string; id: string } | undefined
}

export interface Silence extends NewSilence {
  id: string
  ended: { at: Date; by: string } | undefined
}

/** What ended a mute, where no person did. */
export type MuteEnd = 'recovered' | 'level_rose'

export function isInForce({ until, ended }: Silence, now: Date): boolean {
  return ended === undefined && until > now
}

/** One of Alertmanager's matchers that has to hold. */
export interface SilenceMatcher {
  name: string
  value: string
  isRegex: boolean
}

/** `alert`: exactly this one; `restarts`: this one and what takes its place after a restart; `group`: all of its group. */
export type SilenceScope = 'alert' | 'restarts' | 'group'

/** A matcher in Alertmanager's notation. */
export function matcherText({ name, value, isRegex }: SilenceMatcher): string {
  const shown = /^[A-Za-z_:][\w:]*$/.test(name) ? name : JSON.stringify(name)
  return `${shown}=${isRegex ? '~' : ''}${JSON.stringify(value)}`
}

/** How long a silence or a mute is to last, as a person chose on a page. */
export type SilenceLength =
  | { kind: 'minutes'; minutes: number }
  /** Until tomorrow at nine. */
  | { kind: 'tomorrow' }
  /** Until a wall-clock time, such as `2026-12-01T09:00`. */
  | { kind: 'until'; wallTime: string }
  | { kind: 'recovery' }
