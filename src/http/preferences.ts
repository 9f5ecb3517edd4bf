import type { Language } from '../model/settings.ts'

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const LANGUAGES = ['en-US', 'zh-CN', 'zh-TW'] as const satisfies readonly Language[]

/** How a person wants to see the console; kept in cookies of the browser. */
export interface Preferences {
  theme: Theme
  /** Undefined: the configured language. */
  language: Language | undefined
}

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
