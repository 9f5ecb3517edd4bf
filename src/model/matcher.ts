/** A compiled pattern that matches the whole text in linear time. */
export interface Pattern {
  source: string
  matches(text: string): boolean
}

/** A matcher as in Alertmanager; a missing variable equals the empty text. */
export type Matcher = { name: string; negated: boolean } & (
  | { kind: 'equals'; value: string }
  | { kind: 'matches'; pattern: Pattern }
)
