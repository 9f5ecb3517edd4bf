import type { Alert, Notification, SourceName } from '../model/alert.ts'
import { mapYielding } from '../time-slices.ts'
import type { Parsed } from './parsing/ocp/detect-format.ts'
import { digest } from './parsing/text.ts'

/**
 * Identifies the alerts of a request with their status, level word and start time in seconds. The start time
 * distinguishes a new firing from the first one. Other fields are left out, because they differ between retries,
 * repeats and copies from high-availability peers.
 */
export function stateKeyOf(alerts: readonly Alert[]): string {
  const states = alerts.map(({ fingerprint, status, levelWord, startsAt }) => {
    const second = Math.floor((startsAt?.getTime() ?? 0) / 1000)
    return `${fingerprint}\0${status}\0${levelWord ?? ''}\0${second}`
  })
  return digest(states.sort())
}

/** The notification of a parsed body: an alert for each part, and the sender's own text if there is only one. */
export async function notificationFrom(
  parsed: readonly Parsed[],
  alertOf: (part: Parsed) => Alert,
  { source, text }: { source: SourceName; text: string },
): Promise<Notification> {
  const alerts = await mapYielding(parsed, alertOf)
  const key = stateKeyOf(alerts)
  const prerendered = parsed.length === 1 ? parsed[0]?.prerendered : undefined
  return {
    source,
    key,
    contentKey: async () => digest([key, text]),
    alerts,
    ...(prerendered === undefined ? {} : { prerendered }),
  }
}
