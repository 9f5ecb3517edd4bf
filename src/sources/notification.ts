import type { Alert } from '../model/alert.ts'
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
