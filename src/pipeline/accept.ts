import { hash as digest } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Events } from '../events.ts'
import type { Alert, Notification, SourceName, Status } from '../model/alert.ts'
import type { Settings } from '../model/settings.ts'
import { isLarge, type Source } from '../sources/source.ts'
import type { Accepted, AcceptRequest, IncomingAlert } from '../stores/incoming.ts'
import type { Store } from '../stores/store.ts'
import { atOnce, yieldTurn } from '../time-slices.ts'
import { AUTO, type Destination, type Destinations, destinationsFor } from './destinations.ts'
import type { EndedMute, Mutes, Muting } from './mutes.ts'

/**
 * A request with the same content within this time is a retry or a copy from a peer. Alertmanager retries for up to a
 * minute, and each of its peers waits 15 s longer than the one before.
 */
export const DEDUP_WINDOW_MS = 120_000

export interface AcceptDeps {
  store: Pick<Store, 'accept'>
  sources: ReadonlyMap<SourceName, Source>
  clock: Clock
  settings: () => Settings
  /** Called with the queues that have new alerts. */
  wake: (queues: readonly string[]) => void
  events: Events
  /** Absent: there are no mutes. */
  mutes?: Pick<Mutes, 'mutingAt' | 'end'>
}

export interface Inbound {
  source: SourceName
  /** The channel in the request's path, or `auto`. */
  channel: string
  /** A string, or its bytes in UTF-8. */
  body: string | Uint8Array
}

/**
 * Resolves when every alert of a request is on disk or was already known; then the sender may get a 200. Returns the
 * source that read the request, which may differ from the requested one. Rejects with AppError unknown_channel,
 * bad_payload, too_large, store_unavailable.
 */
export async function accept(inbound: Inbound, deps: AcceptDeps): Promise<SourceName> {
  const { channel, body } = inbound
  const read = () => readAndStore(inbound, deps)
  const { source, started } = await (isLarge(body) ? read() : atOnce(read))
  if (started === undefined) return source
  const { counts, unknownLevels, stored, endedMutes } = started
  const { duplicate, queues, suppressed } = await stored
  deps.wake(queues)
  // Before the reply: a mute that a recovery has ended must not cover the next firing. If this fails, the sender
  // retries, and the mute is ended then.
  if (endedMutes.length > 0) await deps.mutes?.end(endedMutes)

  for (const each of counts) deps.events.alertsReceived(source, each)
  for (const word of unknownLevels) deps.events.levelUnknown(word, channel)
  const alerts = counts.reduce((sum, { count }) => sum + count, 0)
  deps.events.requestAccepted({ source, channel, alerts, duplicate })
  for (const each of suppressed) deps.events.alertsSuppressed(each.channel, each.reason, each.count)
  if (duplicate)
    for (const each of counts) deps.events.alertsSuppressed(each.channel, 'repeated', each.count)
  return source
}

/**
 * Reads a request and passes it to the store; `started` is absent if no alert has a destination. All parsed data
 * becomes garbage when this call ends. Kept until the commit, it would leave V8's young generation, and accepting would
 * cost more.
 */
async function readAndStore(
  { source: requested, channel: named, body }: Inbound,
  deps: AcceptDeps,
): Promise<{ source: SourceName; started?: StartedAccept }> {
  await yieldTurn()
  let settings = deps.settings()
  channelNameFor(named, settings)
  const now = deps.clock.now()
  const reader = deps.sources.get(requested) as Source
  const context = { receivedAt: now, timezone: settings.timezone }
  const notification = await reader.read(body, context)
  const { source } = notification

  const muting = await deps.mutes?.mutingAt(now)
  let alerts: IncomingAlert[]
  let destinations: Destinations
  let duplicateKey: DuplicateKey
  do {
    // A reload in between must not leave alerts in queues without a robot.
    settings = deps.settings()
    const channel = channelNameFor(named, settings)
    destinations = destinationsFor(channel, settings)
    alerts = await incomingFrom(notification, destinations.of, muting)
    if (alerts.length === 0) return { source }
    duplicateKey = await duplicateKeyOf(notification, alerts)
  } while (deps.settings() !== settings)
  const request = { now, source, body: notification.stored ?? body, alerts, ...duplicateKey }
  const started = {
    counts: countRuns(alerts),
    unknownLevels: destinations.unknownLevels(),
    stored: deps.store.accept(request),
    endedMutes: muting?.ended ?? [],
  }
  return { source, started }
}

type DuplicateKey = Pick<AcceptRequest, 'key' | 'dedupWindowMs'>

