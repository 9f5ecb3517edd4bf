import type { Mention } from './alert.ts'

/** Someone in the directory, as DingTalk knows them. */
export type Person = { kind: 'mobile'; mobile: string } | { kind: 'user'; user: string }

/** Who takes turns, and when: the first turn begins at `from`, each lasts `everyMs` on the wall clock of `timezone`. */
export interface Rota {
  /** Names of the directory; several in one turn are on call together. */
  turns: readonly (readonly string[])[]
  everyMs: number
  /** A wall-clock time such as `2026-11-30T09:00`. */
  from: string
  timezone: string
  /** Where several hold at once, the last one listed does. */
  overrides: readonly RotaOverride[]
}

export interface RotaOverride {
  from: Date
  /** Exclusive. */
  to: Date
  people: readonly string[]
}

/** Whom a name means. */
export interface Directory {
  people: ReadonlyMap<string, Person>
  rotas: ReadonlyMap<string, Rota>
}

/** Whom a channel or one of its rules mentions: by number or id, by name, and by what alerts name. */
export interface MentionTargets extends Mention {
  /** Names of the directory. */
  people?: readonly string[]
  /** Rotas: the people on call when the message is composed. */
  oncall?: readonly string[]
  /** Labels or annotations whose values name people. */
  labels?: readonly string[]
}
