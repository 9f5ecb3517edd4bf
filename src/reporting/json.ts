import type { Channel, Robot } from '../model/settings.ts'
import type { Silence } from '../model/silence.ts'
import type { Replica } from '../pipeline/replica.ts'
import type { AlertWithVariables } from '../pipeline/stored-alerts.ts'
import { MAX_VALUE_LENGTH } from '../rendering/templates/variables.ts'
import type { StoredMessage } from '../stores/queries.ts'
import { waitingFor } from './robot-overview.ts'
import type { StatusSnapshot } from './status.ts'

/** A message in the format of the API. */
export function messageJson(message: StoredMessage) {
  return {
    id: message.id,
    channel: message.channel,
    robot: message.robot,
    kind: message.kind,
    state: message.state,
    title: message.title,
    text: message.text,
    bytes: message.bytes,
    alert_count: message.alertCount,
    created_at: message.createdAt.toISOString(),
    due_at: message.dueAt?.toISOString() ?? null,
    sent_at: message.sentAt?.toISOString() ?? null,
    reason: message.reason ?? null,
    dismissed_at: message.dismissed?.at.toISOString() ?? null,
    dismissed_by: message.dismissed?.by ?? null,
    attempts: message.attempts.map((attempt) => ({
      at: attempt.at.toISOString(),
      robot: attempt.robot,
      result: attempt.result,
      http_status: attempt.httpStatus ?? null,
      errcode: attempt.errcode ?? null,
      errmsg: attempt.errmsg ?? null,
      words: attempt.explanation,
      duration_ms: attempt.durationMs,
    })),
  }
}

/** Alerts in the format of the API, with the variables that templates read. */
export function alertsJson(alerts: readonly AlertWithVariables[]) {
  return alerts.map(({ alert, variables }) => ({
    id: alert.id,
    channel: alert.channel,
    source: alert.source,
    fingerprint: alert.fingerprint,
    status: alert.status,
    level: alert.level,
    state: alert.state,
    reason: alert.reason ?? null,
    message_ids: alert.messageIds,
    received_at: alert.receivedAt.toISOString(),
    delivered_at: alert.deliveredAt?.toISOString() ?? null,
    repeats: alert.repeats,
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value.slice(0, MAX_VALUE_LENGTH)]),
    ),
  }))
}

/** The status in the format of the API. */
export function statusJson(
  status: StatusSnapshot,
  {
    version,
    startedAt,
    replica,
    warnings,
    mutes = [],
  }: {
    version: string
    startedAt: Date
    /** The process that sends this reply. */
    replica: Pick<Replica, 'owner' | 'alone'>
    warnings: readonly string[]
    /** The mutes in force. */
    mutes?: readonly Silence[]
  },
) {
  const { settings } = status
  const robots = [...settings.robots.values()].map(
    (robot) => [robot.name, robotJson(robot, status, replica)] as const,
  )
  const channels = [...settings.channels.values()].map(
    (channel) => [channel.name, channelJson(channel, status, mutes)] as const,
  )
  return {
    version,
    started_at: startedAt.toISOString(),
    /** The process that sends this reply. */
    replica: replica.owner,
    store: settings.store.reveal().replace(/:.*$/s, ''),
    robots: Object.fromEntries(robots),
    channels: Object.fromEntries(channels),
    /** Warnings about security, configuration and templates. */
    warnings,
    quota: { used: status.organisationUsed, limit: settings.monthlyQuota ?? null },
  }
}

function robotJson(
  robot: Robot,
  status: StatusSnapshot,
  replica: Pick<Replica, 'owner' | 'alone'>,
) {
  const state = status.robots.get(robot.name)
  const pausedUntil = status.pausedUntil(robot)
  return {
    calls_left: status.callsLeft(robot),
    paused_until: pausedUntil?.toISOString() ?? null,
    pause_reason: pausedUntil === undefined ? null : (state?.pause?.reason ?? null),
    /** The person who paused the robot; null for an automatic pause. */
    paused_by: pausedUntil === undefined ? null : (state?.pause?.by ?? null),
    month_used: state?.monthUsed ?? 0,
    month_limit: robot.monthly ?? null,
    waiting: waitingFor(robot, status).waiting,
    last_result: state?.lastResult ?? null,
    last_at: state?.lastAt?.toISOString() ?? null,
    /** The process that holds the robot's lease: host name, process id and a random part. */
    worked_by: state?.leasedBy ?? (replica.alone ? replica.owner : null),
  }
}

function channelJson(
  { name, robots, mode }: Channel,
  { now, channels }: StatusSnapshot,
  mutes: readonly Silence[],
) {
  const waiting = channels.find(({ channel }) => channel === name)
  const ageMs = waiting === undefined ? 0 : now.getTime() - waiting.oldest.getTime()
  return {
    waiting: waiting?.count ?? 0,
    oldest_waiting_seconds: Math.max(0, Math.round(ageMs / 1000)),
    robots,
    mode,
    mutes: mutes.filter((mute) => mute.channel === name).map(muteJson),
  }
}

function muteJson({ id, fingerprint, matchers, by, madeAt, until, untilRecovery }: Silence) {
  return {
    id,
    /** Null: all alerts that the matchers match. */
    fingerprint: fingerprint ?? null,
    matchers,
    by,
    made_at: madeAt.toISOString(),
    until: until.toISOString(),
    until_recovery: untilRecovery,
  }
}

export type StatusJson = ReturnType<typeof statusJson>
