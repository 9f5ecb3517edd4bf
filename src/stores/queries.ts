import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { AlertState, MessageKind, MessageState } from '../model/message.ts'

export interface SnapshotQuery {
  now: Date
  month: string
  robots: readonly { name: string; key: string; address: string; callsSince: Date }[]
}

export interface Snapshot {
  robots: Map<string, RobotSnapshot>
  /** Waiting or in flight, by queue and channel. */
  queues: { queue: string; channel: string; count: number; oldest: Date }[]
  /** Alerts that are pending or sending, by channel, each counted once. */
  channels: { channel: string; count: number; oldest: Date }[]
  organisationUsed: number
}

/** One counted call: it reached, or may reach, DingTalk between `at` and `until`. */
export interface Call {
  at: Date
  until: Date
}

export interface RobotState {
  /** Since the instant asked for, oldest first. */
  calls: Call[]
  pause: Pause | undefined
  /** Consecutive failed attempts. */
  failures: number
  /** A smaller body limit learned from refusals; undefined: the platform's. */
  bodyBytes: number | undefined
  monthUsed: number
}

export interface Pause {
  until: Date
  since: Date
  reason: string
}

export interface RobotSnapshot extends RobotState {
  lastResult: string | undefined
  lastAt: Date | undefined
  /** The owner of the lease in force, where several processes share the store. */
  leasedBy?: string | undefined
}

/** More alerts of one message are not listed; its `alertCount` counts them all. */
export const MAX_LISTED_ALERTS = 10_000

export interface MessageWithAlerts {
  message: StoredMessage
  alerts: StoredAlert[]
}

/** `before` is the opaque `next` of an earlier page; `next` is null at the end. */
export interface Page<Item> {
  items: Item[]
  next: string | null
}

/** Newest first. A filter that few rows pass may end a page early: the rest is behind its `next`. */
export interface MessageQuery {
  channel?: string
  robot?: string
  state?: MessageState
  /** Must occur in title or text; the case of ASCII letters does not matter. */
  text?: string
  limit: number
  before?: string
}

export interface StoredMessage {
  id: string
  uuid: string
  robot: string
  queue: string
  channel: string
  kind: MessageKind
  state: MessageState
  title: string
  text: string
  /** Exactly what is posted. */
  body: string
  bytes: number
  alertCount: number
  createdAt: Date
  dueAt: Date | undefined
  sentAt: Date | undefined
  reason: string | undefined
  attemptCount: number
  /** All, oldest first, of one message; in a list the last one only. */
  attempts: StoredAttempt[]
}

export interface StoredAttempt {
  at: Date
  robot: string
  result: string
  httpStatus: number | undefined
  errcode: number | undefined
  errmsg: string | undefined
  words: string
  durationMs: number
}

export interface AlertQuery {
  channel?: string
  state?: AlertState
  /** The id of a message that carries them. */
  message?: string
  /**
   * Each must occur in the alert's payload in one of its spellings; the case of ASCII letters does not matter. A payload
   * may hold many alerts, so a hit may belong to another alert of it.
   */
  words?: readonly Spellings[]
  limit: number
  before?: string
}

/** The ways in which one text may stand in a payload. */
export type Spellings = readonly string[]

/** An accepted alert in one channel; its variables are read from its payload. */
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

/** Counts may be lower where more happened than one query looks at. */
export interface HistoryCounts {
  /** Alerts that were accepted, suppressed ones included. */
  received: number
  suppressed: { channel: string; reason: string; count: number }[]
  /** Messages that ended, sent or dead for good, and their alerts. */
  ended: { channel: string; state: 'sent' | 'dead'; messages: number; alerts: number }[]
}

export interface MessageCountsQuery {
  hourStart: Date
  dayStart: Date
  places: readonly { queue: string; channel: string }[]
}

/** In the order of the places asked for. */
export interface MessageCounts {
  queue: string
  channel: string
  messagesThisHour: number
  messagesToday: number
}
