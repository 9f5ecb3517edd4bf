import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { channelsFor } from '../decisions/route.ts'
import { AppError } from '../errors.ts'
import type { Events } from '../events.ts'
import type { Alert, SourceName } from '../model/alert.ts'
import { DEFAULT_LEVEL, levelOf } from '../model/level.ts'
import { type Channel, queuesOf, type Settings } from '../model/settings.ts'
import type { Source } from '../sources/source.ts'
import type { Arriving, Store } from '../stores/store.ts'

/**
 * A request with the same content within this time is a retry or a peer's copy: Alertmanager retries for up to a
 * minute, and each of its peers waits 15 s longer than the one before.
 */
export const REPEAT_WITHIN_MS = 120_000

/** The channel name under which each alert finds its channels by the routes. */
export const AUTO = 'auto'

export interface AcceptDeps {
  store: Pick<Store, 'accept'>
  sources: ReadonlyMap<SourceName, Source>
  clock: Clock
  settings: () => Settings
  /** Told the queues in which something new waits. */
  wake: (queues: readonly string[]) => void
  events: Events
}

export interface Inbound {
  source: SourceName
  /** As in the request's path: a channel, or `auto`. */
  channel: string
  text: string
}

/**
 * Takes a request: when it resolves, every alert in it is on disk (or was already known), and its sender may be told
 * so. Throws AppError: unknown_channel, bad_payload, store_unavailable.
 */
export async function accept(inbound: Inbound, deps: AcceptDeps): Promise<void> {
  const { source, channel, text } = inbound
  const settings = deps.settings()
  mustExist(channel, settings)
  const now = deps.clock.now()
  const reader = deps.sources.get(source) as Source
  const notification = reader.read(text, { receivedAt: now, timezone: settings.timezone })

  const alerts = notification.alerts.flatMap((alert, position) =>
    channelsOf(alert, channel, settings).map((to) => arriving(alert, position, to)),
  )
  if (alerts.length === 0) return

  const key = hash([source, notification.key, ...new Set(alerts.map((each) => each.channel))])
  const arrival = { now, source, key, repeatWithinMs: REPEAT_WITHIN_MS, text, alerts }
  const accepted = await deps.store.accept(arrival)

  deps.wake(accepted.queues)
  const { repeated } = accepted
  for (const each of alerts) deps.events.alertReceived(source, each.channel, each.status)
  deps.events.requestAccepted({ source, channel, alerts: alerts.length, repeated })
  for (const each of accepted.suppressed)
    deps.events.alertsSuppressed(each.channel, each.reason, each.count)
  if (repeated) for (const each of alerts) deps.events.alertsSuppressed(each.channel, 'repeated', 1)
}

function mustExist(channel: string, settings: Settings): void {
  if (channel === AUTO ? settings.routes.length > 0 : settings.channels.has(channel)) return
  const names = [...settings.channels.keys(), ...(settings.routes.length > 0 ? [AUTO] : [])]
  const wrong =
    channel === AUTO
      ? 'there are no routes, so nothing can be sent to "auto"'
      : `there is no channel ${JSON.stringify(channel.slice(0, 100))}`
  throw new AppError('unknown_channel', `${wrong}; there is: ${names.join(', ')}`)
}

function channelsOf(alert: Alert, channel: string, settings: Settings): Channel[] {
  const names =
    channel === AUTO
      ? channelsFor(settings.routes, { variables: alert.variables, level: levelIn(alert) })
      : [channel]
  return [...new Set(names)].map((name) => settings.channels.get(name) as Channel)
}

/** The level of an alert, by the channel's own words first. */
export function levelIn(alert: Alert, channel?: Pick<Channel, 'levels'>) {
  return levelOf(alert.levelWord ?? '', channel?.levels) ?? DEFAULT_LEVEL
}

/** What the store needs to know of an alert in one channel; what templates need is read again from the payload. */
function arriving(alert: Alert, position: number, channel: Channel): Arriving {
  const { fingerprint, status } = alert
  const by = channel.aggregate?.by
  return {
    position,
    channel: channel.name,
    queues: queuesOf(channel),
    fingerprint,
    status,
    level: levelIn(alert, channel),
    name: alert.name.slice(0, 200),
    cluster: alert.cluster.slice(0, 200),
    group: by === undefined ? fingerprint : hash(by.map((name) => alert.variables[name] ?? '')),
    everyMs: channel.aggregate?.everyMs ?? 0,
    ...(status === 'resolved' && !channel.sendResolved ? { suppressed: 'resolved_off' } : {}),
  }
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
}
