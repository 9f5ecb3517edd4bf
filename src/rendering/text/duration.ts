import type { Language } from '../../model/settings.ts'
import { wordIn } from '../i18n.ts'

const UNITS = {
  'en-US': [' d', ' h', ' min', ' s'],
  'zh-CN': [' 天', ' 小时', ' 分', ' 秒'],
  'zh-TW': [' 天', ' 小時', ' 分', ' 秒'],
} as const satisfies Record<Language, readonly string[]>

/** Minutes alone are another word in Chinese than minutes before seconds. */
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

/** How long before `now` something was, such as `3 min ago`; what is not in the past is just now. */
export function agoWord(language: Language, instant: Date, now: Date): string {
  const ms = now.getTime() - instant.getTime()
  if (ms < 1_000) return wordIn(language, 'justNow')
  // Beyond a minute nobody counts seconds.
  const shown = ms < MINUTE_MS ? ms : ms - (ms % MINUTE_MS)
  return wordIn(language, 'ago', { d: durationWord(language, shown) })
}
