import type { Level } from './level.ts'
import type { Variables } from './variables.ts'

/** The kinds of inbound payload; `sources/index.ts` has the reader of each. */
export const SOURCE_NAMES = ['alertmanager', 'ocp', 'chat'] as const
export type SourceName = (typeof SOURCE_NAMES)[number]

export type Status = 'firing' | 'resolved'

/** One normalized alert. What it carries is data: never evaluated, never expanded. */
export interface Alert {
  source: SourceName
  status: Status
  /** Stable identity; the same for firing and resolved, and for every repeat. */
  fingerprint: string
  /** The OCP variables and the alert's own labels and fields, as they came (times as ISO 8601 text). */
  variables: Variables
  /** Alertmanager's labels alone, exactly as they came: what a silence for this alert must match. */
  labels?: Variables
  /** What it says under names of its own, such as `current` or `描述`, where it has neither summary nor description. */
  texts?: Variables
  /** What a count of many alerts names this one by, and its cluster, else namespace; empty where it has none. */
  name: string
  cluster: string
  /**
   * The word the alert itself uses for its level, before a channel's own words are applied. Undefined: it names none, is
   * handled as level 3, and its message shows no level.
   */
  levelWord: string | undefined
  startsAt: Date | undefined
  endsAt: Date | undefined
  /**
   * Set for a message without a known identity: the same text within this time is a retry, a later one is news. It takes
   * the place of the channel's `aggregate`.
   */
  retryWindowMs?: number
}

/** What one request brought: the alerts in it, and what tells it from another request. */
export interface Notification {
  source: SourceName
  /**
   * Equal for a retry and for a high-availability peer's copy of the same notification;
   * different for any other. Not a secret, any length.
   */
  key: string
  /** The same, but different where only what the alerts say differs; for whoever wants to be told each time. */
  contentKey: () => Promise<string>
  /** Whether the key tells a later firing of an alert from an earlier one: each alert says since when it fires. */
  keyIncludesStart: boolean
  alerts: readonly Alert[]
  /** Alertmanager sent a group again because alerts joined it; those that the group knows may be left out. */
  hasOnlyNewAlerts?: boolean
  /** What to store of the body, where that is less than what came. */
  stored?: string
  /** A DingTalk-shaped body brings its own text and mentions, which then stand for the template. */
  prerendered?: PrerenderedText
}

/** Text that a sender already rendered, with whom it mentions. */
export interface PrerenderedText {
  title: string | undefined
  text: string
  format: 'text' | 'markdown'
  mention: Mention
}

/** Whom a message mentions. */
export interface Mention {
  mobiles: readonly string[]
  users: readonly string[]
  all: boolean
}

export const NO_MENTION: Mention = { mobiles: [], users: [], all: false }

/** An alert as a template tells it: with its level in this channel and what happened while it waited. */
export interface MessageAlert {
  alert: Alert
  level: Level
  receivedAt: Date
  /** How often the same alert came again without being told, since it was last told. */
  repeats: number
  /** How often it changed between firing and resolved while it waited. */
  changes?: number
  /** It fired and was resolved while it waited, and is told once as both. */
  firedWhileWaiting: boolean
}
