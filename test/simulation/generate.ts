import { type Event, type History, POINTS, type Setup } from './history.ts'
import { type Layout, SHAPES, type Shape } from './layout.ts'
import { Random } from './random.ts'
import { REPLIES } from './replies.ts'

const SECOND = 1_000
const MINUTE = 60_000

/** The theme of a history. */
const THEMES = [
  'faults',
  'faults',
  'pool',
  'reloads',
  'replicas',
  'by hand',
  'quota',
  'states',
  'calm',
] as const
type Theme = (typeof THEMES)[number]

/** Draws the events of a history. */
class Draft {
  readonly events: Event[] = []
  readonly random: Random
  readonly lengthMs: number

  constructor(random: Random) {
    this.random = random
    this.lengthMs = random.between(1, 5) * MINUTE
  }

  at(): number {
    return this.random.below(this.lengthMs)
  }

  times(least: number, most: number, make: (at: number) => Event | Event[]): void {
    for (let left = this.random.between(least, most); left > 0; left -= 1)
      this.events.push(...[make(this.at())].flat())
  }

  ms(leastSeconds: number, mostSeconds: number): number {
    return this.random.between(leastSeconds, mostSeconds) * SECOND
  }

  reply(...groups: (keyof typeof REPLIES)[]): string {
    return this.random.pick(REPLIES[this.random.pick(groups)]).name
  }
}

/** The history of a seed; the same on every machine. */
export function historyOf(seed: number): History {
  const random = new Random(seed)
  const theme = random.pick(THEMES)
  const setup = { ...setupOf(random), ...setupFor(theme, random) }
  const draft = new Draft(random)
  alerts(draft, setup)
  if (theme !== 'calm') faults(draft, theme === 'faults' ? 1 : 0.4, setup)
  THEME[theme](draft, setup)
  return { seed, setup, events: draft.events.sort((a, b) => a.at - b.at) }
}

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
    by: random.chance(0.2) ? ['alarm_name'] : undefined,
    alerts: random.between(2, 20),
    groups: random.between(1, 3),
    peers: random.pick([1, 2, 2]),
    flushMs: random.pick([5_000, 15_000, 45_000]),
    repeatMs: random.pick([60_000, 180_000]),
    wayMs: random.pick([5, 50, 400]),
  }
}

function setupFor(theme: Theme, random: Random): Partial<Setup> {
  const usual = { messages: 20, perMs: MINUTE, penaltyMs: random.pick([MINUTE, 10 * MINUTE]) }
  switch (theme) {
    case 'pool':
      return { shape: random.pick(['pair', 'pool']), limits: usual }
    case 'replicas':
      return { replicas: 2, limits: usual, shape: random.pick(['one', 'pair', 'pool', 'two']) }
    case 'by hand':
      return { limits: usual }
    case 'quota':
      return { limits: usual, monthly: random.pick([20, 60]), shape: random.pick(['one', 'pair']) }
    case 'states':
      return { flushMs: 5_000, everyMs: random.pick([0, 600_000, 600_000]) }
    case 'calm':
      return {
        limits: usual,
        shape: random.pick(['one', 'all']),
        calmFromMs: MINUTE,
        wayMs: random.pick([5, 50, 400]),
      }
    default:
      return {}
  }
}

function alerts(draft: Draft, setup: Setup): void {
  const { random } = draft
  const alert = (): number => random.below(setup.alerts)
  draft.times(setup.alerts, setup.alerts * 3, (at) => ({ at, kind: 'turn', alert: alert() }))
  draft.times(0, 2, (at) => ({
    at,
    kind: 'burst',
    from: alert(),
    count: random.between(2, setup.alerts),
  }))
  draft.times(0, 2, (at) => ({ at, kind: 'rise', alert: alert() }))
  if (setup.peers > 1)
    draft.times(0, 2, (at) => ({ at, kind: 'gossip_lost', forMs: draft.ms(5, 60) }))
}

/** Random failures of DingTalk, the network, the process, the disk and, with one process, the clock. */
function faults(draft: Draft, share: number, { replicas = 1 }: Setup): void {
  const { random } = draft
  const some = (most: number): number => Math.ceil(most * share)
  draft.times(0, some(8), (at) => ({
    at,
    kind: 'replies',
    reply: draft.reply('passing'),
    count: random.between(1, 4),
  }))
  draft.times(0, some(2), (at) => ({
    at,
    kind: 'spell',
    reply: draft.reply('passing'),
    forMs: draft.ms(1, 60),
  }))
  draft.times(0, some(2), (at) => ({
    at,
    kind: 'replies',
    reply: draft.reply('throttles'),
    count: 1,
  }))
  if (random.chance(0.4 * share))
    draft.times(1, 2, (at) => ({
      at,
      kind: 'replies',
      reply: draft.reply('refusals', 'unreadable', 'tooLong'),
      count: random.between(1, 7),
    }))
  draft.times(0, some(4), (at) => ({
    at,
    kind: 'crash',
    point: random.pick(POINTS),
    when: random.pick(['before', 'after']),
    downMs: random.chance(0.5) ? random.below(2_000) : random.below(2 * MINUTE),
  }))
  draft.times(0, 1, (at) => ({ at, kind: 'restart', downMs: random.below(10_000) }))
  if (replicas === 1 && random.chance(0.4 * share))
    draft.times(1, 3, (at) => ({
      at,
      kind: 'step',
      byMs: (random.chance(0.5) ? 1 : -1) * random.pick([200, 5_000, 70_000, 3_600_000]),
    }))
  if (random.chance(0.4 * share))
    draft.times(1, 2, (at) => ({ at, kind: 'full', forMs: draft.ms(1, 90) }))
  if (random.chance(0.3)) draft.times(1, 2, (at) => ({ at, kind: 'stall', forMs: draft.ms(1, 60) }))
  if (random.chance(0.3 * share)) draft.times(1, 2, (at) => reload(draft, { at }))
}

