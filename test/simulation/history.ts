import type { Layout, Shape } from './layout.ts'

/** The fixed parameters of a history. */
export interface Setup {
  limits: { messages: number; perMs: number; penaltyMs: number }
  timeoutMs: number
  shape: Shape
  /** Whether DingTalk drops a msgUuid that the same robot posts again. Other robots' uuids are unknown to it. */
  honours: boolean
  everyMs: number
  /** Variables of `aggregate.by`; absent: each alert by itself. */
  by?: string[] | undefined
  alerts: number
  /** Alertmanager's groups, and the peers of a high-availability pair, which flush each group at an interval. */
  groups: number
  peers: number
  flushMs: number
  /** Interval at which OCP repeats a lasting alert. */
  repeatMs: number
  /** Maximum one-way latency to DingTalk. */
  wayMs: number
  /** Number of replicas. */
  replicas?: number | undefined
  /** The organisation's quota, beside a channel `lab` of a sandbox robot. */
  monthly?: number | undefined
  /** From this instant on nothing fails: a severe alert is shown within 5 s and the time of two calls. */
  calmFromMs?: number | undefined
}

/** Points at which a process interacts with its environment. */
export const POINTS = [
  'accept',
  'lease',
  'backlog',
  'payloads',
  'claim',
  'claimRetry',
  'send',
  'settle',
  'sleep',
  'shift',
  'reassign',
] as const
export type Point = (typeof POINTS)[number]

/** One event, at an instant in milliseconds since the start. */
export type Event = {
  at: number
} /** The alert begins or ends; `same`: it begins again with its previous start. */ & (
  | { kind: 'turn'; alert: number; same?: boolean }
  | { kind: 'burst'; from: number; count: number }
  /** A firing alert becomes more severe. */
  | { kind: 'rise'; alert: number }
  /** Another Alertmanager group posts the previous episode's firing late. */
  | { kind: 'stale'; alert: number }
  | { kind: 'replies'; reply: string; count: number }
  /** The reply to one call, and to the next call of the same message. */
  | { kind: 'lost'; reply: string; next: string }
  | { kind: 'spell'; reply: string; forMs: number }
  /** DingTalk refuses all calls of a token. */
  | { kind: 'broken'; token: string; forMs: number }
  /** The process dies when it next reaches this point. */
  | { kind: 'crash'; point: Point; when: 'before' | 'after'; downMs: number }
  | { kind: 'restart'; downMs: number }
  | { kind: 'step'; byMs: number }
  | { kind: 'full'; forMs: number }
  /** A process is suspended, at once or when it next passes this point. */
  | { kind: 'stall'; forMs: number; point?: Point }
  | { kind: 'gossip_lost'; forMs: number }
  /** Each process reloads another configuration. */
  | ({ kind: 'reload' } & Layout)
  /** Each process is replaced by one with another configuration; both run side by side for a while. */
  | ({ kind: 'roll'; overlapMs: number } & Layout)
  /** The test button of `ops` is pressed ten times a second. */
  | { kind: 'test'; times: number }
  /** Every dead message is resent. */
  | { kind: 'resend' }
)

/** Everything that a seed decides. Random numbers during the play come from the seed as well. */
export interface History {
  seed: number
  setup: Setup
  events: readonly Event[]
}

/** Prints an event on one line. */
export function describe({ at, kind, ...rest }: Event): string {
  const seconds = (at / 1000).toFixed(3).padStart(8)
  const fields = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  return `${seconds} s  ${kind}  ${fields.join(', ')}`
}
