import type { Layout, Shape } from './layout.ts'

/** What a world is made of before anything happens in it. */
export interface Setup {
  limits: { messages: number; perMs: number; penaltyMs: number }
  timeoutMs: number
  shape: Shape
  /** Whether DingTalk drops a msgUuid that the same robot posts again. Of another robot it knows none. */
  honours: boolean
  everyMs: number
  /** Variables by which alerts are grouped; absent: each alert by itself. */
  by?: string[] | undefined
  alerts: number
  /** Alertmanager's groups; peers of a high-availability pair, which flush each group every so often. */
  groups: number
  peers: number
  flushMs: number
  /** OCP's repeat of an alert that lasts. */
  repeatMs: number
  /** The longest that a request takes to DingTalk, and as long back. */
  wayMs: number
  /** Processes that share the store; more than one are replicas. */
  replicas?: number | undefined
  /** The organisation's quota, beside a channel `lab` of a sandbox robot. */
  monthly?: number | undefined
  /** From then on nothing fails: a severe alert is shown within 5 s and the time of two calls. */
  calmFromMs?: number | undefined
}

/** Where a process meets what is outside it. */
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

/** One thing that happens, at an instant in milliseconds since the beginning. */
export type Event = {
  at: number
} /** The alert begins or ends; `same`: it begins again with the start that it had. */ & (
  | { kind: 'turn'; alert: number; same?: boolean }
  | { kind: 'burst'; from: number; count: number }
  /** An alert that fires becomes more severe. */
  | { kind: 'rise'; alert: number }
  /** Another grouping posts late that the alert fired, as it did an episode ago. */
  | { kind: 'stale'; alert: number }
  | { kind: 'replies'; reply: string; count: number }
  /** One call is answered so, and the next one of the same message so. */
  | { kind: 'lost'; reply: string; next: string }
  | { kind: 'spell'; reply: string; forMs: number }
  /** DingTalk refuses all calls of a token. */
  | { kind: 'broken'; token: string; forMs: number }
  /** The process dies at this point, the next time it gets there. */
  | { kind: 'crash'; point: Point; when: 'before' | 'after'; downMs: number }
  | { kind: 'restart'; downMs: number }
  | { kind: 'step'; byMs: number }
  | { kind: 'full'; forMs: number }
  /** A process stands still, at once or the next time it has passed this point. */
  | { kind: 'stall'; forMs: number; point?: Point }
  | { kind: 'gossip_lost'; forMs: number }
  /** Each process takes another configuration. */
  | ({ kind: 'reload' } & Layout)
  /** Each process is replaced by one with another configuration, which runs beside it for a while. */
  | ({ kind: 'roll'; overlapMs: number } & Layout)
  /** A person presses the test button of `ops`, ten times a second. */
  | { kind: 'test'; times: number }
  /** A person sends every dead message again. */
  | { kind: 'resend' }
)

/** All that a seed decides. What is drawn while it is played comes from the seed as well. */
export interface History {
  seed: number
  setup: Setup
  events: readonly Event[]
}

/** An event on one line, as a failing history is printed. */
export function describe({ at, kind, ...rest }: Event): string {
  const seconds = (at / 1000).toFixed(3).padStart(8)
  const fields = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  return `${seconds} s  ${kind}  ${fields.join(', ')}`
}
