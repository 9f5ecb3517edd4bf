import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Attempt, MessageKind } from '../model/message.ts'
import type { Accepted, AcceptRequest } from './incoming.ts'
import type {
  AlertQuery,
  HistoryCounts,
  MessageCounts,
  MessageCountsQuery,
  MessageQuery,
  MessageWithAlerts,
  Page,
  RobotState,
  Snapshot,
  SnapshotQuery,
  StoredAlert,
  StoredMessage,
  TimeRange,
} from './queries.ts'

export type { Call, Pause, RobotState } from './queries.ts'

/**
 * Everything that outlives the process. Each verb takes every instant as an argument and means the same on every
 * backend (test/stores/conformance/). Each verb that writes is one transaction: when it resolves, what it wrote is on
 * disk. A verb that cannot be carried out rejects with AppError `store_unavailable` and leaves nothing behind.
 */
export interface Store {
  /** Writes the alerts of one request, or nothing when it is a duplicate. Requests that arrive together share a commit. */
  accept(request: AcceptRequest): Promise<Accepted>
  /**
   * Takes or renews the exclusive right to work a robot; false while another owner holds it. Called between two
   * messages: what a former owner had in flight becomes pending again, due at once.
   */
  lease(lease: Lease): Promise<boolean>
  /** Extends the leases of robots that an owner still holds, so that it keeps them in quiet times. */
  renew(renewal: Renewal): Promise<void>
  /** Gives up all leases of an owner, so that another may take over at once. */
  release(owner: string): Promise<void>
  /** Everything that decides a robot's next message. */
  backlog(query: BacklogQuery): Promise<Backlog>
  /** Counts what waits unblocked in one queue for one channel, by level, name and cluster. */
  tally(queue: string, channel: string): Promise<Tally>
  /** Stored payloads in the order of the ids, the first ones up to `maxBytes` of text (at least one), without pruned ones. */
  payloads(ids: readonly number[], maxBytes?: number): Promise<Map<number, StoredPayload>>
  /** Writes a new message, takes its alerts and counts its call; undefined when alerts, call or lease are gone. */
  claim(claim: Claim): Promise<Claimed | undefined>
  /** Counts a call for a pending message; undefined when it is not pending, or no call is left. */
  claimRetry(claim: RetryClaim): Promise<Claimed | undefined>
  /** Records an attempt's outcome; of a sent message, returns when its alerts were received. */
  settle(settlement: Settlement): Promise<ReceivedCount[]>
  /**
   * After a crash: what was in flight becomes pending, due at once, and stays with its robot for STAYS_MS, since it may
   * have arrived. Its calls count until now. What a clock that was set back left in the future counts from now. Messages
   * of robots whose lease is in force are left alone. Returns how many became pending.
   */
  recover(now: Date): Promise<number>
  /** The clock was set by `byMs` (negative: back): calls, pauses and due times keep their distance from now. */
  shift(byMs: number): Promise<void>
  /** Adds messages without alerts, due at once; a robot's test that is pending already stands for a new one. Returns ids. */
  enqueue(messages: readonly NewMessage[], now: Date): Promise<string[]>
  /** Adds a quota warning unless this share of the month, or a higher one, was warned of; returns whether it did. */
  warn(warning: QuotaWarning): Promise<boolean>
  /**
   * Makes a dead message pending, due at once. Alerts that a later message about the same alert has overtaken are left
   * out. AppError `not_found`, `not_dead`, or `outdated` when all of them are overtaken.
   */
  resend(id: string, now: Date): Promise<Resent>
  /**
   * Moves what waits in queues that nobody works to the queues of its channel, or marks it dead when the channel is gone.
   * Messages in flight, and what a lease in force covers, are left for the next time.
   */
  reassign(assignments: readonly QueueAssignment[], now: Date): Promise<Reassigned>
  /** Moves what an earlier version counted under other keys to the keys of today. */
  adopt(keys: readonly FormerKey[]): Promise<void>
  /** Queues, robots and limits as they stand, for console, API and metrics. */
  snapshot(query: SnapshotQuery): Promise<Snapshot>
  messages(query: MessageQuery): Promise<Page<StoredMessage>>
  /** One message by id or uuid, with all attempts and its first `limit` alerts (default MAX_LISTED_ALERTS). */
  message(id: string, limit?: number): Promise<MessageWithAlerts | undefined>
  alerts(query: AlertQuery): Promise<Page<StoredAlert>>
  /** What happened from one instant up to, but not including, another. */
  history(range: TimeRange): Promise<HistoryCounts>
  /** Messages of each queue and channel since the beginning of the hour and of the day, without tests. */
  messageCounts(query: MessageCountsQuery): Promise<MessageCounts[]>
  /** Deletes what was delivered or suppressed before `before`, and what no limit needs. Returns how many rows went. */
  prune(before: Date, now: Date): Promise<{ messages: number; alerts: number }>
  close(): Promise<void>
}

export interface Lease {
  robot: string
  owner: string
  now: Date
  until: Date
  /** A lease that lasts until then is not renewed, which saves a disk flush. */
  enough?: Date
  /** What the robot works: while the lease is in force, `reassign` leaves it alone. */
  places?: readonly { queue: string; channel: string }[]
}

export interface Renewal {
  owner: string
  robots: readonly string[]
  now: Date
  until: Date
}

export interface BacklogQuery {
  /** `key` and `address` identify its calls and pauses. */
  robot: { name: string; key: string; address: string }
  /** Queues that the robot works. */
  queues: readonly string[]
  /** All other robots that work these queues, for the calls they have left. */
  peers: readonly { key: string; address: string }[]
  now: Date
  /** Calls that may have reached DingTalk after this instant are returned. */
  callsSince: Date
  /** Start of the calendar hour and day in the configured zone; `month` such as 2026-11. */
  hourStart: Date
  dayStart: Date
  month: string
  /** How many waiting alerts to return for each channel at most; more cost next to nothing. */
  preview: number
}

