import { LEVELS, type Level } from '../model/level.ts'
import type { MessageKind } from '../model/message.ts'
import type { Channel, Robot, Settings } from '../model/settings.ts'
import { Harness } from './harness.ts'

export interface Storm {
  alerts: number
  /** Duration over which the alerts arrive evenly. */
  overMs: number
  settings: Settings
  channel: string
  /** Start of the storm on the virtual clock, which calendars and quotas follow. */
  start: Date
}

/** The outcome of a storm; times are milliseconds since its start. */
export interface Outcome {
  messages: { atMs: number; robot: string; kind: MessageKind; alerts: number; title: string }[]
  levels: LevelOutcome[]
  /** When each delivered alert reached the group, ascending. */
  deliveredAtMs: number[]
  waiting: number
  calls: number
  /** Calls that DingTalk would have throttled. */
  refused: number
}

interface LevelOutcome {
  level: Level
  alerts: number
  delivered: number
  medianWaitMs: number
  longestWaitMs: number
}

/** A simulation ends after a day, even if a limit still holds alerts. */
const MAX_DURATION_MS = 86_400_000

const TICK_MS = 100
const PAGE_SIZE = 1_000

/** Plays a storm against the real store, planner and templates on a virtual clock. */
export async function playStorm(storm: Storm): Promise<Outcome> {
  const { start } = storm
  const harness = await new Harness(sandboxed(storm.settings), start).start()
  await postAlerts(storm, harness)
  await runUntilDelivered(harness, start)
  const outcome = await readOutcome(harness, start)
  await harness.stop()
  harness.sqlite.close()
  return outcome
}

/** Points every robot at its own sandbox, with its own limits. */
function sandboxed(settings: Settings): Settings {
  const robots = [...settings.robots].map(([name, robot]): [string, Robot] => [
    name,
    { ...robot, target: { kind: 'sandbox' }, secret: undefined, expect: OK },
  ])
  return { ...settings, robots: new Map(robots) }
}

const OK: Robot['expect'] = { kind: 'json', subset: { errcode: 0 } }

/** Settings with only this channel, whose robots are `count` copies of its first one. */
export function withRobots(settings: Settings, channel: Channel, count: number): Settings {
  const first = settings.robots.get(channel.robots[0] as string) as Robot
  const robots = Array.from({ length: count }, (_, index): Robot => {
    const name = `${first.name}-${index + 1}`
    return { ...first, name, key: `${first.key}-${index + 1}` }
  })
  const pool: Channel = {
    ...channel,
    mode: count > 1 ? 'pool' : channel.mode,
    robots: robots.map((each) => each.name),
  }
  return {
    ...settings,
    robots: new Map(robots.map((each) => [each.name, each])),
    channels: new Map([[channel.name, pool]]),
    levels: new Map(),
    routes: [],
  }
}

async function postAlerts({ alerts, overMs, channel }: Storm, harness: Harness): Promise<void> {
  const ticks = Math.max(1, Math.ceil(overMs / TICK_MS))
  let sent = 0
  for (let tick = 1; tick <= ticks; tick += 1) {
    const due = Math.round((alerts * tick) / ticks)
    const posts: Promise<unknown>[] = []
    for (; sent < due; sent += 1) posts.push(harness.post('ocp', alertOf(sent), channel))
    await Promise.all(posts)
    await harness.clock.pass(TICK_MS)
  }
}

/** Models a real storm: few causes, many symptoms. Of a hundred alerts two are Down and eight Critical. */
function alertOf(index: number): Record<string, string> {
  const share = (index * 37) % 100
  const level: Level = share < 2 ? 1 : share < 10 ? 2 : share < 50 ? 3 : share < 80 ? 4 : 5
  const rule = (index * 7) % 12
  return {
    alarm_type: `rule_${rule}`,
    alarm_name: `Rule ${rule}`,
    alarm_level: String(level),
    alarm_target: `ob_cluster=ob${index % 5}:host=10.0.${(index >> 8) & 255}.${index & 255}:n=${index}`,
    alarm_description: `Simulated alert ${index + 1}.`,
  }
}

async function runUntilDelivered(harness: Harness, start: Date): Promise<void> {
  const elapsed = (): number => harness.clock.now().getTime() - start.getTime()
  while (elapsed() < MAX_DURATION_MS) {
    const { items } = await harness.store.alerts({ state: 'pending', limit: 1 })
    const sending = await harness.store.alerts({ state: 'sending', limit: 1 })
    if (items.length === 0 && sending.items.length === 0) return
    await harness.clock.pass(elapsed() < 600_000 ? 1_000 : 60_000)
  }
}

async function readOutcome(harness: Harness, start: Date): Promise<Outcome> {
  const since = (instant: Date): number => Math.max(0, instant.getTime() - start.getTime())
  const alerts = await readAll((before) => harness.store.alerts({ limit: PAGE_SIZE, ...before }))
  const messages = await readAll((before) =>
    harness.store.messages({ limit: PAGE_SIZE, ...before }),
  )
  return {
    messages: messages
      .filter((each) => each.sentAt !== undefined)
      .map(({ sentAt, robot, kind, alertCount, title }) => ({
        atMs: since(sentAt as Date),
        robot,
        kind,
        alerts: alertCount,
        title,
      }))
      .sort((a, b) => a.atMs - b.atMs),
    levels: LEVELS.flatMap((level) => {
      const ofLevel = alerts.filter((each) => each.level === level)
      if (ofLevel.length === 0) return []
      const waits = ofLevel
        .flatMap(({ deliveredAt, receivedAt }) =>
          deliveredAt === undefined ? [] : [deliveredAt.getTime() - receivedAt.getTime()],
        )
        .sort((a, b) => a - b)
      return [
        {
          level,
          alerts: ofLevel.length,
          delivered: waits.length,
          medianWaitMs: waits[Math.floor(waits.length / 2)] ?? 0,
          longestWaitMs: waits.at(-1) ?? 0,
        },
      ]
    }),
    deliveredAtMs: alerts
      .flatMap(({ deliveredAt }) => (deliveredAt === undefined ? [] : since(deliveredAt)))
      .sort((a, b) => a - b),
    waiting: alerts.filter(({ state }) => state === 'pending' || state === 'sending').length,
    calls: harness.sent.length,
    refused: harness.sent.filter(({ attempt }) => attempt.outcome.kind === 'throttled').length,
  }
}

async function readAll<T>(
  read: (before: { before?: string }) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[]> {
  const items: T[] = []
  let next: string | null = null
  do {
    const page = await read(next === null ? {} : { before: next })
    items.push(...page.items)
    next = page.next
  } while (next !== null)
  return items
}
