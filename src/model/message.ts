import type { Mention } from './alert.ts'
import type { Format } from './settings.ts'

export const MESSAGE_KINDS = ['alert', 'group', 'digest', 'recovery', 'test'] as const
export type MessageKind = (typeof MESSAGE_KINDS)[number]
export type MessageState = 'pending' | 'sending' | 'sent' | 'dead'
export type AlertState = 'pending' | 'sending' | 'sent' | 'suppressed' | 'dead'

/** The content of a message, independent of the platform. */
export interface Content {
  format: Format
  title: string
  text: string
  mention: Mention
  /** Position of the mentions: under the heading, so that a long text cannot hide them, or at the end. */
  mentionAt?: 'heading' | 'end'
  /** Target of an actionCard without buttons. */
  link: string | undefined
  /** Buttons of an actionCard. */
  buttons?: readonly Button[]
}

export interface Button {
  title: string
  url: string
}

/**
 * The probes, which test behavior of DingTalk that is not documented. `repeat` sends `first` again with the same key.
 */
export const PROBES = ['first', 'repeat', 'everyone', 'keyword', 'size'] as const
export type Probe = (typeof PROBES)[number]

/** The outcome of an attempt; a remote failure is a value, never an exception. */
export type Outcome =
  | { kind: 'delivered' }
  | { kind: 'throttled'; scope: 'robot' | 'address' }
  | { kind: 'retryable'; reason: RetryReason; reached: boolean; bounded: boolean }
  | { kind: 'too_long' }
  | { kind: 'rejected'; reason: RejectReason }

/** Why another attempt may succeed. */
export type RetryReason = (typeof RETRY_REASONS)[number]

export const RETRY_REASONS = [
  'busy',
  'timeout',
  'network',
  'proxy',
  'tls',
  'server_error',
  'unreadable',
  'unknown',
] as const

/** Why no further attempt can succeed until a person acts. */
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

/** One POST of a message and its outcome. */
export interface Attempt {
  outcome: Outcome
  /** The outcome in one word, for lists: ok, throttled, timeout, token … */
  result: string
  httpStatus: number | undefined
  errcode: number | undefined
  /** The reply's text, truncated to 500 characters, without tokens. */
  errmsg: string | undefined
  /** The meaning of the outcome and what to do about it, in one or two sentences. */
  explanation: string
  durationMs: number
}

/**
 * How long a message that may have arrived stays with its robot, because DingTalk drops a repeat there. Another robot
 * of the pool would show it twice.
 */
export const SAME_ROBOT_MS = 60_000