export interface Backlog {
  robot: RobotState
  peers: RobotState[]
  organisationUsed: number
  /** The highest share of the month that was warned of, by scope. */
  quotaWarnings: { scope: string; percent: number }[]
  /** Pending messages that the robot may try now, the best first: by hand last, then the most severe, then the oldest. */
  due: DueMessage | undefined
  /** When the next pending message becomes due; undefined when one is due now, or none waits. */
  nextDueAt: Date | undefined
  /** One for each queue and channel in which something waits unblocked. */
  channels: ChannelBacklog[]
}

export interface DueMessage {
  id: string
  robot: string
  queue: string
  channel: string
  kind: MessageKind
  alertCount: number
  /** Its most severe alert; undefined: it carries none. */
  level: Level | undefined
  /** A person asked for it (a test, a resend), or it is a quota warning: never before an alert. */
  byHand: boolean
}

export interface ChannelBacklog {
  queue: string
  channel: string
  /** Exact where everything is in `alerts`, else more than those but not all. */
  count: number
  oldest: Date
  /** The most severe first, then the oldest; at most `preview`. */
  alerts: QueuedAlert[]
  /** A digest of it is in flight or to be retried: another one must wait. */
  digestOpen: boolean
  /** Its messages that were claimed after `callsSince`, oldest first, without tests. */
  recent: { at: Date; storm: boolean }[]
  lastMessageAt: Date | undefined
  messagesThisHour: number
  messagesToday: number
}

export interface StoredPayload {
  source: SourceName
  receivedAt: Date
  text: string
}

export interface QueuedAlert {
  id: number
  payload: number
  position: number
  fingerprint: string
  status: Status
  level: Level
  receivedAt: Date
  repeats: number
}

export interface Tally {
  count: number
  /** The newest alert counted; a claim of the tally takes all up to it. */
  upTo: number
  from: Date
  to: Date
  groups: TallyGroup[]
}

/** How many wait of one level, name and cluster; most severe first, then largest. */
export interface TallyGroup {
  level: Level
  name: string
  cluster: string
  firing: number
  resolved: number
  /** The first few, to name their targets. */
  first: { payload: number; position: number }[]
}

export interface NewMessage {
  /** The key by which the platform drops a repeat; unique. */
  uuid: string
  robot: string
  /** The robot's `key`, by which it is found again when it was renamed. */
  robotKey: string
  queue: string
  channel: string
  kind: MessageKind
  title: string
  text: string
  /** The exact body of every attempt. */
  body: string
  alertCount: number
  /** The level of its most severe alert; undefined: it carries none. */
  level: Level | undefined
  /** It merges more requests than its robot has calls in a window. */
  storm: boolean
}

export interface Claim {
  now: Date
  message: NewMessage
  /** Some waiting alerts, or all of its queue and channel up to one, `count` in number. */
  alerts: { kind: 'some'; ids: readonly number[] } | { kind: 'upTo'; upTo: number; count: number }
  call: CallClaim
}

export interface RetryClaim {
  now: Date
  id: string
  /** The robot that takes it now; in a pool not always the one before. */
  robot: string
  call: CallClaim
}

/** The call a claim costs; refused when the key already has `messages` calls that may reach DingTalk after `since`. */
export interface CallClaim {
  key: string
  since: Date
  messages: number
  /** When the attempt will have ended at the latest. */
  until: Date
  month: string
  /** Must still hold the lease on the robot. */
  owner: string
}

export interface Claimed {
  id: string
  call: number
  uuid: string
  body: string
  /** Attempts before this one. */
  attempts: number
  /** Results of earlier attempts, counted; an attempt that a crash cut off has none. */
  results: ReadonlyMap<string, number>
}

export interface Settlement {
  now: Date
  id: string
  call: number
  attempt: Attempt
  /** When it began. */
  at: Date
  next:
    | { kind: 'sent' }
    /** `elsewhereAt`: it may have arrived, so until then no other robot of the pool may try it. Never moves back. */
    | { kind: 'retry'; dueAt: Date; elsewhereAt?: Date | undefined }
    | { kind: 'dead'; reason: string }
    /** Its alerts wait again for smaller messages; the message is dead for the given reason. */
    | { kind: 'split'; reason: string; bodyBytes: number }
  /** False: the call surely did not reach DingTalk and does not count for the month. */
  reached: boolean
  robot: { key: string; failures: number }
  /** Pauses a robot's key (`robot:KEY`) or everything behind an address (`address:ADDRESS`); the longer pause wins. */
  pause: { scope: string; until: Date; reason: string } | undefined
}

/** How many alerts of a message were received at one instant. */
export interface ReceivedCount {
  receivedAt: Date
  count: number
}

/** That a share of a month's calls is used: in percent, of a robot's key or of the organisation. */
export interface QuotaWarning {
  now: Date
  month: string
  scope: string
  percent: number
  message: NewMessage
}

export interface Resent {
  queue: string
  /** Alerts that go out again, and those that were left out because a later message has overtaken them. */
  alerts: number
  outdated: number
}

/** A robot's key of an earlier version, and today's for the same token. */
export interface FormerKey {
  from: string
  to: string
}

/** The queues of a channel, and the robots that work each. */
export interface QueueAssignment {
  channel: string
  queues: readonly { queue: string; robots: readonly { name: string; key: string }[] }[]
}

export interface Reassigned {
  moved: number
  /** Of channels that are gone. */
  dead: { channel: string; count: number }[]
  /** Queues in which something moved. */
  queues: string[]
}
