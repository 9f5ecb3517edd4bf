import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { SOURCE_NAMES, STATUSES } from './model/alert.ts'
import { MESSAGE_KINDS, RETRY_REASONS } from './model/message.ts'
import { BUILD } from './version.ts'

const P = 'dingtalk_receiver_'

/** Status codes of the receiving routes, each exported from the start. */
const REQUEST_CODES = ['200', '400', '401', '403', '404', '413', '503'] as const
export const SUPPRESS_REASONS = [
  'aggregated',
  'outdated',
  'resolved_off',
  'muted',
  'repeated',
  'removed',
] as const
export const SEND_RESULTS = ['ok', 'throttled', ...RETRY_REASONS, 'too_long', 'rejected'] as const

export const PAUSE_REASONS = ['throttled', 'unreachable', 'rejected', 'by_hand'] as const

/** Gauges with the names of counters, to which `promtool check metrics` objects. */
const ILL_NAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

export type Metrics = ReturnType<typeof createMetrics>

/** Creates all metrics. Labels never contain a token, a URL or a value of an alert. */
export function createMetrics(build: { version: string; node: string }) {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const name of ILL_NAMED) registry.removeSingleMetric(name)
  const metrics = {
    registry,
    /** Label sets of histograms that have been exported at 0. */
    primed: new Set<string>(),
    ...alertMetrics(registers),
    ...messageMetrics(registers),
    ...robotMetrics(registers),
    ...processMetrics(registers),
  }
  metrics.buildInfo.set({ ...build, revision: BUILD.revision }, 1)
  for (const source of SOURCE_NAMES) {
    metrics.requestSeconds.zero({ source })
    for (const code of REQUEST_CODES) metrics.requests.inc({ source, code }, 0)
  }
  return metrics
}

