import type { Language } from './settings.ts'
import type { SilenceResult, SilenceScope } from './silence.ts'

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** How a person wants to see the console; kept in cookies of the browser. */
export interface Preferences {
  theme: Theme
  /** The language that the person chose; undefined: the configured language. */
  language: Language | undefined
}

/** A request for a page of the console. */
export interface PageRequest extends Preferences {
  path: string
  query: Readonly<Record<string, string>>
  /** Fields of a submitted form. */
  form?: Readonly<Record<string, string>>
  /** The action that the page asks a person to confirm. */
  bulk?: BulkAction
  /** Scheme and host that the browser used; undefined if the Host header is malformed. */
  origin: string | undefined
}

export interface Html {
  status: number
  html: string
}

/** Renders an error page. */
export type RenderErrorPage = (
  failure: { status: number; code: string; message: string },
  request: PageRequest,
) => Html

/** An action on several dead messages, which the console asks a person to confirm. */
export interface BulkAction {
  act: 'resend' | 'dismiss'
  /** The number of messages; to send them again costs one call each. */
  messages: number
  /** True if more messages match than one request resends. */
  more: boolean
  /** Hidden fields of the confirmation form, which select the same messages again. */
  fields: readonly (readonly [name: string, value: string])[]
}

/** Contents of the sign-in page. */
export interface SignInView extends Preferences {
  /**
   * `ask`: for the token; `wrong`: a wrong token; `not_local`: access only from the receiver's machine; `refused`: as
   * `why` explains.
   */
  kind: 'ask' | 'wrong' | 'not_local' | 'refused'
  /** The page to open after signing in. */
  next: string
  /** The error code and message; empty on /sign-in and after a wrong token. */
  code: string
  why: string
}

/** The values of the silence form, and why the last submission did nothing. */
export interface SilenceForm {
  by: string
  scope: SilenceScope | undefined
  until: string
  failure: Exclude<SilenceResult, { kind: 'done' }> | undefined
  /** The action that redirected to this page. */
  done: 'made' | 'ended' | undefined
}
