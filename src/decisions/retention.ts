import type { Channel, Settings } from '../model/settings.ts'

/** Push limits count a calendar day, which has 25 hours when daylight saving time ends. */
const MAX_DAY_MS = 25 * 3_600_000

/** How long delivered alerts are kept: as configured, but at least as long as aggregation and push limits need them. */
export function effectiveRetentionMs({
  retentionMs,
  channels,
}: Pick<Settings, 'retentionMs' | 'channels'>): number {
  return Math.max(retentionMs, ...[...channels.values()].map(neededMs))
}

function neededMs({ aggregate, pushLimits }: Channel): number {
  return Math.max(aggregate?.everyMs ?? 0, pushLimits === undefined ? 0 : MAX_DAY_MS)
}
