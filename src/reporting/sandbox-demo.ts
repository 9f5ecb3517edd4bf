import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Channel, Robot, Settings } from '../model/settings.ts'
import type { Inbound } from '../pipeline/accept.ts'
import { robotsOf } from '../pipeline/queues.ts'
import type { Store } from '../stores/store.ts'

/** The demos that can be played in the sandbox group. */
export const DEMOS = ['alert', 'recovery', 'storm', 'throttle'] as const
export type Demo = (typeof DEMOS)[number]

interface DemoDeps {
  accept: (inbound: Inbound) => Promise<unknown>
  store: Pick<Store, 'alerts' | 'payloads'>
  settings: () => Settings
  clock: Clock
  /** Makes the sandbox throttle a robot until an instant. */
  throttle: (robot: string, until: Date) => void
  /** Returns a number in [0, 1). */
  random: () => number
}

const STORM_ALERTS = 500
const BATCH_SIZE = 50
/** How many of the newest alerts are searched for one that fires. */
const MAX_SEARCHED = 100

/** Channels whose robots all post to the sandbox; only these can play a demo. */
export function sandboxChannels(settings: Settings): string[] {
  return [...settings.channels.values()]
    .filter((channel) => isSandbox(channel, settings))
    .map((channel) => channel.name)
}

function isSandbox(channel: Channel, settings: Settings): boolean {
  return robotsOf(channel, settings).every((robot) => robot.target.kind === 'sandbox')
}

/**
 * Plays a demo in a sandbox channel, through the path of real alerts. Returns false if no alert fires that could be
 * resolved. Throws AppError unknown_channel, and the errors of an accept.
 */
export async function playDemo(
  { kind, channel: name }: { kind: Demo; channel: string },
  deps: DemoDeps,
): Promise<boolean> {
  const settings = deps.settings()
  const channel = settings.channels.get(name)
  if (channel === undefined || !isSandbox(channel, settings))
    throw new AppError('unknown_channel', `${JSON.stringify(name)} is not a channel of the sandbox`)
  switch (kind) {
    case 'alert':
      await post(name, [alertOf(deps)], deps)
      return true
    case 'recovery':
      return recover(name, deps)
    case 'storm':
      await storm(name, deps)
      return true
    case 'throttle':
      for (const robot of robotsOf(channel, settings)) throttle(robot, deps)
      await post(name, [alertOf(deps)], deps)
      return true
  }
}

/** Makes the sandbox throttle the next call, so that the receiver pauses the robot. */
function throttle({ name, limits }: Robot, { clock, throttle: refuse }: DemoDeps): void {
  refuse(name, new Date(clock.now().getTime() + limits.penaltyMs))
}

/** Sends each alert in its own request, as Alertmanager does for alerts that share no group. */
async function storm(channel: string, deps: DemoDeps): Promise<void> {
  const alerts = Array.from({ length: STORM_ALERTS }, () => alertOf(deps))
  for (let from = 0; from < alerts.length; from += BATCH_SIZE)
    await Promise.all(
      alerts.slice(from, from + BATCH_SIZE).map((alert) => post(channel, [alert], deps)),
    )
}

/** Sends the newest firing alert again as resolved. */
async function recover(channel: string, deps: DemoDeps): Promise<boolean> {
  const { items } = await deps.store.alerts({ channel, limit: MAX_SEARCHED })
  const resolved = new Set<string>()
  for (const { status, fingerprint, source, payload, position } of items) {
    if (status === 'resolved') resolved.add(fingerprint)
    if (resolved.has(fingerprint) || source !== 'alertmanager') continue
    const payloads = await deps.store.payloads([payload])
    const alert = alertIn(payloads.get(payload)?.text ?? '', position)
    if (alert === undefined) continue
    const endsAt = deps.clock.now().toISOString()
    await post(channel, [{ ...alert, status: 'resolved', fingerprint, endsAt }], deps)
    return true
  }
  return false
}

function alertIn(text: string, position: number): object | undefined {
  try {
    const alert: unknown = JSON.parse(text).alerts[position]
    return typeof alert === 'object' && alert !== null ? alert : undefined
  } catch {
    return undefined
  }
}

async function post(
  channel: string,
  alerts: readonly object[],
  { accept }: DemoDeps,
): Promise<void> {
  const body = JSON.stringify({ version: '4', receiver: 'console', alerts })
  await accept({ source: 'alertmanager', channel, body })
}

/** Rules with their levels, and how often they fire. */
const RULES = [
  { name: 'OBServerDown', severity: 'down', says: 'OBServer process is gone', weight: 1 },
  { name: 'DataDiskFull', severity: 'critical', says: 'Data disk is over 97%', weight: 4 },
  { name: 'TenantCpuHigh', severity: 'warning', says: 'Tenant CPU is over 90%', weight: 20 },
  { name: 'SlowSql', severity: 'warning', says: 'A statement takes longer than 5 s', weight: 35 },
  { name: 'BackupLate', severity: 'info', says: 'Log backup is 10 minutes late', weight: 40 },
] as const

const DECK = RULES.flatMap((rule) => Array.from({ length: rule.weight }, () => rule))

function alertOf({ clock, random }: DemoDeps): object {
  const below = (limit: number): number => Math.floor(random() * limit)
  const rule = DECK[below(DECK.length)] ?? RULES[0]
  const cluster = `ob-${'abc'.charAt(below(3))}`
  const instance = `10.${below(256)}.${below(256)}.${below(256)}:2882`
  return {
    status: 'firing',
    labels: { alertname: rule.name, severity: rule.severity, ob_cluster_name: cluster, instance },
    annotations: { summary: `${rule.says} on ${instance}`, description: `Cluster ${cluster}.` },
    startsAt: clock.now().toISOString(),
  }
}
