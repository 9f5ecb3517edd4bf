import type { Mention } from './alert.ts'

/** A person of the directory, as DingTalk identifies people. */
export type Person = { kind: 'mobile'; mobile: string } | { kind: 'user'; user: string }

/** People who take turns. The first turn begins at `from`, and each lasts `everyMs` on the wall clock of `timezone`. */
export interface Rota {
  /** Names of the directory; several names in one turn are on call together. */
  turns: readonly (readonly string[])[]
  everyMs: number
  /** A wall-clock time such as `2026-11-30T09:00`. */
  from: string
  timezone: string
  /** If several apply at once, the last one listed wins. */
  overrides: readonly RotaOverride[]
}

export interface RotaOverride {
  from: Date
  /** Exclusive end. */
  to: Date
  people: readonly string[]
}

/** People and rotas by name. */
export interface Directory {
  people: ReadonlyMap<string, Person>
  rotas: ReadonlyMap<string, Rota>
}

/** The people that a channel or one of its rules mentions: by number or id, by name, and by labels of the alerts. */
export interface MentionTargets extends Mention {
  /** Names of the directory. */
  people?: readonly string[]
  /** Names of rotas; the people on call when the message is composed are mentioned. */
  oncall?: readonly string[]
  /** Labels or annotations whose values name people. */
  labels?: readonly string[]
}