interface StartedAccept {
  counts: StatusRun[]
  /** Level words that neither the configuration nor the built-in table contains. */
  unknownLevels: readonly string[]
  stored: Promise<Accepted>
  endedMutes: readonly EndedMute[]
}

/** Alerts that are routed before yielding to other work. */
const CHUNK_SIZE = 16

async function incomingFrom(
  { alerts, hasOnlyNewAlerts: onlyNew = false }: Notification,
  destinationsOf: (alert: Alert) => readonly Destination[],
  muting: Muting | undefined,
): Promise<IncomingAlert[]> {
  const all: IncomingAlert[] = []
  for (const [position, alert] of alerts.entries()) {
    for (const destination of destinationsOf(alert))
      all.push(rowOf(alert, position, { destination, onlyNew, muting }))
    if (position % CHUNK_SIZE === 0) await yieldTurn()
  }
  return all
}

/**
 * A later request is a duplicate if it has the same alerts in the same states for the same channels. If a channel's
 * aggregation period is shorter than DEDUP_WINDOW_MS, the texts must be equal too.
 */
async function duplicateKeyOf(
  { source, key, contentKey }: Notification,
  alerts: readonly IncomingAlert[],
): Promise<DuplicateKey> {
  let shortestMs = Number.POSITIVE_INFINITY
  const channels = new Set<string>()
  for (const { everyMs, channel } of alerts) {
    shortestMs = Math.min(shortestMs, everyMs)
    channels.add(channel)
  }
  const states = shortestMs < DEDUP_WINDOW_MS ? await contentKey() : key
  const full = [states, source, ...channels].join('\n')
  return {
    key: full.length > MAX_KEY_LENGTH ? hash([full]) : full,
    dedupWindowMs: shortestMs === 0 ? DEDUP_WINDOW_MS : Math.min(shortestMs, DEDUP_WINDOW_MS),
  }
}

/** Storing a longer key costs more than hashing it. */
const MAX_KEY_LENGTH = 64

interface StatusRun {
  channel: string
  status: Status
  count: number
}

/** Counts consecutive alerts with the same channel and status, so that metrics are updated once for many. */
function countRuns(alerts: readonly IncomingAlert[]): StatusRun[] {
  const runs: StatusRun[] = []
  for (const { channel, status } of alerts) {
    const last = runs.at(-1)
    if (last?.channel === channel && last.status === status) last.count += 1
    else runs.push({ channel, status, count: 1 })
  }
  return runs
}

/**
 * The name of the channel for the name in a path; `auto` if there are routes. With `onlyChannel` every name leads to it,
 * otherwise an unknown name throws AppError unknown_channel.
 */
function channelNameFor(channel: string, settings: Settings): string {
  if (settings.onlyChannel !== undefined) return settings.onlyChannel
  if (channel === AUTO ? settings.routes.length > 0 : settings.channels.has(channel)) return channel
  const names = [...settings.channels.keys(), ...(settings.routes.length > 0 ? [AUTO] : [])]
  const wrong =
    channel === AUTO
      ? 'there are no routes, so nothing can be sent to "auto"'
      : `unknown channel ${JSON.stringify(channel.slice(0, 100))}`
  throw new AppError('unknown_channel', `${wrong}; available: ${names.join(', ')}`)
}

/** The row that the store keeps of an alert in one channel; its variables are read again from the payload. */
function rowOf(
  alert: Alert,
  position: number,
  {
    destination: { channel, queues, levels },
    onlyNew,
    muting,
  }: { destination: Destination; onlyNew: boolean; muting: Muting | undefined },
): IncomingAlert {
  const { fingerprint, status, retryWindowMs } = alert
  const level = levels.levelOf(alert.levelWord)
  const by = retryWindowMs === undefined ? channel.aggregate?.by : undefined
  const row: IncomingAlert = {
    position,
    channel: channel.name,
    queues,
    fingerprint,
    status,
    level,
    name: alert.name.slice(0, 200),
    cluster: alert.cluster.slice(0, 200),
    group: by === undefined ? fingerprint : hash(by.map((name) => alert.variables[name] ?? '')),
    everyMs: retryWindowMs ?? channel.aggregate?.everyMs ?? 0,
    startsAtMs: alert.startsAt?.getTime(),
    endsAtMs: alert.endsAt?.getTime(),
    ...(status === 'resolved' && !channel.sendResolved ? { suppressed: 'resolved_off' } : {}),
  }
  // Assigned, because both are rare and spreads are slow here.
  if (onlyNew && channel.aggregate?.changes === true) row.onlyNew = true
  if (muting?.covers(alert, level, channel.name) === true) row.muted = true
  return row
}

function hash(parts: readonly string[]): string {
  return digest('sha256', parts.join('\0')).slice(0, 32)
}
