import { type Preferences, THEMES } from '../model/console-page.ts'
import type { Language } from '../model/settings.ts'

/** The values of a cookie in a Cookie header; several if it was set for several paths. */
export function cookieValues(name: string, header = ''): string[] {
  return header
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(`${name}=`))
    .map((each) => each.slice(name.length + 1))
}

export const LANGUAGES = ['en-US', 'zh-CN', 'zh-TW'] as const satisfies readonly Language[]

/** The preferences in a Cookie header; unknown values are ignored. */
export function preferencesIn(cookies: string | undefined): Preferences {
  const [theme] = cookieValues('theme', cookies)
  const [language] = cookieValues('language', cookies)
  return {
    theme: THEMES.find((each) => each === theme) ?? 'auto',
    language: LANGUAGES.find((each) => each === language),
  }
}
