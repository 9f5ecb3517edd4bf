import type { Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { MessageKind, MessageState } from '../model/message.ts'

/**
 * What a store holds, in the same form whatever the store, so that it can be moved to another. Instants are
 * milliseconds since 1970; numbers name rows within one store.
 */
export interface Belongings {
  payloads: { id: number; source: string; receivedAt: number; text: string }
  alerts: {
    id: number
    payload: number
    position: number
    channel: string
    fingerprint: string
    status: Status
    level: Level
    name: string
    cluster: string
    repeats: number
    fate: string | null
    reason: string | null
  }
  /** Waiting (no message), or told by a message. */
  tellings: {
    alert: number
    queue: string
    channel: string
    level: Level
    fingerprint: string
    message: number | null
  }
  messages: {
    id: number
    uuid: string
    robot: string
    queue: string
    channel: string
    kind: MessageKind
    state: MessageState
    title: string
    text: string
    body: string
    alertCount: number
    storm: boolean
    createdAt: number
    dueAt: number | null
    elsewhereAt: number | null
    sentAt: number | null
    reason: string | null
    attempts: number
  }
  attempts: {
    id: number
    message: number
    at: number
    robot: string
    result: string
    httpStatus: number | null
    errcode: number | null
    errmsg: string | null
    words: string
    durationMs: number
  }
  /** What was last let through of each group of each channel. */
  passed: {
    channel: string
    group: string
    status: Status
    fingerprint: string
    firingAt: number | null
    resolvedAt: number | null
    alert: number
    repeats: number
    at: number
  }
  requests: { key: string; at: number }
  calls: { id: number; key: string; at: number; until: number; month: string }
  months: { month: string; key: string; calls: number }
  marks: { month: string; scope: string; mark: number }
  pauses: { scope: string; until: number; since: number; reason: string }
  robots: {
    key: string
    failures: number
    bodyBytes: number | null
    lastResult: string | null
    lastAt: number | null
  }
}

export type Kind = keyof Belongings

/** A store that nobody else holds while it is left. */
export interface Departure {
  /** All rows of one kind, in the order of their numbers, read as they are asked for. */
  rows<K extends Kind>(kind: K): Iterable<Belongings[K]>
  close(): void
}

/** How many rows of each kind were brought, and how many were there already. */
export type Moved = Partial<Record<Kind, { brought: number; there: number }>>
