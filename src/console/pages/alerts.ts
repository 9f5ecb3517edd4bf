import { STATUSES } from '../../model/alert.ts'
import type { AlertWithVariables } from '../../pipeline/stored-alerts.ts'
import { searchAlerts } from '../../reporting/alert-search.ts'
import { ALERT_SORTS, ALERT_STATES, alertListIn } from '../../reporting/list-query.ts'
import type { Page } from '../../stores/queries.ts'
import { instantsIn, levelOffer, listView, namesOf, type Offers, worded } from '../list-page.ts'
import type { BuiltPage, PageContext } from '../page.ts'
import { silencesOn } from '../silences.ts'
import { waitViews } from '../waits.ts'

const ON_PAGE = 30

const NOTHING: Page<AlertWithVariables> = { items: [], next: null }

export async function alerts(context: PageContext): Promise<BuiltPage> {
  const { request, facts, words } = context
  const began = facts.now()
  const { channels, timezone } = facts.settings()
  const parameters = instantsIn(request.query, { now: began, timezone })
  const { query, faults } = alertListIn(parameters, facts.readMatchers)
  const isFirst = query.before === undefined
  // A search with a fault finds nothing rather than everything.
  const page = faults.some(({ name }) => name === 'q' || name === 'matcher')
    ? NOTHING
    : await searchAlerts({ ...query, limit: ON_PAGE }, facts)
  const { terms, sort: _sort, ...counted } = query
  const isSearch = terms.words.length + terms.matchers.length > 0
  const total =
    isFirst && page.next !== null && !isSearch
      ? await facts.store.alertTotal({ ...counted, limit: 1 })
      : undefined
  const offers: Offers = [
    { name: 'channel', label: 'channel', values: namesOf(channels.keys()) },
    { name: 'state', label: 'state', values: worded(ALERT_STATES, words) },
    levelOffer(words),
    { name: 'status', label: 'status', values: worded(STATUSES, words) },
    { name: 'sort', label: 'sort', values: worded(ALERT_SORTS, words, 'sort_') },
  ]
  const list = { page, total, limit: ON_PAGE, offers, faults, began }
  return {
    template: 'alerts',
    title: words.t('alerts'),
    view: {
      ...listView('/alerts', list, context),
      alerts: page.items,
      silencesFor: await silencesOn(page.items, { facts, words }),
      waitsOf: await waitViews(
        page.items.some(({ alert: { state } }) => state === 'pending' || state === 'sending'),
        context,
      ),
    },
  }
}
