import { STATUSES } from '../model/alert.ts'
import { instantIn, WRONG_INSTANT } from '../model/instant.ts'
import { LEVELS, type Level } from '../model/level.ts'
import { type AlertState, MESSAGE_KINDS, type MessageState } from '../model/message.ts'
import type { MessageQuery } from '../stores/queries.ts'
import type { AlertSearch, AlertSort } from './alert-search.ts'
import { NO_TERMS, type ReadMatchers, type SearchTerms, termsIn } from './search-terms.ts'

export const MESSAGE_STATES: readonly MessageState[] = ['pending', 'sending', 'sent', 'dead']
export const ALERT_STATES: readonly AlertState[] = [
  'pending',
  'sending',
  'sent',
  'suppressed',
  'dead',
]

export const MESSAGE_SORTS = ['newest', 'oldest'] as const
export const ALERT_SORTS: readonly AlertSort[] = ['newest', 'oldest', 'level']

/** Raw query parameters; each may occur several times. */
export type Parameters = Readonly<Record<string, unknown>>

/** The fault of a parameter; in a search also its position, counted from 0. */
export interface ParameterFault {
  name: string
  why: string
  at?: number
}

/** The query of a list from the parameters without a fault, and the faults of the others. */
export interface ParsedList<Query> {
  query: Omit<Query, 'limit'>
  faults: ParameterFault[]
}

const MAX_SEARCH_LENGTH = 1_000

/** Parses the parameters of the list of messages. Pure. */
export function messageListIn(parameters: Parameters): ParsedList<MessageQuery> {
  const { faults, ...take } = takerOf(parameters)
  const query = defined({
    channel: take.text('channel'),
    robot: take.text('robot'),
    state: take.oneOf('state', MESSAGE_STATES),
    kind: take.oneOf('kind', MESSAGE_KINDS),
    levels: take.levels(),
    ...take.range(),
    order: take.oneOf('sort', MESSAGE_SORTS),
    text: take.search(),
    before: take.cursor(/^\d{1,15}$/),
  })
  return { query, faults }
}

/** Parses the parameters of the list of alerts; `q` contains words and matchers, each `matcher` a matcher. Pure. */
export function alertListIn(parameters: Parameters, read: ReadMatchers): ParsedList<AlertSearch> {
  const { faults, ...take } = takerOf(parameters)
  const query = defined({
    channel: take.text('channel'),
    state: take.oneOf('state', ALERT_STATES),
    status: take.oneOf('status', STATUSES),
    levels: take.levels(),
    fingerprint: take.text('fingerprint'),
    ...take.range(),
    sort: take.oneOf('sort', ALERT_SORTS),
    before: take.cursor(/^(?:\d{1,15}|[1-5]-\d{0,15})$/),
  })
  const { words, matchers } = termsOf(take.search() ?? '', { read, faults })
  const more = take.all('matcher').flatMap((text) => {
    const found = read(text.slice(0, MAX_SEARCH_LENGTH))
    if (found.kind === 'read') return found.matchers
    faults.push({ name: 'matcher', why: `${JSON.stringify(text.slice(0, 200))} ${found.why}` })
    return []
  })
  return { query: { ...query, terms: { words, matchers: [...matchers, ...more] } }, faults }
}

function termsOf(
  text: string,
  { read, faults }: { read: ReadMatchers; faults: ParameterFault[] },
): SearchTerms {
  const found = termsIn(text, read)
  if (found.kind === 'terms') return found.terms
  faults.push({ name: 'q', why: found.why, at: found.at })
  return NO_TERMS
}

function takerOf(parameters: Parameters) {
  const faults: ParameterFault[] = []
  const fault = (name: string, why: string): undefined => void faults.push({ name, why })
  const text = (name: string): string | undefined => {
    const value = parameters[name]
    if (value === undefined || value === '') return undefined
    return typeof value === 'string' ? value : fault(name, 'may be given only once')
  }
  const instant = (name: string): Date | undefined => {
    const value = text(name)
    return value === undefined ? undefined : (instantIn(value) ?? fault(name, WRONG_INSTANT))
  }
  return {
    faults,
    text,
    oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
      const value = text(name)
      if (value === undefined) return undefined
      const found = values.find((each) => each === value)
      return found ?? fault(name, `must be one of ${values.join(', ')}`)
    },
    levels(): Level[] | undefined {
      const value = text('level')
      if (value === undefined) return undefined
      const named = value.split(',')
      const levels = LEVELS.filter((level) => named.includes(String(level)))
      return levels.length === named.length
        ? levels
        : fault('level', 'must be a number from 1 (Down) to 5 (Info), or several with commas')
    },
    range: () => ({ from: instant('from'), to: instant('to') }),
    search(): string | undefined {
      const value = text('q')?.trim()
      if (value === undefined || value.length <= MAX_SEARCH_LENGTH) return value || undefined
      return fault('q', `must have at most ${MAX_SEARCH_LENGTH} characters`)
    },
    cursor(form: RegExp): string | undefined {
      const value = text('before')
      if (value === undefined || form.test(value)) return value
      return fault('before', 'must be the "next" of the previous reply')
    },
    all: (name: string): string[] =>
      [parameters[name] ?? []]
        .flat()
        .filter((each) => typeof each === 'string' && each !== '') as string[],
  }
}

type Defined<T> = { [K in keyof T]?: NonNullable<T[K]> }

function defined<T extends object>(values: T): Defined<T> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as Defined<T>
}
