import type { Alert } from '../model/alert.ts'
import { digest } from './parsing/text.ts'

/**
 * Which alerts in which state: each with its status, the word for its level, and the second since which it fires, by
 * which an alert that fired again differs from its first firing. Nothing else of a request takes part: a retry, a
 * high-availability peer's copy and a sender's own repeat differ in other fields.
 */
export function stateKeyOf(alerts: readonly Alert[]): string {
  const states = alerts.map(({ fingerprint, status, levelWord, startsAt }) => {
    const second = Math.floor((startsAt?.getTime() ?? 0) / 1000)
    return [fingerprint, status, levelWord ?? '', second].join('\0')
  })
  return digest(states.sort())
}
