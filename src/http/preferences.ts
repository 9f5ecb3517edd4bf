import { type Preferences, THEMES } from '../model/console-page.ts'
import type { Language } from '../model/settings.ts'

export const LANGUAGES = ['en-US', 'zh-CN', 'zh-TW'] as const satisfies readonly Language[]

/** The preferences in a Cookie header; unknown values are ignored. */
export function preferencesIn(cookies: string | undefined): Preferences {
  const theme = cookieValue('theme', cookies)
  const language = cookieValue('language', cookies)
  return {
    theme: THEMES.find((each) => each === theme) ?? 'auto',
    language: LANGUAGES.find((each) => each === language),
  }
}

function cookieValue(name: string, cookies = ''): string | undefined {
  const found = cookies.split(';').map((each) => each.trim())
  return found.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1)
}
