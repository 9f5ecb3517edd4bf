import type { Channel, Settings } from '../model/settings.ts'

/** A push limit counts the messages of a calendar day, which has 25 hours when summer time ends. */
const DAY_MS = 25 * 3_600_000

/**
 * How long what was delivered is kept: as long as people are to see it, and as long as aggregation compares with it and
 * push limits count it.
 */
export function keepMs({
  retentionMs,
  channels,
}: Pick<Settings, 'retentionMs' | 'channels'>): number {
  return Math.max(retentionMs, ...[...channels.values()].map(neededMs))
}

function neededMs({ aggregate, pushLimits }: Channel): number {
  return Math.max(aggregate?.everyMs ?? 0, pushLimits === undefined ? 0 : DAY_MS)
}
