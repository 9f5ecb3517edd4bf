import type { PageRequest } from '../model/console-page.ts'
import type { Settings } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'
import type { DescribedAlert } from '../pipeline/silence-subject.ts'
import type { SearchDeps } from '../reporting/alert-search.ts'
import type { RangeName } from '../reporting/history.ts'
import type { Overview } from '../reporting/overview.ts'
import type { Previewed, PreviewRequest } from '../reporting/preview.ts'
import type { StoredAlert, StoredMessage } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import type { Words } from './i18n.ts'

/** Data sources of the pages. */
export interface PageSources extends SearchDeps {
  store: Pick<Store, 'messages' | 'message' | 'messageTotal' | 'alerts' | 'alertTotal' | 'silences'>
  overview: (range?: RangeName) => Promise<Overview>
  /** Parses a stored alert again, and finds where it can be silenced. */
  aboutAlert: (row: StoredAlert) => Promise<DescribedAlert>
  /** Messages of the sandbox group, newest first. */
  sandbox: (limit: number) => readonly {
    at: Date
    robot: string
    msgtype: string
    title: string
    text: string
    mention: { mobiles: readonly string[]; users: readonly string[]; all: boolean }
    buttons: readonly { title: string; url: string }[]
  }[]
  sandboxChannels: () => string[]
  preview: (request: Omit<PreviewRequest, 'now'>) => Promise<{
    messages: Previewed[]
    variables: Variables
    /** Unknown names in the template that resemble those of documented variables. */
    nearMisses: readonly { name: string; near: string; line: number; column: number }[]
  }>
  /** Security warnings and doubtful settings. */
  warnings: () => readonly string[]
  /** The faults of a changed configuration that was refused; the old one stays in use. */
  refused: () => { at: Date; faults: readonly string[] } | undefined
  settings: () => Settings
  version: string
  /** Body template for OCP's HTTP channel. */
  ocpBody: string
  /** Base URL at which this receiver listens. */
  url: () => string
}

/** A template and its data. */
export interface BuiltPage {
  template: string
  title: string
  view: object
  status?: number
}

export interface PageContext {
  request: PageRequest
  facts: PageSources
  words: Words
}

/** Returns the value if it is one of `values`, else undefined. */
export function oneOf<T extends string>(
  value: string | undefined,
  values: readonly T[],
): T | undefined {
  return values.find((each) => each === value)
}

const MAX_OUTCOMES = 20

/** The test messages of the last press, with their states; their ids are in the parameter `ran`. */
export async function testOutcomes(
  { ran }: Readonly<Record<string, string>>,
  { store }: Pick<PageSources, 'store'>,
): Promise<StoredMessage[]> {
  if (ran === undefined || !/^\d{1,15}(\.\d{1,15})*$/.test(ran)) return []
  const ids = ran.split('.').slice(0, MAX_OUTCOMES)
  const found = await Promise.all(ids.map((id) => store.message(id, 0)))
  return found.flatMap((each) => each?.message ?? [])
}
