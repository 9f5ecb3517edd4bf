import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { AlertState, MessageKind, MessageState } from '../model/message.ts'

/** A payload as it came. */
export interface StoredPayload {
  source: SourceName
  receivedAt: Date
  text: string
}

/** More alerts of one message are not listed; its `alertCount` counts them all. */
export const MOST_LISTED_ALERTS = 10_000

/** Each payload once, however many of the alerts come from it. */
export interface MessageWithAlerts {
  message: StoredMessage
  alerts: StoredAlert[]
  payloads: Map<number, StoredPayload>
}

export interface AlertPage extends Page<StoredAlert> {
  payloads: Map<number, StoredPayload>
}

/** `before` is an opaque mark from a page before it; `next` is null at the end. */
export interface Page<Item> {
  items: Item[]
  next: string | null
}

export interface MessageQuery {
  channel?: string
  robot?: string
  state?: MessageState
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
  limit: number
  before?: string
}

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
