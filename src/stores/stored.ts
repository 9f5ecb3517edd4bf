import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { AlertState, MessageKind, MessageState } from '../model/message.ts'
import type { RobotState } from './store.ts'

export interface StandingQuestion {
  now: Date
  month: string
  robots: readonly { name: string; key: string; address: string; callsSince: Date }[]
}

export interface Standing {
  robots: Map<string, RobotStanding>
  /** Waiting or under way, by queue and channel. */
  queues: { queue: string; channel: string; count: number; oldest: Date }[]
  /** Alerts that are pending or sending, by channel, each counted once. */
  channels: { channel: string; count: number; oldest: Date }[]
  organisationUsed: number
}

export interface RobotStanding extends RobotState {
  lastResult: string | undefined
  lastAt: Date | undefined
  /** The owner of the lease in force, where several processes share the store. */
  workedBy?: string | undefined
}

/** More alerts of one message are not listed; its `alertCount` counts them all. */
export const MOST_LISTED_ALERTS = 10_000

export interface MessageWithAlerts {
  message: StoredMessage
  alerts: StoredAlert[]
}

/** `before` is an opaque mark from a page before it; `next` is null at the end. */
export interface Page<Item> {
  items: Item[]
  next: string | null
}

/** Of lists, newest first. A filter that few rows pass may end a page early: what is left is behind its `next`. */
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
  /** The id of a message that tells them. */
  message?: string
  /**
   * Each must occur in the alert's payload in one of its spellings; the case of ASCII letters does not matter. A payload
   * may bring many alerts, so those that are given only may be meant.
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
  toldAt: Date | undefined
  repeats: number
  position: number
  payload: number
}

export interface Span {
  from: Date
  to: Date
}

/** Counts may be lower where more happened than is looked at in one go. */
export interface Happened {
  /** Alerts that were accepted, suppressed ones included. */
  received: number
  suppressed: { channel: string; reason: string; count: number }[]
  /** Messages that ended, sent or dead for good, and the alerts they told. */
  ended: { channel: string; state: 'sent' | 'dead'; messages: number; alerts: number }[]
}

export interface PushedQuestion {
  hourStart: Date
  dayStart: Date
  places: readonly { queue: string; channel: string }[]
}

/** In the order of the places asked for. */
export interface Pushed {
  queue: string
  channel: string
  messagesThisHour: number
  messagesToday: number
}
