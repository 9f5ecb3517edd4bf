import type { AlertState } from '../../model/message.ts'
import { searchAlerts } from '../../reporting/alert-search.ts'
import { pathWith } from '../format.ts'
import { type BuiltPage, cursorIn, oneOf, type PageContext, searchIn } from '../page.ts'
import { silencesOn } from '../silences.ts'

const ALERT_STATES: readonly AlertState[] = ['pending', 'sending', 'sent', 'suppressed', 'dead']

const ON_PAGE = 30

export async function alerts({ request, facts, words }: PageContext): Promise<BuiltPage> {
  const { query } = request
  const { channels } = facts.settings()
  const channel = oneOf(query['channel'], [...channels.keys()])
  const state = oneOf(query['state'], ALERT_STATES)
  const text = searchIn(query)
  const page = await searchAlerts(
    {
      text,
      limit: ON_PAGE,
      ...(channel === undefined ? {} : { channel }),
      ...(state === undefined ? {} : { state }),
      ...cursorIn(query),
    },
    facts,
  )
  const link = (before: string | null): string =>
    pathWith('/alerts', { channel, state, q: text, before })
  return {
    template: 'alerts',
    active: '/alerts',
    title: words.t('alerts'),
    view: {
      filter: { channel, state, q: text },
      filtered: channel !== undefined || state !== undefined || text !== undefined,
      channels: [...channels.keys()],
      states: ALERT_STATES,
      alerts: page.items,
      silencesFor: await silencesOn(page.items, { facts, words }),
      isFirst: query['before'] === undefined,
      newest: link(null),
      older: page.next === null ? undefined : link(page.next),
      unfinished: page.next !== null && page.items.length < ON_PAGE,
    },
  }
}
