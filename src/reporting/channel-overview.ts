import { calendarOf } from '../decisions/calendar.ts'
import { opensAt } from '../decisions/push-limit.ts'
import { type Channel, queuesOf } from '../model/settings.ts'
import type { AlertCount } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import { totalsOf } from './history.ts'
import type { StatusSnapshot } from './status.ts'

export interface ChannelOverview {
  name: string
  mode: Channel['mode']
  robots: readonly string[]
  waiting: number
  oldest: Date | undefined
  /** The largest count among its groups; test messages do not count. */
  messagesThisHour: number
  messagesToday: number
  pushLimits: { hour: number | undefined; day: number | undefined } | undefined
  /** When its push limits allow messages again, while they hold back alerts. */
  heldUntil: Date | undefined
  /** The alerts received in the past hour, by source; the fields below count the same alerts. */
  received: { source: string; count: number }[]
  delivered: number
  failed: number
  suppressed: { reason: string; count: number }[]
}

/** The channels, with their queues, limits, and counts of the alerts of the past hour. */
export async function channelsOf(
  status: StatusSnapshot,
  { store, lastHour }: { store: Pick<Store, 'messageCounts'>; lastHour: readonly AlertCount[] },
): Promise<ChannelOverview[]> {
  const { now, settings } = status
  const calendar = calendarOf(now, settings.timezone)
  const channels = [...settings.channels.values()]
  const places = channels.flatMap((channel) =>
    queuesOf(channel).map((queue) => ({ queue, channel: channel.name })),
  )
  const pushed = await store.messageCounts({ ...calendar, places })
  return channels.map(({ name, mode, robots, pushLimits }) => {
    const waiting = status.channels.find((each) => each.channel === name)
    const groups = pushed.filter((each) => each.channel === name)
    const opens = groups.flatMap((each) => opensAt(pushLimits, { ...each, ...calendar }) ?? [])
    const most = (of: 'messagesThisHour' | 'messagesToday'): number =>
      Math.max(0, ...groups.map((each) => each[of]))
    return {
      ...{ name, mode, robots, pushLimits, waiting: waiting?.count ?? 0, oldest: waiting?.oldest },
      messagesThisHour: most('messagesThisHour'),
      messagesToday: most('messagesToday'),
      heldUntil:
        waiting === undefined || opens.length === 0
          ? undefined
          : new Date(Math.max(...opens.map((each) => each.getTime()))),
      ...alertsOf(lastHour.filter(({ channel }) => channel === name)),
    }
  })
}

function alertsOf(
  alerts: readonly AlertCount[],
): Pick<ChannelOverview, 'received' | 'delivered' | 'failed' | 'suppressed'> {
  const { delivered, failed } = totalsOf(alerts)
  const bySource = Map.groupBy(alerts, ({ source }) => source)
  const suppressed = alerts.filter(({ outcome }) => outcome === 'suppressed')
  const byReason = Map.groupBy(suppressed, ({ reason }) => reason)
  return {
    ...{ delivered, failed },
    received: [...bySource].map(([source, all]) => ({ source, count: sumOf(all) })),
    suppressed: [...byReason].map(([reason, all]) => ({ reason, count: sumOf(all) })),
  }
}

function sumOf(alerts: readonly AlertCount[]): number {
  return alerts.reduce((sum, { count }) => sum + count, 0)
}
