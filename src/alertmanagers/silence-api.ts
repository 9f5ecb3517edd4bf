import type { Alertmanager } from '../model/settings.ts'
import type { SilenceMatcher } from '../model/silence.ts'

export interface WantedSilence {
  matchers: readonly SilenceMatcher[]
  startsAt: Date
  endsAt: Date
  createdBy: string
  comment: string
}

/** The outcome of a request to the members of a cluster; `explanation` is for the person. */
export type Answer<T> =
  | { kind: 'done'; value: T }
  /** A member answered with a refusal. */
  | { kind: 'refused'; explanation: string }
  /** No member answered, or only with a 5xx. */
  | { kind: 'unreachable'; explanation: string }

/** Manages silences in Alertmanager clusters. The first member that answers, except with a 5xx, decides. */
export interface SilenceApi {
  /** Returns the id of the new silence. */
  create(members: readonly Alertmanager[], silence: WantedSilence): Promise<Answer<string>>
  /** Ends a silence. Also `done` if the silence has already ended or is unknown. */
  expire(members: readonly Alertmanager[], id: string): Promise<Answer<undefined>>
}
