import type { Language } from '../model/settings.ts'
import { ENTITIES } from './i18n/entities.ts'
import { ERRORS } from './i18n/errors.ts'
import { LISTS } from './i18n/lists.ts'
import { MESSAGES } from './i18n/messages.ts'
import { OVERVIEW } from './i18n/overview.ts'
import { PAGE } from './i18n/page.ts'
import { PLAYGROUND } from './i18n/playground.ts'
import { REASONS } from './i18n/reasons.ts'
import { SANDBOX } from './i18n/sandbox.ts'
import { SETUP } from './i18n/setup.ts'
import { SILENCE } from './i18n/silence.ts'

/** The console's message catalog; each entry is [en-US, zh-CN, zh-TW]. */
export const WORDS = {
  ...PAGE,
  ...OVERVIEW,
  ...REASONS,
  ...MESSAGES,
  ...LISTS,
  ...ENTITIES,
  ...PLAYGROUND,
  ...SANDBOX,
  ...SETUP,
  ...ERRORS,
  ...SILENCE,
} as const satisfies Record<string, readonly [string, string, string]>

export type ConsoleWord = keyof typeof WORDS

const COLUMN: Record<Language, 0 | 1 | 2> = { 'en-US': 0, 'zh-CN': 1, 'zh-TW': 2 }

export interface Words {
  language: Language
  /** Translates a word; replaces each `{name}`. */
  t(word: ConsoleWord, values?: Readonly<Record<string, string | number>>): string
  /** Translates a phrase with the count `{n}`, in the singular for 1 if the catalog has one. */
  n(word: ConsoleWord, count: number): string
  /** Translates a named reason, such as `wait_quota`; returns an unknown one unchanged. */
  reason(kind: 'suppress' | 'wait' | 'pause' | 'verdict' | 'error', name: string): string
  number(value: number): string
  /** Formats a duration in its two largest units. */
  duration(ms: number): string
}

export function wordsOf(language: Language): Words {
  const column = COLUMN[language]
  const numbers = new Intl.NumberFormat(language)
  const t: Words['t'] = (word, values = {}) =>
    WORDS[word][column].replace(/\{(\w+)\}/g, (whole, name: string) =>
      String(values[name] ?? whole),
    )
  const words: Words = {
    language,
    t,
    n(word, count) {
      const one = `${word}One`
      const chosen = count === 1 && isWord(one) ? one : word
      return t(chosen, { n: numbers.format(count) })
    },
    reason(kind, name) {
      const word = `${kind}_${name}`
      return isWord(word) ? t(word) : name
    },
    number: (value) => numbers.format(value),
    duration(ms) {
      const seconds = Math.max(0, Math.round(ms / 1000))
      const parts = [
        ['days', Math.floor(seconds / 86_400)],
        ['hours', Math.floor(seconds / 3_600) % 24],
        ['minutes', Math.floor(seconds / 60) % 60],
        ['seconds', seconds % 60],
      ] as const
      const from = parts.findIndex(([, value]) => value > 0)
      if (from < 0) return t('seconds', { n: 0 })
      return parts
        .slice(from, from + 2)
        .filter(([, value]) => value > 0)
        .map(([unit, value]) => t(unit, { n: value }))
        .join(' ')
    },
  }
  return words
}

export function isWord(word: string): word is ConsoleWord {
  return Object.hasOwn(WORDS, word)
}
