import type { Clock } from '../clock.ts'
import { calendarOf } from '../decisions/calendar.ts'
import type { WaitReason } from '../decisions/plan.ts'
import { opensAt } from '../decisions/push-limit.ts'
import { type Channel, queuesOf, type Robot, type Settings } from '../model/settings.ts'
import { nextPlan } from '../pipeline/robot-state.ts'
import type { Snapshot } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import type { RobotFacts } from './headline.ts'
import { type ChartMinute, chartMinutes, type HistoryCache } from './history.ts'
import { type OnCallRota, readOnCall } from './oncall.ts'
import { readStatus, type StatusSnapshot } from './status.ts'

/** Everything that the overview says. */
export interface Overview {
  now: Date
  robots: RobotOverview[]
  channels: ChannelOverview[]
  /** Alerts that wait or are under way, each once for its channel. */
  waiting: number
  quota: { used: number; limit: number | undefined }
  failed: Snapshot['failed']
  hour: ChartMinute[]
  onCall: OnCallRota[]
}

export interface RobotOverview extends RobotFacts {
  callsLeft: number
  calls: number
  perMs: number
  /** Why it says nothing at the moment although something waits; `until` undefined: until something new comes. */
  wait: { reason: WaitReason; until: Date | undefined } | undefined
  /** The process that works it, where several share the store. */
  leasedBy: string | undefined
}

export interface ChannelOverview {
  name: string
  mode: Channel['mode']
  robots: readonly string[]
  waiting: number
  oldest: Date | undefined
  /** The largest of its groups'; test messages do not count. */
  messagesThisHour: number
  messagesToday: number
  pushLimits: { hour: number | undefined; day: number | undefined } | undefined
  /** When its push limits open again, while they hold something back. */
  heldUntil: Date | undefined
  /** Of the past hour. */
  delivered: number
  dead: number
  suppressed: { reason: string; count: number }[]
}

export interface OverviewDeps {
  store: Pick<Store, 'snapshot' | 'backlog' | 'messageCounts'>
  pastHour: HistoryCache
  settings: () => Settings
  clock: Clock
  /** When a person last acted on a robot or a message: what was read before does not show it. */
  actedAt?: () => Date | undefined
}

/** What all who look within this time are shown, so that many who look cost as much as one. */
const CACHED_MS = 500

/** A look that took long, with a million waiting, is good for longer: looking never takes a large share of the store. */
const MAX_CACHED_MS = 5_000
const CACHED_PER_COST = 10

/** Looks at everything at once; asked again within half a second, or ten times what it took, it gives the same. */
export function createOverview(deps: OverviewDeps): () => Promise<Overview> {
  const last: { from: number; until: number; glance: Promise<Overview> | undefined } = {
    from: 0,
    until: 0,
    glance: undefined,
  }
  return () => {
    const now = deps.clock.now()
    const left = last.until - now.getTime()
    const shows = last.from > (deps.actedAt?.()?.getTime() ?? Number.NEGATIVE_INFINITY)
    if (last.glance !== undefined && shows && left > 0 && left <= MAX_CACHED_MS) return last.glance
    const glance = readOverview(now, deps)
    Object.assign(last, { from: now.getTime(), until: now.getTime() + CACHED_MS, glance })
    glance.then(
      () => {
        if (last.glance !== glance) return
        const ended = deps.clock.now().getTime()
        const goodForMs = Math.max(CACHED_MS, CACHED_PER_COST * (ended - now.getTime()))
        last.until = ended + Math.min(MAX_CACHED_MS, goodForMs)
      },
      () => {
        if (last.glance === glance) last.glance = undefined
      },
    )
    return glance
  }
}

async function readOverview(now: Date, deps: OverviewDeps): Promise<Overview> {
  const settings = deps.settings()
  const { store } = deps
  const standing = await readStatus(store, settings, now)
  const robots = [...settings.robots.values()].map((robot) => robotOf(robot, standing))
  for (const robot of robots) {
    if (robot.waiting === 0) continue
    const { planned } = await nextPlan(settings.robots.get(robot.name) as Robot, {
      settings,
      now,
      store,
    })
    if (planned.kind === 'wait' && planned.reason !== 'nothing_waits') robot.wait = planned
  }
  const minutes = await deps.pastHour.minutes(now)
  const waiting = standing.channels.reduce((sum, each) => sum + each.count, 0)
  return {
    now,
    onCall: readOnCall(settings, now),
    robots,
    channels: await channelsOf(standing, { now, settings, store, minutes }),
    waiting,
    quota: { used: standing.organisationUsed, limit: settings.monthlyQuota },
    failed: standing.failed,
    hour: chartMinutes(minutes, { waiting, channels: settings.channels }),
  }
}

