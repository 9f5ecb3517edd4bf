import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'

/** One request, parsed and routed. */
export interface AcceptRequest {
  now: Date
  source: SourceName
  /** Identifies the notification and its channels: the same key within `dedupWindowMs` is a duplicate. */
  key: string
  dedupWindowMs: number
  /** The payload as text, or as UTF-8; stored once. */
  body: string | Uint8Array
  alerts: readonly IncomingAlert[]
}

/** One alert for one channel. */
export interface IncomingAlert {
  /** Its index in the payload. */
  position: number
  channel: string
  /** One queue for each group that it is for. */
  queues: readonly string[]
  fingerprint: string
  status: Status
  level: Level
  /** Digests count by these. */
  name: string
  cluster: string
  /** What aggregation compares: the fingerprint, or a hash of the values of `aggregate.by`. */
  group: string
  /** The aggregation period; 0: off. */
  everyMs: number
  startsAtMs?: number | undefined
  endsAtMs?: number | undefined
  /** Suppressed for this reason (resolved_off) whatever was delivered before. It still counts as a change of status. */
  suppressed?: string
}

/**
 * Why an alert is not delivered to a group, or undefined. `last` is what the group last got of the same alert or
 * aggregation group. Pure; called inside the accept transaction, so that two requests never decide on the same past.
 */
export type ReasonToSuppress = (
  incoming: IncomingAlert,
  last: LastNotified | undefined,
  now: Date,
) => string | undefined

/** What was last let through for one group of one aggregation group. */
export interface LastNotified {
  status: Status
  level: Level
  fingerprint: string
  startsAt: Date | undefined
  /** When an alert was last let through, by status. */
  firingAt: Date | undefined
  resolvedAt: Date | undefined
}

export interface Accepted {
  /** The request repeats an earlier one; nothing was written. */
  duplicate: boolean
  /** The queues in which something new waits. */
  queues: string[]
  suppressed: { channel: string; reason: string; count: number }[]
}
