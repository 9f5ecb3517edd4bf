/** A compiled pattern that cannot hang; it is matched against the whole text. */
export interface Pattern {
  source: string
  matches(text: string): boolean
}

/** One of Alertmanager's matchers; a missing variable is compared as the empty text. */
export type Matcher = { name: string; negated: boolean } & (
  | { kind: 'equals'; value: string }
  | { kind: 'matches'; pattern: Pattern }
)
