import type { Mention } from './alert.ts'
import type { Format } from './settings.ts'

export type MessageKind = 'alert' | 'group' | 'digest' | 'recovery' | 'test'
export type MessageState = 'pending' | 'sending' | 'sent' | 'dead'
export type AlertState = 'pending' | 'sending' | 'sent' | 'suppressed' | 'dead'

/** What a message says, before a platform gives it its shape. */
export interface Content {
  format: Format
  title: string
  text: string
  mention: Mention
  /** Where those mentioned stand: under the heading, so that a long text hides nobody, or at the end. */
  mentionAt?: 'heading' | 'end'
  /** Where the whole card leads, for an actionCard that has no buttons. */
  link: string | undefined
  /** Where a card leads, button by button. */
  buttons?: readonly Button[]
}

/** One of a card's buttons. */
export interface Button {
  title: string
  url: string
}

/** A question to the real platform that no documentation answers. `repeat` is `first` again, with the same key. */
export const PROBES = ['first', 'repeat', 'everyone', 'keyword', 'size'] as const
export type Probe = (typeof PROBES)[number]

/** What an attempt came to; a failure far away is a value, never an exception. */
export type Outcome =
  | { kind: 'delivered' }
  | { kind: 'throttled'; scope: 'robot' | 'address' }
  | { kind: 'retryable'; reason: RetryReason; reached: boolean; bounded: boolean }
  | { kind: 'too_long' }
  | { kind: 'rejected'; reason: RejectReason }

/** Why another attempt may succeed. */
export type RetryReason =
  | 'busy'
  | 'timeout'
  | 'network'
  | 'proxy'
  | 'tls'
  | 'server_error'
  | 'unreadable'
  | 'unknown'

/** Why no further attempt can succeed until a person mends something. */
export type RejectReason =
  | 'token'
  | 'signature'
  | 'keyword'
  | 'address'
  | 'group'
  | 'content'
  | 'quota'
  | 'request'
  | 'redirect'
  | 'verification'

/** One POST of a message and what came of it. */
export interface Attempt {
  outcome: Outcome
  /** Names the outcome in one word, for metrics and lists: ok, throttled, timeout, token … */
  result: string
  httpStatus: number | undefined
  errcode: number | undefined
  /** The reply's own words, cut to 500 characters, without tokens. */
  errmsg: string | undefined
  /** What it means and what to do, in one or two sentences. */
  words: string
  durationMs: number
}

/**
 * How long a message that may have arrived is left to its own robot, whose group knows its key and drops a repeat; the
 * other robots of a pool would show it again.
 */
export const STAYS_MS = 60_000
