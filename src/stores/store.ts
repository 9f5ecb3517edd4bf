import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Attempt, MessageKind } from '../model/message.ts'
import type { NewSilence, Silence } from '../model/silence.ts'
import type { ConfigurationTime, QueueAssignment, Reassigned } from './assignments.ts'
import type { Accepted, AcceptRequest } from './incoming.ts'
import type {
  AlertQuery,
  FailedPage,
  FailedQuery,
  HistoryCounts,
  MessageCounts,
  MessageCountsQuery,
  MessageQuery,
  MessageWithAlerts,
  Page,
  Pause,
  QueuePlace,
  RobotId,
  RobotState,
  SilenceQuery,
  Snapshot,
  SnapshotQuery,
  SourceActivity,
  StoredAlert,
  StoredMessage,
  TimeRange,
  Total,
} from './queries.ts'

export type { Call, Pause, QueuePlace, RobotState } from './queries.ts'

/**
 * All persistent state. Each verb takes every instant as an argument and behaves the same on every backend
 * (test/stores/conformance/). A verb that writes is one transaction, on disk when the promise resolves. If it rejects with
 * AppError `store_unavailable`, it changed nothing, unless only the answer of its commit was lost; the message of such a
 * claim becomes pending with the next lease.
 */
export interface Store {
  /** Writes the alerts of one request unless it is a duplicate. Concurrent requests share a commit. */
  accept(request: AcceptRequest): Promise<Accepted>
  /**
   * Takes or renews the lease on a robot; false while another owner holds it. On a change of owner, messages in flight
   * become pending and due at once.
   */
  lease(lease: Lease): Promise<boolean>
  /** Extends the leases that an owner still holds on these robots. */
  renew(renewal: Renewal): Promise<void>
  /** Ends all leases of an owner, so that another may take over at once. */
  release(owner: string): Promise<void>
  /** Reads everything that decides a robot's next message. */
  backlog(query: BacklogQuery): Promise<Backlog>
  /** Counts the unblocked alerts of one queue and channel by level, name and cluster. */
  tally(queue: string, channel: string): Promise<Tally>
  /**
   * Reads payloads in the order of the ids, up to `maxBytes` of text but at least one. Leaves out pruned and damaged
   * ones.
   */
  payloads(ids: readonly number[], maxBytes?: number): Promise<Map<number, StoredPayload>>
  /**
   * Writes a new message, takes its alerts and counts its call. Undefined if the lease is lost, the robot is paused, no
   * call is left, an alert no longer waits, or the message to be replaced is no longer `unshown`.
   */
  claim(claim: Claim): Promise<Claimed | undefined>
  /**
   * The alerts of a pending message that certainly was not shown, and the unblocked alerts that wait beside it, at most
   * `preview`. Undefined for another message, and for a digest that holds ranges of alerts.
   */
  unshown(id: string, preview: number): Promise<Unshown | undefined>
  /** Counts a call for a pending message; undefined for the reasons of `claim`, or if the message is not pending. */
  claimRetry(claim: RetryClaim): Promise<Claimed | undefined>
  /** Records an attempt's outcome. Returns the receipt times of the alerts of a sent message. */
  settle(settlement: Settlement): Promise<ReceivedCount[]>
  /**
   * Makes messages pending that an ended process left in flight, and returns their number. They are due at once. They
   * may have arrived, so they stay with their robot for SAME_ROBOT_MS, and their calls count as if made now. Skips
   * robots whose lease is in force. Also repairs times in the future, which a clock that was set back leaves behind.
   * Runs at the start, and on a shared store once a minute.
   */
  recover(now: Date): Promise<number>
  /** Moves calls, pauses, due times and leases by `byMs`, by which the clock was set (negative: back). */
  shift(byMs: number): Promise<void>
  /** Adds messages without alerts, due at once, and returns their ids. A pending test of the same robot is reused. */
  enqueue(messages: readonly NewMessage[], now: Date): Promise<string[]>
  /** Adds a quota warning; false if the month already has a warning for this percentage or a higher one. */
  warn(warning: QuotaWarning): Promise<boolean>
  /**
   * Makes a dead message pending and due at once. If later alerts have overtaken some of its alerts, it stays dead, and
   * the others wait for a new message. AppError `not_found`; `not_dead`, also if its alerts have moved to other
   * messages; `outdated` if all its alerts are overtaken, or some are and it may have arrived.
   */
  resend(id: string, now: Date): Promise<Resent>
  /** Messages that need a person, oldest first. */
  failed(query: FailedQuery): Promise<FailedPage>
  /** Dismisses those of the messages that are dead and not dismissed; returns how many. */
  dismiss(ids: readonly string[], dismissal: { at: Date; by: string }): Promise<number>
  /** Stores a person's pause of a robot's key; replaces an earlier one. */
  pauseRobot(pause: OperatorPause): Promise<void>
  /** Ends all pauses of a robot and of its address; returns those that were in force. */
  resumeRobot(robot: { key: string; address: string }, now: Date): Promise<Pause[]>
  /**
   * Moves alerts and messages from queues without a robot to the queues of their channel, or marks them dead when the
   * channel was removed. Skips places with a message in flight or a lease in force; a later call moves those. Does
   * nothing if another process called it within the last minute with a newer configuration; the restart of a process
   * with the same configuration does not make it newer.
   */
  reassign(assignments: readonly QueueAssignment[], time: ConfigurationTime): Promise<Reassigned>
  /** Moves calls, usage, warnings, pauses, state and messages from the robot keys of an earlier version to the current ones. */
  adopt(keys: readonly FormerKey[]): Promise<void>
  /** Reads queues, robots and limits for console, API and metrics. */
  snapshot(query: SnapshotQuery): Promise<Snapshot>
  messages(query: MessageQuery): Promise<Page<StoredMessage>>
  /** Counts the messages of a list up to MAX_TOTAL; undefined if counting would read too much. */
  messageTotal(query: MessageQuery): Promise<Total | undefined>
  /** One message by id or uuid, with all attempts and its first `limit` alerts (default MAX_LISTED_ALERTS). */
  message(id: string, limit?: number): Promise<MessageWithAlerts | undefined>
  alerts(query: AlertQuery): Promise<Page<StoredAlert>>
  /** Counts the alerts of a list up to MAX_TOTAL; undefined if counting would read too much. */
  alertTotal(query: AlertQuery): Promise<Total | undefined>
  /**
   * Counts the alerts received from `from` up to, but not including, `to` by their current state; each counts once. Also
   * counts the attempts in this range, at most the first 20,000.
   */
  history(range: TimeRange): Promise<HistoryCounts>
  /** Counts recent requests by source, and recent alerts with one of these names by source and name. */
  activity(heartbeats: readonly string[]): Promise<SourceActivity[]>
  /** Counts messages of each place, in the order of `places`, since the start of the hour and of the day. Ignores tests. */
  messageCounts(query: MessageCountsQuery): Promise<MessageCounts[]>
  /**
   * Deletes a batch of the messages that were sent before `before`, or are dead and were last attempted before it, of the
   * alerts received before it that are in no queue and no message, and all silences that ended before it and calls
   * outside every window. Returns the numbers of messages and alerts.
   */
  prune(before: Date, now: Date): Promise<{ messages: number; alerts: number }>
  /** Stores a silence or a mute that a person made; returns its id. */
  addSilence(silence: NewSilence): Promise<string>
  /** Ends a silence or a mute early; false if it is already over. */
  endSilence(id: string, end: { at: Date; by: string }): Promise<boolean>
  /** Silences and mutes, newest first. */
  silences(query: SilenceQuery): Promise<Silence[]>
  /** The stored key of that name; stores `fresh` if there is none. All processes get the same key. */
  signingKey(name: string, fresh: string): Promise<string>
  close(): Promise<void>
}

