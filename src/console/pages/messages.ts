import { mapGivingWay } from '../../give-way.ts'
import type { MessageState } from '../../model/message.ts'
import { withVariables } from '../../pipeline/stored-alerts.ts'
import { searchMessages } from '../../reporting/alert-search.ts'
import type { StoredMessage } from '../../stores/queries.ts'
import { bubbleOf } from '../chat-bubble.ts'
import { pathWith } from '../format.ts'
import { type BuiltPage, cursorIn, oneOf, type PageContext, searchIn } from '../page.ts'
import { silencesOn } from '../silences.ts'

export const MESSAGE_STATES: readonly MessageState[] = ['pending', 'sending', 'sent', 'dead']

const ON_PAGE = 20
const ALERTS_ON_PAGE = 50
const MAX_LINES = 12

export async function messages({ request, facts, words }: PageContext): Promise<BuiltPage> {
  const { query } = request
  const { robots, channels } = facts.settings()
  const filter = {
    channel: oneOf(query['channel'], [...channels.keys()]),
    robot: oneOf(query['robot'], [...robots.keys()]),
    state: oneOf(query['state'], MESSAGE_STATES),
  }
  const text = searchIn(query)
  const messageQuery = {
    ...withoutUndefined({ ...filter, text }),
    limit: ON_PAGE,
    ...cursorIn(query),
  }
  const page = await searchMessages(messageQuery, facts)
  const link = (before: string | null): string =>
    pathWith('/messages', { ...filter, q: text, before })
  return {
    template: 'messages',
    active: '/messages',
    title: words.t('messages'),
    view: {
      filter: { ...filter, q: text },
      filtered: Object.values({ ...filter, text }).some((each) => each !== undefined),
      channels: [...channels.keys()],
      robots: [...robots.keys()],
      states: MESSAGE_STATES,
      // Only what failed can be sent again or dismissed.
      bulk: filter.state === 'dead' && page.items.some(({ dismissed }) => dismissed === undefined),
      messages: await mapGivingWay(page.items, withBubble, facts.giveWay),
      isFirst: query['before'] === undefined,
      newest: link(null),
      older: page.next === null ? undefined : link(page.next),
      // A search stops at its scan limit, even with few results.
      unfinished: page.next !== null && page.items.length < ON_PAGE,
    },
  }
}

export async function message(
  id: string,
  { request, facts, words }: PageContext,
): Promise<BuiltPage | undefined> {
  const found = await facts.store.message(id, 0)
  if (found === undefined) return undefined
  const { message } = found
  const messageQuery = { message: message.id, limit: ALERTS_ON_PAGE, ...cursorIn(request.query) }
  const page = await withVariables(await facts.store.alerts(messageQuery), facts.variablesOf)
  const link = (before: string | null): string => pathWith(`/messages/${id}`, { before })
  return {
    template: 'message',
    active: '/messages',
    title: message.title,
    view: {
      message: withBubble(message),
      attempts: message.attempts,
      alerts: page.items,
      silencesFor: await silencesOn(page.items, { facts, words }),
      isFirst: request.query['before'] === undefined,
      newest: link(null),
      older: page.next === null ? undefined : link(page.next),
    },
  }
}

/** A message with its bubble; a list shows only part of a long one. */
function withBubble(message: StoredMessage) {
  const { text } = message
  const isLong = text.length > 800 || text.split('\n').length > MAX_LINES
  return { ...message, bubble: bubbleOf(message.body, text), isLong }
}

/** Drops undefined values. */
function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}
