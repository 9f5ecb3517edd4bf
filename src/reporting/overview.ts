import type { Clock } from '../clock.ts'
import type { Robot, Settings } from '../model/settings.ts'
import { nextPlan } from '../pipeline/robot-state.ts'
import type { Snapshot } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import { type ChannelOverview, channelsOf } from './channel-overview.ts'
import { type HistoryCache, type RangeName, summed, type Totals, totalsOf } from './history.ts'
import { type OnCallRota, readOnCall } from './oncall.ts'
import { HEARTBEATS, type QuietSource, quietSources } from './quiet-sources.ts'
import { pausingRobot, type RobotOverview, robotOverview } from './robot-overview.ts'
import { readStatus, type StatusSnapshot } from './status.ts'
import { type ChartBucket, chartBuckets } from './timeline.ts'

/** The data of the overview. */
export interface Overview {
  now: Date
  robots: RobotOverview[]
  channels: ChannelOverview[]
  /**
   * Alerts that wait or are in flight, each counted once per channel; `waitingSevere` are those that are Down or
   * Critical.
   */
  waiting: number
  waitingSevere: number
  oldest: Date | undefined
  quota: { used: number; limit: number | undefined }
  failed: Snapshot['failed']
  removed: Snapshot['removed']
  range: RangeName
  /** Counts of the alerts received in the range. */
  totals: Totals
  chart: ChartBucket[]
  quiet: QuietSource[]
  onCall: OnCallRota[]
}

interface OverviewDeps {
  store: Pick<Store, 'snapshot' | 'backlog' | 'messageCounts' | 'activity'>
  past: HistoryCache
  settings: () => Settings
  clock: Clock
  /** When a person last acted on a robot or a message; data read before lacks the change. */
  actedAt?: () => Date | undefined
}

/** Requests within this time share one result, so that many readers cost as much as one. */
const CACHED_MS = 500

/** A slow read, as with a million waiting alerts, is cached for ten times its duration, at most for MAX_CACHED_MS. */
const CACHED_PER_COST = 10
const MAX_CACHED_MS = 5_000

interface CachedOverview {
  readAt: number
  validUntil: number
  overview: Promise<Overview>
}

/**
 * Returns a function that reads the overview. Its result is cached for half a second, or for ten times the duration of
 * the read, unless a person acted since.
 */
export function createOverview(deps: OverviewDeps): (range?: RangeName) => Promise<Overview> {
  const cache = new Map<RangeName, CachedOverview>()
  return (range = '1h') => {
    const now = deps.clock.now()
    const last = cache.get(range)
    const leftMs = (last?.validUntil ?? 0) - now.getTime()
    const actedAt = deps.actedAt?.()?.getTime() ?? Number.NEGATIVE_INFINITY
    // More time is left than possible after the clock was set back.
    if (last !== undefined && last.readAt > actedAt && leftMs > 0 && leftMs <= MAX_CACHED_MS)
      return last.overview
    const overview = readOverview(range, now, deps)
    const read = { readAt: now.getTime(), validUntil: now.getTime() + CACHED_MS, overview }
    cache.set(range, read)
    overview.then(
      () => {
        const ended = deps.clock.now().getTime()
        const validMs = Math.max(CACHED_MS, CACHED_PER_COST * (ended - now.getTime()))
        read.validUntil = ended + Math.min(MAX_CACHED_MS, validMs)
      },
      () => {
        if (cache.get(range) === read) cache.delete(range)
      },
    )
    return overview
  }
}

async function readOverview(range: RangeName, now: Date, deps: OverviewDeps): Promise<Overview> {
  const settings = deps.settings()
  const { store, past } = deps
  const status = await readStatus(store, settings, now)
  const minutes = await past.buckets('1h', now)
  const buckets = range === '1h' ? minutes : await past.buckets(range, now)
  const robots = [...settings.robots.values()]
  const sum = (of: 'count' | 'severe'): number =>
    status.channels.reduce((total, each) => total + each[of], 0)
  const oldest = status.channels.map((each) => each.oldest.getTime())
  return {
    ...{ now, range },
    onCall: readOnCall(settings, now),
    robots: await withWaits(
      robots.map((robot) => robotOverview(robot, status, minutes)),
      status,
      deps,
    ),
    channels: await channelsOf(status, { store, lastHour: summed(minutes).alerts }),
    waiting: sum('count'),
    waitingSevere: sum('severe'),
    oldest: oldest.length === 0 ? undefined : new Date(Math.min(...oldest)),
    quota: { used: status.organisationUsed, limit: settings.monthlyQuota },
    failed: status.failed,
    removed: status.removed,
    totals: totalsOf(buckets.flatMap(({ alerts }) => alerts)),
    chart: chartBuckets(
      buckets,
      robots.map((robot) => pausingRobot(robot, status)),
    ),
    quiet: quietSources(await store.activity(HEARTBEATS), now),
  }
}

/** Adds the reason for the wait to robots with a queue. */
async function withWaits(
  robots: RobotOverview[],
  { settings, now }: StatusSnapshot,
  { store }: OverviewDeps,
): Promise<RobotOverview[]> {
  for (const robot of robots) {
    if (robot.waiting === 0) continue
    const { planned } = await nextPlan(settings.robots.get(robot.name) as Robot, {
      ...{ settings, now, store },
    })
    if (planned.kind === 'wait' && planned.reason !== 'nothing_waits') robot.wait = planned
  }
  return robots
}
