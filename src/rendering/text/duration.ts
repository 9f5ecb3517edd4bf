import type { Language } from '../../model/settings.ts'

const UNITS = {
  'en-US': [' d', ' h', ' min', ' s'],
  'zh-CN': [' 天', ' 小时', ' 分', ' 秒'],
  'zh-TW': [' 天', ' 小時', ' 分', ' 秒'],
} as const satisfies Record<Language, readonly string[]>

/** Minutes without seconds; Chinese has another word for them than for minutes before seconds. */
const MINUTES: Record<Language, string> = { 'en-US': ' min', 'zh-CN': ' 分钟', 'zh-TW': ' 分鐘' }

/** A duration in its two largest units, such as `3 min 20 s`. */
export function durationWord(language: Language, ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ].map((value, index) => ({ value, unit: UNITS[language][index] as string }))
  const from = parts.findIndex(({ value }) => value > 0)
  if (from < 0) return `0${UNITS[language][3]}`
  const shown = parts.slice(from, from + 2).filter(({ value }) => value > 0)
  const [only] = shown
  if (only !== undefined && shown.length === 1 && from === 2)
    return `${only.value}${MINUTES[language]}`
  return shown.map(({ value, unit }) => `${value}${unit}`).join(' ')
}

const MINUTE_MS = 60_000

/** Shorter times are not shown. */
const MIN_SHOWN_MS = 10_000

/** Time from `instant` to `now`, in whole minutes from one minute on; undefined below MIN_SHOWN_MS. */
export function elapsedWord(language: Language, instant: Date, now: Date): string | undefined {
  const ms = now.getTime() - instant.getTime()
  if (ms < MIN_SHOWN_MS) return undefined
  return durationWord(language, ms < MINUTE_MS ? ms : ms - (ms % MINUTE_MS))
}
