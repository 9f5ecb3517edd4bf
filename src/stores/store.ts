import type { SourceName, Status } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Attempt, MessageKind } from '../model/message.ts'

import type {
  AlertQuery,
  Happened,
  MessageQuery,
  MessageWithAlerts,
  Page,
  Pushed,
  PushedQuestion,
  Span,
  Standing,
  StandingQuestion,
  StoredAlert,
  StoredMessage,
} from './stored.ts'

export * from './stored.ts'

/**
 * Everything that outlives the process. Each verb is one transaction, takes every instant as an argument, and means
 * the same on every backend (test/stores/conformance.ts). A verb that cannot be carried out rejects with AppError
 * `store_unavailable` and leaves nothing behind. When a verb resolves, what it wrote is on disk.
 */
export interface Store {
  /** Writes what one request brought, or nothing when it repeats one. Requests that arrive together share a commit. */
  accept(arrival: Arrival): Promise<Accepted>
  /**
   * Takes or renews the exclusive right to work a robot; false while another owner's is in force. Asked for between two
   * messages: when it changes hands, what the former owner had in flight becomes pending again, due at once.
   */
  lease(lease: Lease): Promise<boolean>
  /** Gives up all that an owner has leased, so that another may take over at once. */
  release(owner: string): Promise<void>
  /** All that the decision on a robot's next message needs. */
  waiting(question: WaitingQuestion): Promise<Waiting>
  /** Everything that waits unblocked in one queue for one channel, counted by level, name and cluster. */
  tally(queue: string, channel: string): Promise<Tally>
  /**
   * Stored payloads by their numbers; those that are gone are left out. With `maxBytes`, the first ones in the order of
   * the numbers whose texts together are not larger; one at least, where one is there.
   */
  payloads(numbers: readonly number[], maxBytes?: number): Promise<Map<number, StoredPayload>>
  /** Fixes a new message, takes its alerts and counts its call; undefined when alerts, call or lease are gone. */
  claim(claim: Claim): Promise<Claimed | undefined>
  /** Counts a call for a message that is to be tried (again); undefined when it is no longer pending, or no call is left. */
  claimAgain(claim: ClaimAgain): Promise<Claimed | undefined>
  /** Records what came of an attempt; of a message that was sent, gives when the alerts it tells were received. */
  settle(settlement: Settlement): Promise<{ receivedAt: Date; count: number }[]>
  /**
   * What a crash left in flight becomes pending again, due at once; gives how many. With `robot`, only that one's.
   * Its calls count until now, since they may have been made at any time before; what a clock that was set back since
   * left in the future counts from now.
   * What is in flight for a robot whose lease is in force is its owner's, and stays. What was recovered may have arrived,
   * so it is left to its own robot for STAYS_MS.
   */
  recover(now: Date, robot?: string): Promise<number>
  /** The clock was set by so much (back when negative): calls, pauses and due times keep their distance from now. */
  shift(byMs: number): Promise<void>
  /** Adds messages that carry no alert (a test), due at once. */
  enqueue(messages: readonly NewMessage[], now: Date): Promise<string[]>
  /** Adds a warning, due at once, unless this month's share of the scope, or a higher one, was warned of; whether it did. */
  warn(warning: Warning): Promise<boolean>
  /** A dead message becomes pending, due at once; gives its queue. AppError `not_found` or `not_dead` otherwise. */
  resend(id: string, now: Date): Promise<{ queue: string }>
  /**
   * Finds homes for what waits in queues that the configuration no longer has: it moves to the given queues of its
   * channel, or becomes dead with a reason when the channel is gone. Gives counts of both.
   */
  rehome(homes: readonly Home[], now: Date): Promise<Rehomed>
  /** Queues as they stand, for console, API and metrics. */
  standing(question: StandingQuestion): Promise<Standing>
  messages(query: MessageQuery): Promise<Page<StoredMessage>>
  /** One message, by its id or uuid, with all its attempts and the first `most` (MOST_LISTED_ALERTS) alerts it carries. */
  message(id: string, most?: number): Promise<MessageWithAlerts | undefined>
  alerts(query: AlertQuery): Promise<Page<StoredAlert>>
  /** What happened from one instant up to, but not including, another. */
  happened(span: Span): Promise<Happened>
  /** Messages of each queue and channel since the beginning of the hour and of the day; tests do not count. */
  pushed(question: PushedQuestion): Promise<Pushed[]>
  /** Forgets what was told or suppressed before `before`, and what no limit needs any more. Gives how much went. */
  prune(before: Date, now: Date): Promise<{ messages: number; alerts: number }>
  close(): Promise<void>
}

/** One request, read and routed. */
export interface Arrival {
  now: Date
  source: SourceName
  /** The notification's key with its channels: an arrival with a key seen within `repeatWithinMs` is a repeat. */
  key: string
  repeatWithinMs: number
  /** The key tells a later firing of its alerts from an earlier one, so that a late copy is a repeat whatever came since. */
  dated: boolean
  /** The payload as it came, as text or the same in UTF-8; stored once. */
  body: string | Uint8Array
  alerts: readonly Arriving[]
}

/** One alert for one channel. */
export interface Arriving {
  /** Which of the payload's alerts it is, from 0. */
  position: number
  channel: string
  /** Where it will wait: one queue for each group that it is for. */
  queues: readonly string[]
  fingerprint: string
  status: Status
  level: Level
  /** What counts in a digest are made by. */
  name: string
  cluster: string
  /** What aggregation compares by: the fingerprint, or a hash of the values of `aggregate.by`. */
  group: string
  /** The aggregation period; 0 when aggregation is off. */
  everyMs: number
  /** Suppressed whatever was told before, for this reason (resolved_off). It still counts as a change of status. */
  suppressed?: string
}

