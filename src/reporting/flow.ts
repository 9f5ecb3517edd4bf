import type { ChannelOverview } from './channel-overview.ts'
import { conditionOf, type RobotCondition } from './headline.ts'
import type { QuietSource } from './quiet-sources.ts'
import type { RobotOverview } from './robot-overview.ts'

/** The path of a channel's alerts into one group, with the step at which it is blocked. */
interface FlowPath {
  /** The sources of its alerts in the past hour. */
  sources: { source: string; count: number; missing: boolean }[]
  channel: string
  robots: { name: string; sandbox: boolean; condition: RobotCondition }[]
  delivered: number
  /** Undefined: alerts get through. */
  stop: FlowStop | undefined
}

type FlowStop =
  | { kind: 'push_limit'; until: Date; at: 'channel' }
  | { kind: 'muted'; until: Date; at: 'channel' }
  | { kind: RobotCondition['kind']; at: 'robot' }

export interface FlowInput {
  channels: readonly ChannelOverview[]
  robots: readonly RobotOverview[]
  quiet: readonly QuietSource[]
  /** The channels that are muted completely, and until when. */
  muted: ReadonlyMap<string, Date>
}

/** The paths from sources through channels and robots to groups, one per group; blocked ones are first. Pure. */
export function flowOf({ channels, robots, quiet, muted }: FlowInput): FlowPath[] {
  const missing = quiet.flatMap((each) => (each.kind === 'heartbeat_missing' ? [each.source] : []))
  const paths = channels.flatMap((channel) => {
    const ours = channel.robots.flatMap((name) => robots.find((each) => each.name === name) ?? [])
    const groups = channel.mode === 'pool' ? [ours] : ours.map((each) => [each])
    return groups.map((group): FlowPath => {
      const shown = group.map((robot) => ({
        ...{ name: robot.name, sandbox: robot.sandbox, condition: conditionOf(robot) },
      }))
      return {
        sources: channel.received.map(({ source, count }) => ({
          ...{ source, count, missing: missing.some((each) => each === source) },
        })),
        channel: channel.name,
        robots: shown,
        delivered: channel.delivered,
        stop: stopOf(channel, shown, muted.get(channel.name)),
      }
    })
  })
  return [...paths.filter(({ stop }) => stop), ...paths.filter(({ stop }) => !stop)]
}

function stopOf(
  { heldUntil }: ChannelOverview,
  robots: FlowPath['robots'],
  mutedUntil: Date | undefined,
): FlowStop | undefined {
  if (mutedUntil !== undefined) return { kind: 'muted', until: mutedUntil, at: 'channel' }
  if (heldUntil !== undefined) return { kind: 'push_limit', until: heldUntil, at: 'channel' }
  if (robots.some(({ condition }) => condition.kind === 'ready')) return undefined
  const [first] = robots
  return first && { kind: first.condition.kind, at: 'robot' }
}