function robotOf(robot: Robot, standing: StatusSnapshot): RobotOverview {
  const { name, limits } = robot
  const state = standing.robots.get(name)
  const pausedUntil = standing.pausedUntil(robot)
  return {
    name,
    sandbox: robot.target.kind === 'sandbox',
    callsLeft: standing.callsLeft(robot),
    calls: limits.messages,
    perMs: limits.perMs,
    pausedUntil,
    pauseReason: pausedUntil === undefined ? undefined : state?.pause?.reason,
    pausedBy: pausedUntil === undefined ? undefined : state?.pause?.by,
    monthUsed: state?.monthUsed ?? 0,
    monthly: robot.monthly,
    ...waitingFor(robot, standing),
    covered: isCovered(robot, standing),
    wait: undefined,
    lastResult: state?.lastResult,
    lastAt: state?.lastAt,
    leasedBy: state?.leasedBy,
  }
}

function waitingFor(
  { name }: Robot,
  { settings, queues }: StatusSnapshot,
): { waiting: number; oldest: Date | undefined } {
  const ours = new Set(
    [...settings.channels.values()]
      .filter((channel) => channel.robots.includes(name))
      .map((channel) => (channel.mode === 'pool' ? `channel:${channel.name}` : `robot:${name}`)),
  )
  const found = queues.filter((each) => ours.has(each.queue))
  return {
    waiting: found.reduce((sum, { count }) => sum + count, 0),
    oldest:
      found.length === 0
        ? undefined
        : new Date(Math.min(...found.map(({ oldest }) => oldest.getTime()))),
  }
}

/** Whether each channel that uses a robot is a pool in which another one works. */
function isCovered({ name }: Robot, standing: StatusSnapshot): boolean {
  const { settings, robots } = standing
  const works = (each: string): boolean => {
    const robot = settings.robots.get(each)
    const { lastResult } = robots.get(each) ?? {}
    const isGood = lastResult === undefined || lastResult === 'ok'
    return each !== name && robot !== undefined && isGood && !standing.pausedUntil(robot)
  }
  const ours = [...settings.channels.values()].filter((channel) => channel.robots.includes(name))
  return (
    ours.length > 0 && ours.every(({ mode, robots: all }) => mode === 'pool' && all.some(works))
  )
}

async function channelsOf(
  standing: StatusSnapshot,
  {
    now,
    settings,
    store,
    minutes,
  }: {
    now: Date
    settings: Settings
    store: OverviewDeps['store']
    minutes: Awaited<ReturnType<HistoryCache['minutes']>>
  },
): Promise<ChannelOverview[]> {
  const calendar = calendarOf(now, settings.timezone)
  const channels = [...settings.channels.values()]
  const places = channels.flatMap((channel) =>
    queuesOf(channel).map((queue) => ({ queue, channel: channel.name })),
  )
  const pushed = await store.messageCounts({ ...calendar, places })
  return channels.map((channel) => {
    const { name, mode, robots, pushLimits } = channel
    const waiting = standing.channels.find((each) => each.channel === name)
    const groups = pushed.filter((each) => each.channel === name)
    const opens = groups.flatMap((each) => opensAt(pushLimits, { ...each, ...calendar }) ?? [])
    const most = (of: 'messagesThisHour' | 'messagesToday'): number =>
      Math.max(0, ...groups.map((each) => each[of]))
    const ended = minutes.flatMap((each) => each.ended).filter((each) => each.channel === name)
    const alertsOf = (state: 'sent' | 'dead'): number =>
      ended.filter((each) => each.state === state).reduce((sum, each) => sum + each.alerts, 0)
    const suppressed = new Map<string, number>()
    for (const each of minutes.flatMap((minute) => minute.suppressed))
      if (each.channel === name)
        suppressed.set(each.reason, (suppressed.get(each.reason) ?? 0) + each.count)
    return {
      name,
      mode,
      robots,
      waiting: waiting?.count ?? 0,
      oldest: waiting?.oldest,
      messagesThisHour: most('messagesThisHour'),
      messagesToday: most('messagesToday'),
      pushLimits,
      heldUntil:
        waiting === undefined || opens.length === 0
          ? undefined
          : new Date(Math.max(...opens.map((each) => each.getTime()))),
      delivered: Math.round(alertsOf('sent') / Math.max(1, groups.length)),
      dead: Math.round(alertsOf('dead') / Math.max(1, groups.length)),
      suppressed: [...suppressed].map(([reason, count]) => ({ reason, count })),
    }
  })
}
