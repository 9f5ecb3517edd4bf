import { Random } from './random.ts'
import { REPLIES } from './replies.ts'

/** What a world is made of before anything happens in it. */
export interface Setup {
  limits: { messages: number; perMs: number; penaltyMs: number }
  timeoutMs: number
  /** one: one robot. all: each robot another group. pool: robots of one group. two: two channels of one robot. */
  shape: Shape
  /** Whether DingTalk drops a repeated msgUuid. */
  honours: boolean
  everyMs: number
  alerts: number
  /** Alertmanager's groups; peers of a high-availability pair, which flush each group every so often. */
  groups: number
  peers: number
  flushMs: number
  /** OCP's repeat of an alert that lasts. */
  repeatMs: number
  /** The longest that a request takes to DingTalk, and as long back. */
  wayMs: number
}

export type Shape = 'one' | 'all' | 'pool' | 'two'

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
] as const
export type Point = (typeof POINTS)[number]

/** One thing that happens, at an instant in milliseconds since the beginning. */
export type Event = { at: number } & (
  | { kind: 'turn'; alert: number }
  | { kind: 'burst'; from: number; count: number }
  | { kind: 'replies'; reply: string; count: number }
  | { kind: 'spell'; reply: string; forMs: number }
  /** The process dies at this point, the next time it gets there. */
  | { kind: 'crash'; point: Point; when: 'before' | 'after'; downMs: number }
  | { kind: 'restart'; downMs: number }
  | { kind: 'step'; byMs: number }
  | { kind: 'full'; forMs: number }
  | { kind: 'stall'; forMs: number }
  | { kind: 'gossip_lost'; forMs: number }
  | { kind: 'reload'; shape: Shape }
)

/** All that a seed decides. What is drawn while it is played comes from the seed as well. */
export interface History {
  seed: number
  setup: Setup
  events: readonly Event[]
}

const MINUTE = 60_000

/** The history of a seed; the same on every machine. */
export function historyOf(seed: number): History {
  const random = new Random(seed)
  const setup = setupOf(random)
  const lengthMs = random.between(2, 8) * MINUTE
  const events: Event[] = []
  const at = (): number => random.below(lengthMs)
  const times = (least: number, most: number, make: () => Event): void => {
    for (let left = random.between(least, most); left > 0; left -= 1) events.push(make())
  }
  times(setup.alerts, setup.alerts * 4, () => ({
    at: at(),
    kind: 'turn',
    alert: random.below(setup.alerts),
  }))
  times(0, 2, () => ({
    at: at(),
    kind: 'burst',
    from: random.below(setup.alerts),
    count: random.between(2, setup.alerts),
  }))
  const name = (group: keyof typeof REPLIES): string => random.pick(REPLIES[group]).name
  times(0, 8, () => ({
    at: at(),
    kind: 'replies',
    reply: name('passing'),
    count: random.between(1, 4),
  }))
  times(0, 2, () => ({
    at: at(),
    kind: 'spell',
    reply: name('passing'),
    forMs: random.between(1, 120) * 1_000,
  }))
  times(0, 2, () => ({ at: at(), kind: 'replies', reply: name('throttles'), count: 1 }))
  if (random.chance(0.4))
    times(1, 2, () => ({
      at: at(),
      kind: 'replies',
      reply: name(random.pick(['refusals', 'unreadable', 'tooLong'] as const)),
      count: random.between(1, 7),
    }))
  times(0, 5, () => ({
    at: at(),
    kind: 'crash',
    point: random.pick(POINTS),
    when: random.pick(['before', 'after'] as const),
    downMs: random.chance(0.5) ? random.below(2_000) : random.below(2 * MINUTE),
  }))
  times(0, 1, () => ({ at: at(), kind: 'restart', downMs: random.below(10_000) }))
  if (random.chance(0.4))
    times(1, 3, () => ({
      at: at(),
      kind: 'step',
      byMs: (random.chance(0.5) ? 1 : -1) * random.pick([200, 5_000, 70_000, 3_600_000]),
    }))
  if (random.chance(0.4))
    times(1, 2, () => ({ at: at(), kind: 'full', forMs: random.between(1, 90) * 1_000 }))
  if (random.chance(0.3))
    times(1, 2, () => ({ at: at(), kind: 'stall', forMs: random.between(1, 90) * 1_000 }))
  if (setup.peers > 1)
    times(0, 3, () => ({ at: at(), kind: 'gossip_lost', forMs: random.between(5, 60) * 1_000 }))
  if (random.chance(0.35))
    times(1, 2, () => ({ at: at(), kind: 'reload', shape: random.pick(SHAPES) }))
  return { seed, setup, events: events.sort((a, b) => a.at - b.at) }
}

const SHAPES = ['one', 'all', 'pool', 'two'] as const

function setupOf(random: Random): Setup {
  const perMs = random.pick([2_000, 10_000, 60_000])
  return {
    limits: {
      messages: random.pick([1, 2, 5, 20, 20]),
      perMs,
      penaltyMs: random.pick([perMs, 60_000, 600_000]),
    },
    timeoutMs: random.pick([1_000, 5_000]),
    shape: random.pick(SHAPES),
    honours: random.chance(0.7),
    everyMs: random.pick([0, 60_000, 600_000]),
    alerts: random.between(2, 40),
    groups: random.between(1, 5),
    peers: random.pick([1, 2, 2]),
    flushMs: random.pick([5_000, 15_000, 45_000]),
    repeatMs: random.pick([60_000, 180_000]),
    wayMs: random.pick([5, 50, 400]),
  }
}

/** An event on one line, as a failing history is printed. */
export function describe({ at, kind, ...rest }: Event): string {
  const seconds = (at / 1000).toFixed(3).padStart(8)
  const fields = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  return `${seconds} s  ${kind}  ${fields.join(', ')}`
}
