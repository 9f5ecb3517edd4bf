const UNITS_MS = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
} as const

/** Durations as Prometheus writes them: `30s`, `10m`, `1h30m`, `7d`. */
export const DURATION_PATTERN = '^(?:\\d+(?:ms|s|m|h|d|w))+$'

/** The milliseconds of a duration that matches DURATION_PATTERN. */
export function durationMs(text: string): number {
  let total = 0
  for (const [, number, unit] of text.matchAll(/(\d+)(ms|s|m|h|d|w)/g))
    total += Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS]
  return total
}
