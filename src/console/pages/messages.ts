import { MESSAGE_KINDS } from '../../model/message.ts'
import { withVariables } from '../../pipeline/stored-alerts.ts'
import { searchMessages } from '../../reporting/alert-search.ts'
import { MESSAGE_SORTS, MESSAGE_STATES, messageListIn } from '../../reporting/list-query.ts'
import type { StoredMessage } from '../../stores/queries.ts'
import { mapYielding } from '../../time-slices.ts'
import { bubbleOf } from '../chat-bubble.ts'
import { pathWith } from '../format.ts'
import { instantsIn, levelOffer, listView, namesOf, type Offers, worded } from '../list-page.ts'
import type { BuiltPage, PageContext } from '../page.ts'
import { silencesOn } from '../silences.ts'
import { waitViews } from '../waits.ts'

const ON_PAGE = 20
const ALERTS_ON_PAGE = 50
const MAX_LINES = 12

/** A search text that looks like a matcher. Matchers apply to alerts, so the page links to the alerts. */
const MATCHER_LIKE = /[=!]~|!=|="/

export async function messages(context: PageContext): Promise<BuiltPage> {
  const { request, facts, words } = context
  const began = facts.now()
  const { robots, channels, timezone } = facts.settings()
  const parameters = instantsIn(request.query, { now: began, timezone })
  const { query, faults } = messageListIn(parameters)
  const isFirst = query.before === undefined
  const page = await searchMessages({ ...query, limit: ON_PAGE }, facts)
  const total =
    isFirst && page.next !== null
      ? await facts.store.messageTotal({ ...query, limit: 1 })
      : undefined
  const offers: Offers = [
    { name: 'channel', label: 'channel', values: namesOf(channels.keys()) },
    { name: 'robot', label: 'robot', values: namesOf(robots.keys()) },
    { name: 'state', label: 'state', values: worded(MESSAGE_STATES, words) },
    levelOffer(words),
    { name: 'kind', label: 'kind', values: worded(MESSAGE_KINDS, words, 'kind_') },
    { name: 'sort', label: 'sort', values: worded(MESSAGE_SORTS, words, 'sort_') },
  ]
  const list = listView(
    '/messages',
    { page, total, limit: ON_PAGE, offers, faults, began },
    context,
  )
  const { q } = list.form
  return {
    template: 'messages',
    title: words.t('messages'),
    view: {
      ...list,
      inAlerts: MATCHER_LIKE.test(q) ? pathWith('/alerts', { q }) : undefined,
      // Only dead messages can be sent again or dismissed.
      bulk: query.state === 'dead' && page.items.some(({ dismissed }) => dismissed === undefined),
      filters: bulkFiltersIn(parameters),
      messages: await mapYielding(page.items, withBubble),
      waitsOf: await waitViews(
        page.items.some(({ state }) => state === 'pending'),
        context,
      ),
    },
  }
}

/** The filters that the choice "All that match" posts; the action must support each of them. */
function bulkFiltersIn(parameters: Readonly<Record<string, string>>): [string, string][] {
  const { state: _state, sort: _sort, before: _before, ...filters } = parameters
  return Object.entries(filters)
}

/** Asks a person to confirm an action on several messages, with their number and the cost. */
export function bulkPage({ request, words }: PageContext): BuiltPage | undefined {
  const { bulk } = request
  if (bulk === undefined) return undefined
  const { act, messages, more, fields } = bulk
  const { which: _which, id: _id, ...filters } = Object.fromEntries(fields)
  const isResend = act === 'resend'
  return {
    template: 'bulk',
    title: words.n(isResend ? 'resendAskN' : 'dismissAskN', messages),
    view: {
      act,
      fields,
      back: pathWith('/messages', { state: 'dead', ...filters }),
      cost: isResend ? words.n('costN', messages) : words.t('dismissHint'),
      more: more ? words.t('resendMore') : undefined,
      button: words.t(isResend ? 'sendAgain' : 'dismiss'),
    },
  }
}

export async function message(id: string, context: PageContext): Promise<BuiltPage | undefined> {
  const { request, facts, words } = context
  const found = await facts.store.message(id, 0)
  if (found === undefined) return undefined
  const { message } = found
  const messageQuery = { message: message.id, limit: ALERTS_ON_PAGE, ...cursorIn(request.query) }
  const page = await withVariables(await facts.store.alerts(messageQuery), facts.variablesOf)
  const link = (before: string | null): string => pathWith(`/messages/${id}`, { before })
  return {
    template: 'message',
    title: message.title,
    view: {
      message: withBubble(message),
      attempts: message.attempts,
      alerts: page.items,
      isWhole: message.alertCount === 0 || page.items.length > 0,
      silencesFor: await silencesOn(page.items, { facts, words }),
      waitsOf: await waitViews(message.state === 'pending', context),
      isFirst: request.query['before'] === undefined,
      newest: link(null),
      older: page.next === null ? undefined : link(page.next),
    },
  }
}

/** The cursor in a query; empty if it is missing or malformed. */
function cursorIn(query: Readonly<Record<string, string>>): { before?: string } {
  const { before } = query
  return before !== undefined && /^\d{1,15}$/.test(before) ? { before } : {}
}

/** A message with its bubble; a list shows only part of a long one. */
function withBubble(message: StoredMessage) {
  const { text } = message
  const isLong = text.length > 800 || text.split('\n').length > MAX_LINES
  return { ...message, bubble: bubbleOf(message.body, text), isLong }
}
