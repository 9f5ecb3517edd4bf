import type { SourceName } from '../model/alert.ts'
import type { SourceActivity } from '../stores/queries.ts'

/** Names of alerts that always fire, and so show that their sender is alive. */
export const HEARTBEATS = ['Watchdog', 'DeadMansSwitch', 'DeadManSwitch', 'Heartbeat'] as const

/**
 * A source that stopped sending. A missing heartbeat is a certain fault. Without a heartbeat it is only a hint, since a
 * healthy system has no alerts.
 */
export type QuietSource =
  | { kind: 'heartbeat_missing'; source: SourceName; name: string; everyMs: number; since: Date }
  | { kind: 'quiet'; source: SourceName; since: Date }

/**
 * A heartbeat that came at least three times is missing after four times its usual interval, and at least 15 minutes.
 */
const MIN_BEATS = 3
const MISSED_BEATS = 4
const MIN_MISSING_MS = 15 * 60_000

/** A source that sent at least 20 requests is quiet after 20 times their interval, and at least six hours. */
const MIN_REQUESTS = 20
const MISSED_REQUESTS = 20
const MIN_QUIET_MS = 6 * 3_600_000

/** The sources that sent before and have now been quiet for long. Pure. */
export function quietSources(activity: readonly SourceActivity[], now: Date): QuietSource[] {
  return activity.flatMap((requests): QuietSource[] => {
    const { source, last, heartbeat } = requests
    if (heartbeat !== undefined) return []
    const beats = activity.filter(
      (each) => each.source === source && each.heartbeat !== undefined && isMissing(each, now),
    )
    // If other alerts still arrive, the heartbeat was removed or goes elsewhere.
    const [beat] = beats.filter(
      (each) => last.getTime() <= each.last.getTime() + missingAfterMs(each),
    )
    if (beat?.heartbeat !== undefined)
      return [
        {
          ...{ kind: 'heartbeat_missing', source, name: beat.heartbeat },
          ...{ everyMs: intervalMs(beat), since: beat.last },
        },
      ]
    const quietMs = Math.max(MIN_QUIET_MS, MISSED_REQUESTS * intervalMs(requests))
    const isQuiet = requests.count >= MIN_REQUESTS && now.getTime() - last.getTime() > quietMs
    return isQuiet ? [{ kind: 'quiet', source, since: last }] : []
  })
}

function isMissing(beats: SourceActivity, now: Date): boolean {
  return beats.count >= MIN_BEATS && now.getTime() - beats.last.getTime() > missingAfterMs(beats)
}

function missingAfterMs(beats: SourceActivity): number {
  return Math.max(MIN_MISSING_MS, MISSED_BEATS * intervalMs(beats))
}

function intervalMs({ count, first, last }: SourceActivity): number {
  return (last.getTime() - first.getTime()) / Math.max(1, count - 1)
}
