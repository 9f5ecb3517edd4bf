import { calendarOf } from '../decisions/calendar.ts'
import { callsInWindow, countedForMs } from '../decisions/pace.ts'
import { pauseEnd } from '../decisions/plan.ts'
import { type Metrics, PAUSE_REASONS } from '../metrics.ts'
import type { Robot, Settings } from '../model/settings.ts'
import type { Mutes } from '../pipeline/mutes.ts'
import type { Pause, Snapshot } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'

/** A snapshot of the store, with what each robot's limit still allows. */
export interface StatusSnapshot extends Snapshot {
  now: Date
  settings: Settings
  callsLeft: (robot: Robot) => number
  pausedUntil: (robot: Robot) => Date | undefined
}

export async function readStatus(
  store: Pick<Store, 'snapshot'>,
  settings: Settings,
  now: Date,
): Promise<StatusSnapshot> {
  const status = await store.snapshot({
    now,
    month: calendarOf(now, settings.timezone).month,
    robots: [...settings.robots.values()].map(({ name, key, address, limits }) => ({
      name,
      key,
      address,
      callsSince: new Date(now.getTime() - countedForMs(limits.perMs)),
    })),
  })
  return {
    ...status,
    now,
    settings,
    callsLeft: ({ name, limits }) => {
      const calls = status.robots.get(name)?.calls ?? []
      return Math.max(0, limits.messages - callsInWindow({ calls, limits, now }))
    },
    pausedUntil: ({ name, limits }) =>
      pauseEnd({ calls: [], limits, pause: status.robots.get(name)?.pause }, now),
  }
}

/** The pauses in force, by robot. */
export function pausesOf({ settings, robots, pausedUntil }: StatusSnapshot): Map<string, Pause> {
  return new Map(
    [...settings.robots.values()].flatMap((robot) => {
      const until = pausedUntil(robot)
      const pause = robots.get(robot.name)?.pause
      return until === undefined || pause === undefined ? [] : [[robot.name, { ...pause, until }]]
    }),
  )
}

/** Sets the gauges to a snapshot, and ends the series of robots and channels that a reload has removed. */
export function setGauges(
  status: StatusSnapshot,
  mutes: Pick<Mutes, 'ofChannel'>,
  metrics: Metrics,
): void {
  const { now, settings } = status
  const { mutes: muted, pending, oldestPending, pausedUntil, callsLeft } = metrics
  const { quotaUsed, quotaLimit } = metrics
  for (const gauge of [
    muted,
    pending,
    oldestPending,
    pausedUntil,
    callsLeft,
    quotaUsed,
    quotaLimit,
  ])
    gauge.reset()
  for (const channel of settings.channels.keys()) {
    const waiting = status.channels.find((each) => each.channel === channel)
    const ageMs = waiting === undefined ? 0 : now.getTime() - waiting.oldest.getTime()
    muted.set({ channel }, mutes.ofChannel(channel, now).length)
    pending.set({ channel }, waiting?.count ?? 0)
    oldestPending.set({ channel }, Math.max(0, ageMs / 1000))
  }
  for (const robot of settings.robots.values()) {
    const { name } = robot
    const paused = status.pausedUntil(robot)
    const pausedFor = status.robots.get(name)?.pause?.reason
    for (const reason of PAUSE_REASONS)
      pausedUntil.set(
        { robot: name, reason },
        paused !== undefined && reason === pausedFor ? paused.getTime() / 1000 : 0,
      )
    callsLeft.set({ robot: name }, status.callsLeft(robot))
    quotaUsed.set({ scope: name }, status.robots.get(name)?.monthUsed ?? 0)
    quotaLimit.set({ scope: name }, robot.monthly ?? 0)
  }
  quotaUsed.set({ scope: 'organisation' }, status.organisationUsed)
  quotaLimit.set({ scope: 'organisation' }, settings.monthlyQuota ?? 0)
}
