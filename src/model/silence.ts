import type { Level } from './level.ts'

/** Suppresses alerts for a time: a `silence` is created in Alertmanager, a `mute` is stored in the receiver. */
export type SilenceKind = 'silence' | 'mute'

export interface NewSilence {
  kind: SilenceKind
  channel: string
  /** The stored alert from which it was created; undefined if it was created through the API. */
  alert: string | undefined
  /** Fingerprint of the single alert that it covers; undefined: all alerts that its matchers match. */
  fingerprint: string | undefined
  /** In Alertmanager's notation. */
  matchers: readonly string[]
  /** An alert that is more severe than this ends the mute. */
  level: Level | undefined
  by: string
  madeAt: Date
  until: Date
  /** Whether it ends with the recovery of its alert, if that is before `until`. */
  untilRecovery: boolean
  /** The Alertmanager in which it was created, and its id there; undefined for a mute. */
  remote: { alertmanager: string; id: string } | undefined
}

export interface Silence extends NewSilence {
  id: string
  ended: { at: Date; by: string } | undefined
}

/** What ended a mute automatically. */
export type MuteEnd = 'recovered' | 'level_rose'

/** An Alertmanager matcher. */
export interface SilenceMatcher {
  name: string
  value: string
  isRegex: boolean
}

/**
 * `alert`: exactly this alert; `restarts`: this alert and its successors after a restart; `group`: all alerts of its
 * group.
 */
export type SilenceScope = 'alert' | 'restarts' | 'group'

/** A matcher in Alertmanager's notation. */
export function matcherText({ name, value, isRegex }: SilenceMatcher): string {
  const shown = /^[A-Za-z_:][\w:]*$/.test(name) ? name : JSON.stringify(name)
  return `${shown}=${isRegex ? '~' : ''}${JSON.stringify(value)}`
}

/** What came of creating or ending a silence. */
export type SilenceResult =
  | { kind: 'done' }
  | {
      kind: 'wrong'
      what: 'name' | 'length' | 'past' | 'too_long' | 'unreadable' | 'scope' | 'link'
    }
  /** Alertmanager refused, or did not answer. */
  | { kind: 'refused' | 'unreachable'; explanation: string }

/** The length of a silence or mute, as a person chose it on a page. */
export type SilenceLength =
  | { kind: 'minutes'; minutes: number }
  /** Until tomorrow at 9:00. */
  | { kind: 'tomorrow' }
  /** Until a wall-clock time, such as `2026-12-01T09:00`. */
  | { kind: 'until'; wallTime: string }
  | { kind: 'recovery' }