function alertMetrics(registers: Registry[]) {
  return {
    requests: new Counter({
      name: `${P}requests_total`,
      help: 'Requests to the receiving routes, by the status answered.',
      labelNames: ['source', 'code'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: `${P}request_duration_seconds`,
      help: 'Time from a request to its reply, the flush to disk included.',
      labelNames: ['source'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    received: new Counter({
      name: `${P}alerts_received_total`,
      help: 'Alerts accepted, one for each channel that an alert is for.',
      labelNames: ['source', 'channel', 'status'],
      registers,
    }),
    suppressed: new Counter({
      name: `${P}alerts_suppressed_total`,
      help: 'Accepted alerts that are not delivered, by the reason.',
      labelNames: ['channel', 'reason'],
      registers,
    }),
    pending: new Gauge({
      name: `${P}alerts_pending`,
      help: 'Accepted alerts that are not delivered yet.',
      labelNames: ['channel'],
      registers,
    }),
    oldestPending: new Gauge({
      name: `${P}oldest_pending_seconds`,
      help: 'How long the oldest alert that is not delivered yet has waited, 0 when none waits.',
      labelNames: ['channel'],
      registers,
    }),
    mutes: new Gauge({
      name: `${P}mutes`,
      help: 'Mutes in force: alerts of the channel that are not sent for a time.',
      labelNames: ['channel'],
      registers,
    }),
  }
}

function messageMetrics(registers: Registry[]) {
  return {
    messages: new Counter({
      name: `${P}messages_total`,
      help: 'Messages that ended, by whether they were sent or are dead.',
      labelNames: ['robot', 'kind', 'outcome'],
      registers,
    }),
    sends: new Counter({
      name: `${P}sends_total`,
      help: 'Attempts to post a message, by their result.',
      labelNames: ['robot', 'result'],
      registers,
    }),
    sendSeconds: new Histogram({
      name: `${P}send_duration_seconds`,
      help: 'Time that one attempt to post a message took.',
      labelNames: ['robot'],
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    latency: new Histogram({
      name: `${P}delivery_latency_seconds`,
      help: 'Time from the acceptance of an alert to its message being accepted by the platform.',
      labelNames: ['channel'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 1800, 3600],
      registers,
    }),
  }
}

function robotMetrics(registers: Registry[]) {
  return {
    pausedUntil: new Gauge({
      name: `${P}robot_paused_until_timestamp_seconds`,
      help: 'Unix time until which a robot is paused, by the reason; 0 when it is not.',
      labelNames: ['robot', 'reason'],
      registers,
    }),
    callsLeft: new Gauge({
      name: `${P}robot_calls_left`,
      help: 'Calls that the limit of a robot still allows in the current window.',
      labelNames: ['robot'],
      registers,
    }),
    quotaUsed: new Gauge({
      name: `${P}quota_used`,
      help: 'Calls used in the current month, of the organisation or of one robot.',
      labelNames: ['scope'],
      registers,
    }),
    quotaLimit: new Gauge({
      name: `${P}quota_limit`,
      help: 'Calls allowed in a month, 0 when no limit is configured.',
      labelNames: ['scope'],
      registers,
    }),
  }
}

function processMetrics(registers: Registry[]) {
  return {
    reloadSuccessful: new Gauge({
      name: `${P}config_last_reload_successful`,
      help: 'Whether the last reload of the configuration succeeded.',
      registers,
    }),
    reloadTime: new Gauge({
      name: `${P}config_last_reload_success_timestamp_seconds`,
      help: 'Unix time of the last successful reload of the configuration.',
      registers,
    }),
    buildInfo: new Gauge({
      name: `${P}build_info`,
      help: 'A constant 1, labeled by the version and revision of the receiver and the version of Node.js.',
      labelNames: ['version', 'revision', 'node'],
      registers,
    }),
  }
}

/** The reply to a scrape. */
export interface Exposition {
  contentType: string
  text: string
}

/** All metrics in Prometheus' text format, or in OpenMetrics. */
export async function exposed({ registry }: Metrics, openMetrics: boolean): Promise<Exposition> {
  const text = await registry.metrics()
  return openMetrics
    ? { contentType: Registry.OPENMETRICS_CONTENT_TYPE, text: asOpenMetrics(text) }
    : { contentType: registry.contentType, text }
}

/**
 * Converts the text format to OpenMetrics: counter families lose `_total`, blank lines are dropped, and EOF is marked.
 * prom-client's own conversion would rename the registry's counters permanently.
 */
function asOpenMetrics(text: string): string {
  const families = text.replace(/^# (HELP|TYPE) (\S+)_total /gm, '# $1 $2 ')
  return `${families.replace(/\n{2,}/g, '\n').trimEnd()}\n# EOF\n`
}

/** Exports every label set for these robots and channels, at 0 unless it has a value. */
export function primeMetrics(
  metrics: Metrics,
  { robots, channels }: { robots: Iterable<string>; channels: Iterable<string> },
): void {
  for (const channel of channels) {
    for (const source of SOURCE_NAMES)
      for (const status of STATUSES) metrics.received.inc({ source, channel, status }, 0)
    for (const reason of SUPPRESS_REASONS) metrics.suppressed.inc({ channel, reason }, 0)
    primeOnce(metrics, metrics.latency, { channel })
    metrics.pending.inc({ channel }, 0)
    metrics.mutes.inc({ channel }, 0)
    metrics.oldestPending.inc({ channel }, 0)
  }
  for (const robot of robots) {
    for (const kind of MESSAGE_KINDS)
      for (const outcome of ['sent', 'dead']) metrics.messages.inc({ robot, kind, outcome }, 0)
    for (const result of SEND_RESULTS) metrics.sends.inc({ robot, result }, 0)
    primeOnce(metrics, metrics.sendSeconds, { robot })
    for (const reason of PAUSE_REASONS) metrics.pausedUntil.inc({ robot, reason }, 0)
    metrics.callsLeft.inc({ robot }, 0)
    for (const gauge of [metrics.quotaUsed, metrics.quotaLimit]) gauge.inc({ scope: robot }, 0)
  }
  for (const gauge of [metrics.quotaUsed, metrics.quotaLimit])
    gauge.inc({ scope: 'organisation' }, 0)
}

/** Exports a label set of a histogram at 0, but only once, because `zero` discards its observations. */
function primeOnce<T extends string>(
  metrics: Metrics,
  histogram: Histogram<T>,
  labels: Record<T, string>,
): void {
  const key = JSON.stringify(labels)
  if (metrics.primed.has(key)) return
  metrics.primed.add(key)
  histogram.zero(labels)
}