function reload({ random }: Draft, { at, shape }: { at: number; shape?: Shape }): Event {
  return { at, kind: 'reload', ...layoutOf(random, shape) }
}

function layoutOf(random: Random, shape = random.pick(SHAPES)): Layout {
  return random.chance(0.4) ? { shape, renamed: true } : { shape }
}

/** A reply is lost after the message arrived, and the next attempt fails differently. */
function lost(draft: Draft): void {
  const { random } = draft
  draft.times(1, 4, (at) => [
    {
      at,
      kind: 'lost',
      reply: random.pick(['silence, taken', 'reset, taken', '502 taken', '504 taken']),
      next: draft.reply('passing', 'throttles', 'refusals'),
    },
    { at: at + 100, kind: 'turn', alert: random.below(4) },
  ])
}

const THEME: Record<Theme, (draft: Draft, setup: Setup) => void> = {
  faults: () => {},
  pool(draft, setup) {
    const { random } = draft
    lost(draft)
    draft.times(0, 1, (at) => ({ at, kind: 'broken', token: 't1', forMs: draft.ms(10, 200) }))
    draft.times(0, 2, (at) => ({
      at,
      kind: 'stall',
      forMs: draft.ms(3, 30),
      point: random.pick(['claim', 'claimRetry']),
    }))
    draft.times(0, 1, (at) => ({ at, kind: 'restart', downMs: random.below(3_000) }))
    draft.times(0, 1, (at) => reload(draft, { at, shape: setup.shape }))
  },
  reloads(draft, setup) {
    const { random } = draft
    if (random.chance(0.5)) lost(draft)
    draft.times(1, 4, (at) => reload(draft, { at }))
    draft.times(0, 2, (at) => {
      const shape = random.pick(SHAPES)
      const back = at + random.pick([1_000, 1_000, 40_000])
      return [
        { at: Math.max(0, at - 200), kind: 'turn', alert: random.below(setup.alerts) },
        { at, kind: 'reload', shape, without: true },
        { at: back, kind: 'reload', shape },
      ]
    })
  },
  replicas(draft, setup) {
    const { random } = draft
    if (random.chance(0.5)) lost(draft)
    draft.times(1, 3, (at) => {
      const layout = layoutOf(random, random.chance(0.5) ? setup.shape : undefined)
      return random.chance(0.3)
        ? { at, kind: 'reload', ...layout }
        : { at, kind: 'roll', overlapMs: draft.ms(1, 20), ...layout }
    })
  },
  'by hand'(draft) {
    const { random } = draft
    draft.times(1, 3, (at) => [
      {
        at,
        kind: 'replies',
        reply: draft.reply('refusals'),
        count: random.between(1, 4),
      },
      { at: at + draft.ms(1, 90), kind: 'resend' },
    ])
    draft.times(0, 2, (at) => ({ at, kind: 'test', times: random.between(1, 40) }))
    draft.times(0, 2, (at) => ({ at, kind: 'resend' }))
  },
  quota(draft, setup) {
    draft.times(5, 30, (at) => ({
      at,
      kind: 'turn',
      alert: 3 + 4 * draft.random.below(Math.max(1, Math.floor(setup.alerts / 4))),
    }))
  },
  states(draft, setup) {
    const { random } = draft
    const alert = (): number => random.below(setup.alerts)
    draft.times(2, 8, (at) => {
      const [which, gap] = [alert(), draft.ms(1, 40)]
      const same = random.chance(0.6)
      return [0, 1, 2].map((turn) => ({
        at: at + turn * gap,
        kind: 'turn' as const,
        alert: which,
        same,
      }))
    })
    draft.times(1, 4, (at) => ({ at, kind: 'stale', alert: alert() }))
    draft.times(1, 4, (at) => ({ at, kind: 'rise', alert: alert() }))
    if (random.chance(0.5))
      draft.times(1, 1, (at) => ({ at, kind: 'broken', token: 'u1', forMs: draft.ms(10, 200) }))
  },
  calm(draft) {
    const { random } = draft
    // Dead messages before the calm phase, to be resent in it.
    if (random.chance(0.5))
      draft.events.push({ at: 0, kind: 'spell', reply: 'words', forMs: 50_000 })
    draft.times(1, 3, (at) => ({ at, kind: 'test', times: random.between(1, 40) }))
    draft.times(0, 2, (at) => ({ at: MINUTE + at, kind: 'resend' }))
  },
}
