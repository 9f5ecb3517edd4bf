import type { GiveWay } from '../give-way.ts'
import type { Format, Settings } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'
import type { Overview } from '../reporting/overview.ts'
import type { Previewed } from '../reporting/preview.ts'
import type { StoredAlert } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import type { Words } from './i18n.ts'

/** What a browser asks for. */
export interface PageRequest {
  path: string
  query: Readonly<Record<string, string>>
  /** What a form brought, where one was sent. */
  form?: Readonly<Record<string, string>>
  theme: Theme
  /** Scheme and host under which the browser reached this page; undefined when it does not say so in a way to rely on. */
  origin: string | undefined
}

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Where the pages get what they show. */
export interface PageSources {
  store: Pick<Store, 'messages' | 'message' | 'alerts'>
  glance: () => Promise<Overview>
  /** May end early; of one alert at least. */
  variablesOf: (alerts: readonly StoredAlert[]) => Promise<Variables[]>
  /** The group of the built-in stand-in, newest first. */
  sandbox: (limit: number) => readonly {
    at: Date
    robot: string
    msgtype: string
    title: string
    text: string
    mention: { mobiles: readonly string[]; users: readonly string[]; all: boolean }
  }[]
  sandboxChannels: () => string[]
  preview: (request: {
    channel: string
    payload: string
    template?: string
    format?: Format
  }) => Promise<{ messages: Previewed[]; variables: Variables }>
  giveWay: GiveWay
  /** What somebody should look after: open doors, doubtful keys. */
  warnings: () => readonly string[]
  settings: () => Settings
  now: () => Date
  version: string
  /** What an operator copies into OCP as the body of its HTTP channel. */
  ocpBody: string
  /** Of this receiver as it listens. */
  url: () => string
}

/** A template with what it shows; `active` is the page in the navigation. */
export interface BuiltPage {
  template: string
  active: string
  title: string
  view: object
  status?: number
}

export interface PageContext {
  request: PageRequest
  facts: PageSources
  words: Words
}

/** A parameter of the query that is one of those known, or undefined. */
export function oneOf<T extends string>(
  value: string | undefined,
  values: readonly T[],
): T | undefined {
  return values.find((each) => each === value)
}

/** The mark of a page before; anything else is as good as none. */
export function cursorIn(query: Readonly<Record<string, string>>): { before?: string } {
  const { before } = query
  return before !== undefined && /^\d{1,15}$/.test(before) ? { before } : {}
}

/** Longer searches find nothing that a shorter one does not. */
const MAX_SEARCH_LENGTH = 200

export function searchIn(query: Readonly<Record<string, string>>): string | undefined {
  const text = (query['q'] ?? '').trim().slice(0, MAX_SEARCH_LENGTH)
  return text === '' ? undefined : text
}
