import { Duration } from 'luxon'

/**
 * Parses a duration into milliseconds, from seconds (`545`, `545.5s`) or ISO 8601 (`PT6M8.301194S`); undefined for any
 * other text.
 */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, seconds] = /^(\d{1,12}(?:\.\d{1,9})?) ?(?:s|secs?|seconds?|秒)?$/i.exec(text) ?? []
  if (seconds !== undefined) return Math.round(Number(seconds) * 1000)
  if (!/^P[\dYMWDTHS.,]{1,60}$/i.test(text)) return undefined
  const ms = Duration.fromISO(text.toUpperCase()).toMillis()
  return Number.isFinite(ms) ? Math.round(ms) : undefined
}
