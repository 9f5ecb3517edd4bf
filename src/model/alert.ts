import type { Level } from './level.ts'
import type { Variables } from './variables.ts'

/** The kinds of inbound payload; `sources/index.ts` has the reader of each. */
export const SOURCE_NAMES = ['alertmanager', 'ocp', 'chat'] as const
export type SourceName = (typeof SOURCE_NAMES)[number]

export const STATUSES = ['firing', 'resolved'] as const
export type Status = (typeof STATUSES)[number]

/** One normalized alert. Its texts are data, which is never evaluated or expanded. */
export interface Alert {
  source: SourceName
  status: Status
  /** Stable identity: equal for firing, resolved, and every repeat. */
  fingerprint: string
  /** The OCP variables and the alert's own labels and fields, unchanged (times as ISO 8601 text). */
  variables: Variables
  /** Alertmanager's original labels, which a silence for this alert must match. */
  labels?: Variables
  /** Alertmanager's original annotations. */
  annotations?: Variables
  /** The labels by which Alertmanager grouped the alert. */
  groupLabels?: Variables
  /** Other annotations, such as `current` or `描述`, if the alert has neither summary nor description. */
  texts?: Variables
  /** Name, and cluster or namespace, by which digests count alerts; empty if unknown. */
  name: string
  cluster: string
  /**
   * The sender's word for the level, before the channel's `levels` apply. Undefined if the alert names no level: it is
   * handled as level 3, and its message shows none.
   */
  levelWord: string | undefined
  startsAt: Date | undefined
  endsAt: Date | undefined
  /**
   * Set for a message without a known identity: the same text within this time is a retry, a later one is a new
   * message. Replaces the channel's `aggregate`.
   */
  retryWindowMs?: number
}

/** The content of one request: its alerts, and a key for deduplication. */
export interface Notification {
  source: SourceName
  /**
   * Equal for a retry and for a high-availability peer's copy of the same notification; different for any other. Not
   * secret; may have any length.
   */
  key: string
  /** A stricter key for short aggregation periods; it also differs if only the texts of the alerts differ. */
  contentKey: () => Promise<string>
  alerts: readonly Alert[]
  /** Alertmanager repeated a group because alerts joined it; alerts that the group already has may be omitted. */
  hasOnlyNewAlerts?: boolean
  /** A shorter text to store instead of the body. */
  stored?: string
  /** Text and mentions of a DingTalk-shaped body, which replace the template's. */
  prerendered?: PrerenderedText
}

/**
 * Names of the alerts that replace an unreadable alert: malformed by its sender, or with a lost stored payload. Messages
 * translate these names.
 */
export const MALFORMED_NAME = 'Malformed alert'
export const UNREADABLE_NAME = 'Unreadable alert'

/** Text that the sender has rendered, with its mentions. */
export interface PrerenderedText {
  title: string | undefined
  text: string
  format: 'text' | 'markdown'
  mention: Mention
}

/** The people that a message mentions. */
export interface Mention {
  mobiles: readonly string[]
  users: readonly string[]
  all: boolean
  /** Names without a person; the message shows them beside the mentions, already escaped for its format. */
  names?: readonly string[]
}

export const NO_MENTION: Mention = { mobiles: [], users: [], all: false }

/** An alert for templates: with its level in this channel, and its changes while it waited. */
export interface MessageAlert {
  alert: Alert
  level: Level
  receivedAt: Date
  /** Repeats since its last delivery. */
  repeats: number
  /** Changes between firing and resolved while it waited. */
  changes?: number
  /** It fired and was resolved while it waited; one message reports both. */
  firedWhileWaiting: boolean
  /** The address of the page on which a person can silence it; undefined if Alertmanager's own form is used. */
  silenceLink?: string | undefined
}