export interface Lease {
  robot: string
  owner: string
  now: Date
  until: Date
  /** Skip the renewal, and its disk flush, when the lease lasts until this instant. */
  skipIfUntil?: Date
  /** Queues and channels of the robot; `reassign` skips them while the lease is in force. */
  places?: readonly QueuePlace[]
}

export interface Renewal {
  owner: string
  robots: readonly string[]
  now: Date
  until: Date
}

export interface BacklogQuery {
  robot: RobotId
  /** The robot's queues. */
  queues: readonly string[]
  /** The other robots of these queues; their remaining calls count. */
  peers: readonly Omit<RobotId, 'name'>[]
  now: Date
  /** Return calls that may have reached DingTalk after this instant. */
  callsSince: Date
  /** Start of the calendar hour and day in the configured zone; `month` such as 2026-11. */
  hourStart: Date
  dayStart: Date
  month: string
  /** Maximum number of alerts returned for each channel. */
  preview: number
}

export interface Backlog {
  robot: RobotState
  peers: RobotState[]
  organisationUsed: number
  /** Percentage of the last quota warning, by scope. */
  quotaWarnings: { scope: string; percent: number }[]
  /** The pending message to try now: the most severe, then the oldest; manual ones only if there is no other. */
  due: DueMessage | undefined
  /** The first of those with Down or Critical alerts, or a quota warning; equals `due` if that is one. */
  dueSevere: DueMessage | undefined
  /** When the next pending message becomes due. Undefined if there is none, or a severe message is due now. */
  nextDueAt: Date | undefined
  /** One for each queue and channel with unblocked alerts. */
  channels: ChannelBacklog[]
}

export interface DueMessage extends QueuePlace {
  id: string
  robot: string
  kind: MessageKind
  alertCount: number
  /** The level of its most severe alert; undefined without alerts. */
  level: Level | undefined
  /** A person requested it (test, resend), or it is a quota warning. Alerts go first. */
  byHand: boolean
  createdAt: Date
  /** The last attempt, if no attempt can have arrived; undefined before the first attempt. */
  refused: { at: Date; result: string } | undefined
}