/**
 * Why an alert is not told, or undefined. `last` is what the channel knows of the same alert or group.
 * Pure; the store calls it inside the accept transaction, so that two requests never decide on the same past.
 */
export type ReasonToSuppress = (
  arriving: Arriving,
  last: LastTold | undefined,
  now: Date,
) => string | undefined

/** What was last let through of one aggregation group of one channel. */
export interface LastTold {
  status: Status
  fingerprint: string
  /** When an alert of the group was last let through, by status. */
  firingAt: Date | undefined
  resolvedAt: Date | undefined
  /** The message that last told it is dead. */
  dead: boolean
}

export interface Accepted {
  /** The request repeats an earlier one; nothing was written. */
  repeated: boolean
  /** The queues in which something new waits. */
  queues: string[]
  suppressed: { channel: string; reason: string; count: number }[]
}

export interface Lease {
  robot: string
  owner: string
  now: Date
  until: Date
  /** One of this owner's that lasts until then is not renewed, which would be a flush of the disk. */
  enough?: Date
}

export interface WaitingQuestion {
  /** The robot's `key` and `address`, for its calls and pauses. */
  robot: { name: string; key: string; address: string }
  /** Queues the robot works, most important first. */
  queues: readonly string[]
  /** Keys of all robots that work these queues, for the calls they have left. */
  peers: readonly { key: string; address: string }[]
  now: Date
  /** Calls that may have reached the peer after this instant are given. */
  callsSince: Date
  /** Start of the current calendar hour, day and month in the configured zone; `month` names it, such as 2026-11. */
  hourStart: Date
  dayStart: Date
  month: string
  /** How many waiting alerts to give for each channel at most; what waits beyond must cost next to nothing. */
  heads: number
}

/** One call that was counted: it reached, or may reach, the peer between `at` and `until`. */
export interface Call {
  at: Date
  until: Date
}

export interface RobotState {
  /** Since the start of the window asked for, oldest first. */
  calls: Call[]
  pause: { until: Date; since: Date; reason: string } | undefined
  /** Attempts that failed one after another. */
  failures: number
  /** A smaller limit for bodies that refusals have taught; undefined: the platform's. */
  bodyBytes: number | undefined
  monthUsed: number
}

export interface Waiting {
  robot: RobotState
  peers: RobotState[]
  organisationUsed: number
  /** Shares of the month that were warned of, the highest of each scope. */
  marks: { scope: string; mark: number }[]
  /** The oldest message that the robot may try (again) and that is due, and when the next will be. */
  due: StoredMessage | undefined
  nextDueAt: Date | undefined
  /** One for each queue and channel in which something waits that is not blocked by a message under way. */
  channels: WaitingChannel[]
}

export interface WaitingChannel {
  queue: string
  channel: string
  /** By level, index 0 for level 1, and in all: exact where all are heads, else more than those but not always all. */
  count: number
  byLevel: [number, number, number, number, number]
  oldest: Date
  /** The most severe first, then the oldest; at most `heads`. */
  heads: WaitingAlert[]
  /** Messages of this queue and channel that were claimed after `callsSince`, oldest first; tests do not count. */
  recent: { at: Date; storm: boolean }[]
  /** When the last one was claimed, and how many since hourStart and dayStart; tests do not count. */
  lastMessageAt: Date | undefined
  messagesThisHour: number
  messagesToday: number
}

export interface StoredPayload {
  source: SourceName
  receivedAt: Date
  text: string
}

export interface WaitingAlert {
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

/** How many wait with one level, name, cluster; most severe first, then largest. */
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
  queue: string
  channel: string
  kind: MessageKind
  title: string
  text: string
  /** The exact body of every attempt. */
  body: string
  alertCount: number
  /** It merges more requests than its robot has calls in a window. */
  storm: boolean
}

export interface Claim {
  now: Date
  message: NewMessage
  /** Which waiting alerts it carries: some, or all of its queue and channel up to one, `count` in number. */
  alerts: { kind: 'some'; ids: readonly number[] } | { kind: 'upTo'; upTo: number; count: number }
  call: CallClaim
}

export interface ClaimAgain {
  now: Date
  id: string
  /** The robot that takes it now; in a pool not always the one before. */
  robot: string
  call: CallClaim
}

/** The call a claim costs; refused when the key already has `messages` calls that may reach the peer after `since`. */
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
  /** How many of them ended with which result; of one that a crash cut off nothing is known. */
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
    /** Another robot of its pool may try it from `elsewhereAt` on; at once when absent. */
    | { kind: 'again'; dueAt: Date; elsewhereAt?: Date | undefined }
    | { kind: 'dead'; reason: string }
    /** Its alerts wait again, to be told in smaller messages; the message is dead for the given reason. */
    | { kind: 'split'; reason: string; bodyBytes: number }
  /** Whether the call reached the peer: if not, it does not count for the month. */
  reached: boolean
  robot: { key: string; failures: number }
  /** Silences a robot's key (`robot:KEY`) or all behind an address (`address:ADDRESS`); later ones replace shorter ones. */
  pause: { scope: string; until: Date; reason: string } | undefined
}

/** That a share of a month's calls is used: `mark` in percent, of a robot's key or of the organisation. */
export interface Warning {
  now: Date
  month: string
  scope: string
  mark: number
  message: NewMessage
}

export interface Rehomed {
  moved: number
  /** Of channels that are gone. */
  dead: { channel: string; count: number }[]
}

export interface Home {
  channel: string
  queues: readonly string[]
}
