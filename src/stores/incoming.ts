import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'

/** One parsed and routed request. */
export interface AcceptRequest {
  now: Date
  source: SourceName
  /** Identifies the notification and its channels: the same key within `dedupWindowMs` is a duplicate. */
  key: string
  dedupWindowMs: number
  /** The payload as text or as UTF-8 bytes. The store may transfer their ArrayBuffer, which is then unusable. */
  body: string | Uint8Array
  alerts: readonly IncomingAlert[]
}

/** One alert for one channel. */
export interface IncomingAlert {
  /** Index in the payload. */
  position: number
  channel: string
  /** One queue for each destination group. */
  queues: readonly string[]
  fingerprint: string
  status: Status
  level: Level
  /** Digests count alerts by name and cluster. */
  name: string
  cluster: string
  /** Aggregation key: the fingerprint, or a hash of the values of `aggregate.by`. */
  group: string
  /** The aggregation period; 0 turns aggregation off. */
  everyMs: number
  /** Deliver the alert only if this firing was not yet delivered to the group. */
  onlyNew?: boolean | undefined
  startsAtMs?: number | undefined
  endsAtMs?: number | undefined
  /** Suppresses the alert for this reason (resolved_off) in every case. It still counts as a change of status. */
  suppressed?: string
  /** A person muted the alert. It is delivered only if its level has risen, or as the recovery of a delivered alert. */
  muted?: boolean | undefined
}

/**
 * Why an alert is not delivered to a group, or undefined. `last` describes what was last let through for that group and
 * aggregation key. Pure; the accept transaction calls it, so that concurrent requests see each other's results.
 */
export type ReasonToSuppress = (
  incoming: IncomingAlert,
  last: LastNotified | undefined,
  now: Date,
) => string | undefined

/** The last alert that was let through for one queue, channel and aggregation key. */
export interface LastNotified {
  status: Status
  level: Level
  fingerprint: string
  startsAt: Date | undefined
  /** When a firing, and when a resolved alert was last let through. `firingAt` is undefined if the firing was muted. */
  firingAt: Date | undefined
  resolvedAt: Date | undefined
}

export interface Accepted {
  /** The request repeats an earlier one, and nothing was written. */
  duplicate: boolean
  /** Queues with new alerts. */
  queues: string[]
  suppressed: { channel: string; reason: string; count: number }[]
}