export interface Unshown {
  carried: QueuedAlert[]
  waiting: QueuedAlert[]
}

export interface ChannelBacklog extends MessageCounts {
  /** Exact when `alerts` is complete; otherwise a number between the length of `alerts` and the true count. */
  count: number
  oldest: Date
  /** The most severe first, then the oldest; at most `preview`. */
  alerts: QueuedAlert[]
  /** A digest is in flight or pending, so that no other digest may be claimed. */
  digestOpen: boolean
  /** Messages created after `callsSince`, oldest first, without tests. */
  recent: { at: Date; storm: boolean }[]
  lastMessageAt: Date | undefined
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
  /** The newest counted alert; a claim of the tally takes all alerts up to it. */
  upTo: number
  from: Date
  to: Date
  groups: TallyGroup[]
}

/** Waiting alerts of one level, name and cluster; most severe first, then largest. */
export interface TallyGroup {
  level: Level
  name: string
  cluster: string
  firing: number
  resolved: number
  /** A few alerts whose targets the digest names. */
  examples: { payload: number; position: number }[]
}

export interface NewMessage extends QueuePlace {
  /** The key by which the platform drops a repeat; unique. */
  uuid: string
  robot: string
  /** The robot's `key`, which identifies it after a rename. */
  robotKey: string
  kind: MessageKind
  title: string
  text: string
  /** The exact body that every attempt posts. */
  body: string
  alertCount: number
  /** The level of its most severe alert; undefined without alerts. */
  level: Level | undefined
  /** It merges more requests than the robot has calls in a window. */
  storm: boolean
}

export interface Claim {
  now: Date
  message: NewMessage
  /** Some waiting alerts, or all `count` of the queue and channel up to alert `upTo`. */
  alerts: { kind: 'some'; ids: readonly number[] } | { kind: 'upTo'; upTo: number; count: number }
  call: CallClaim
  /**
   * An `unshown` message of the same queue and channel, which takes these contents and keeps its id and attempts. Those
   * of its alerts that are not among `alerts` wait again.
   */
  replaces?: string | undefined
}

export interface RetryClaim {
  now: Date
  id: string
  /** The robot that sends it now; in a pool it may differ from the previous one. */
  robot: string
  call: CallClaim
}

/**
 * The call that a claim costs. Rejected when the key has `maxCalls` calls that may reach DingTalk after `since`, when the
 * key or the organisation has used its calls of the month, and while a person or a throttle pauses the key or
 * the address.
 */
export interface CallClaim {
  key: string
  address: string
  since: Date
  maxCalls: number
  /** Latest end of the attempt. */
  until: Date
  month: string
  /** The calls that the organisation has in the month; absent without a limit, and for the sandbox. */
  organisationLimit?: number | undefined
  /** The calls that the key has in the month; absent without a limit. */
  monthlyLimit?: number | undefined
  /** The process, which must hold the robot's lease. */
  owner: string
}

export interface Claimed {
  id: string
  call: number
  uuid: string
  body: string
  /** Attempts before this one. */
  attempts: number
  /** Count of earlier attempts by result; an attempt that a crash interrupted has no result. */
  results: ReadonlyMap<string, number>
}

export interface Settlement {
  now: Date
  id: string
  call: number
  attempt: Attempt
  /** Start of the attempt. */
  at: Date
  next:
    | { kind: 'sent' }
    /** Until `elsewhereAt` no other robot of the pool may try a message that may have arrived. Never moves back. */
    | { kind: 'retry'; dueAt: Date; elsewhereAt?: Date | undefined }
    | { kind: 'dead'; reason: string }
    /** The message is dead for this reason, and its alerts wait again for smaller messages. */
    | { kind: 'split'; reason: string; bodyBytes: number }
  /** False when the call certainly did not reach DingTalk; it then does not count for the month. */
  reached: boolean
  robot: { key: string; failures: number }
  /** Pauses one key (`robot:KEY`) or all robots behind an address (`address:ADDRESS`); the longer pause wins. */
  pause: { scope: string; until: Date; reason: string } | undefined
}

/** How many alerts of a message were received at one instant. */
export interface ReceivedCount {
  receivedAt: Date
  count: number
}

/** A warning that a percentage of the month's calls is used; `scope` is a robot's key or the organisation. */
export interface QuotaWarning {
  now: Date
  month: string
  scope: string
  percent: number
  /** Undefined if no call is left for one. */
  message: NewMessage | undefined
}

export interface Resent {
  queue: string
  /** How many alerts are sent again, and how many are left out because later alerts have overtaken them. */
  alerts: number
  outdated: number
}

export interface OperatorPause {
  key: string
  now: Date
  until: Date
  by: string
}

/** A robot's key of an earlier version, and the current key of the same token. */
export interface FormerKey {
  from: string
  to: string
}
