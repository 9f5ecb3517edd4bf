import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { AlertState, Attempt, MessageKind, MessageState } from '../model/message.ts'
import type { SilenceKind } from '../model/silence.ts'

/** A queue and one of the channels whose alerts it contains. */
export interface QueuePlace {
  queue: string
  channel: string
}

/** A robot; `key` and `address` identify its calls and pauses. */
export interface RobotId {
  name: string
  key: string
  address: string
}

export interface SnapshotQuery {
  now: Date
  month: string
  robots: readonly (RobotId & { callsSince: Date })[]
}

export interface Snapshot {
  robots: Map<string, RobotSnapshot>
  /** Alerts that wait or are in flight, by queue and channel, and how many of them are Down or Critical. */
  queues: (QueuePlace & { count: number; severe: number; oldest: Date })[]
  /** These alerts by channel. An alert in several queues counts once. */
  channels: { channel: string; count: number; severe: number; oldest: Date }[]
  organisationUsed: number
  /** Messages that need a person, how many of them have a Down or Critical alert, and when the oldest was created. */
  failed: { count: number; severe: number; oldest: Date | undefined }
  /** Alerts of the last 24 hours that are dead because their channel or robot was removed. */
  removed: { count: number; oldest: Date | undefined }
}

/** One counted call; it may reach DingTalk at any time between `at` and `until`. */
export interface Call {
  at: Date
  until: Date
}

export interface RobotState {
  /** Calls since the requested instant, oldest first. */
  calls: Call[]
  pause: Pause | undefined
  /** Consecutive failed attempts. */
  failures: number
  /** A body limit below the platform's, learned from refusals. */
  bodyBytes: number | undefined
  monthUsed: number
}

export interface Pause {
  until: Date
  since: Date
  reason: string
  /** The person who paused the robot. */
  by?: string
}

export interface RobotSnapshot extends RobotState {
  lastResult: string | undefined
  lastAt: Date | undefined
  /** Owner of the lease in force, if several processes share the store. */
  leasedBy?: string | undefined
}

/** Lists of one message's alerts stop here; `alertCount` counts all of them. */
export const MAX_LISTED_ALERTS = 10_000

export interface MessageWithAlerts {
  message: StoredMessage
  alerts: StoredAlert[]
}

/** `next` is an opaque cursor for `before` of the next query; null on the last page. */
export interface Page<Item> {
  items: Item[]
  next: string | null
  /** The time of the last row that was read, if the page ended early. */
  reached?: Date
}

type Order = 'newest' | 'oldest'

/** A part of a list. A page may end early when few rows match the filter; `next` continues. */
interface ListQuery {
  /** Rows from this instant on, up to but not including `to`. */
  from?: Date
  to?: Date
  /** Sort order; default `newest`. */
  order?: Order
  limit: number
  /** The `next` of the previous page, which had the same order. */
  before?: string
}

export interface MessageQuery extends ListQuery {
  channel?: string
  robot?: string
  state?: MessageState
  kind?: MessageKind
  /** The level of the most severe alert. */
  levels?: readonly Level[]
  /** Only messages that need a person: dead, not dismissed, and not split into smaller ones. */
  failed?: boolean
  /** A substring of title or text; ASCII letters match in either case. */
  text?: string
}

/** Selects messages that are dead, not dismissed, and not split into smaller ones. All conditions apply. */
export interface FailedQuery
  extends Pick<MessageQuery, 'channel' | 'robot' | 'kind' | 'levels' | 'text' | 'from' | 'to'> {
  ids?: readonly string[]
  /** Only messages with a larger id; results are in ascending order. */
  after?: string
  limit: number
}

/** Ids of failed messages, oldest first. `next` is the `after` of the next query; undefined on the last page. */
export interface FailedPage {
  ids: string[]
  next: string | undefined
}

export interface StoredMessage extends QueuePlace {
  id: string
  uuid: string
  robot: string
  kind: MessageKind
  state: MessageState
  title: string
  text: string
  /** The exact POST body. */
  body: string
  bytes: number
  alertCount: number
  createdAt: Date
  dueAt: Date | undefined
  sentAt: Date | undefined
  reason: string | undefined
  /** When a person dismissed the dead message, so that it no longer counts as failed, and who did. */
  dismissed: { at: Date; by: string } | undefined
  attemptCount: number
  /** Oldest first; a list contains only the last attempt. */
  attempts: StoredAttempt[]
}

export interface StoredAttempt extends Omit<Attempt, 'outcome'> {
  at: Date
  robot: string
}

export interface AlertQuery extends ListQuery {
  channel?: string
  state?: AlertState
  status?: Status
  levels?: readonly Level[]
  fingerprint?: string
  /** Id of the message that contains the alerts. */
  message?: string
  /**
   * The alert's payload must contain each word in one of its spellings; case is ignored. The match may belong to another
   * alert of the same payload.
   */
  words?: readonly Spellings[]
}

/** The number of rows in a list; `isExact` is false if there may be more. */
export interface Total {
  count: number
  isExact: boolean
}

/** The encodings of one word that a payload may use. */
export type Spellings = readonly string[]

/** All conditions apply. */
export interface SilenceQuery {
  /** Neither ended nor expired at this instant. */
  inForceAt?: Date
  /** In force at some time after this instant. */
  since?: Date
  kind?: SilenceKind
  channel?: string
  limit: number
}

/** An accepted alert in one channel. Its variables come from its payload. */
export interface StoredAlert {
  id: string
  channel: string
  source: SourceName
  fingerprint: string
  status: Status
  level: Level
  state: AlertState
  reason: string | undefined
  messageIds: string[]
  receivedAt: Date
  deliveredAt: Date | undefined
  repeats: number
  position: number
  payload: number
}

export interface TimeRange {
  from: Date
  to: Date
}

/**
 * The state of an alert across all its groups: `waiting` if one may still receive it, else `failed` if one will not
 * receive it.
 */
export type AlertOutcome = 'delivered' | 'waiting' | 'failed' | 'suppressed'

/** The number of alerts of a source and channel in a state. `reason` is empty unless they were suppressed. */
export interface AlertCount {
  source: SourceName
  channel: string
  outcome: AlertOutcome
  reason: string
  count: number
}

/** Alerts received in a range, each counted once, and attempts made in it. */
export interface HistoryCounts {
  alerts: AlertCount[]
  attempts: { robot: string; result: string; count: number }[]
}

/** Recent requests of a source, or its recent heartbeat alerts of one name. */
export interface SourceActivity {
  source: SourceName
  /** The name of the heartbeat alert; undefined for a count of all requests. */
  heartbeat: string | undefined
  count: number
  first: Date
  last: Date
}

export interface MessageCountsQuery {
  hourStart: Date
  dayStart: Date
  places: readonly QueuePlace[]
}

/** Messages of a queue for a channel, without tests. */
export interface MessageCounts extends QueuePlace {
  messagesThisHour: number
  messagesToday: number
}
