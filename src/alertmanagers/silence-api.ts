import type { Alertmanager } from '../model/settings.ts'
import type { SilenceMatcher } from '../model/silence.ts'

export interface WantedSilence {
  matchers: readonly SilenceMatcher[]
  startsAt: Date
  endsAt: Date
  createdBy: string
  comment: string
}

/** What came of asking the members of a cluster; `words` are for the person who asked. */
export type Answer<T> =
  | { kind: 'done'; value: T }
  /** A member answered, and refused. */
  | { kind: 'refused'; words: string }
  /** No member answered. */
  | { kind: 'unreachable'; words: string }

/** The silences of Alertmanager's clusters; the first member that answers decides. */
export interface SilenceApi {
  /** Returns the id of the new silence. */
  create(members: readonly Alertmanager[], silence: WantedSilence): Promise<Answer<string>>
  /** Also done where it is over already, or unknown. */
  expire(members: readonly Alertmanager[], id: string): Promise<Answer<undefined>>
}
