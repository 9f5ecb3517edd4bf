import { matcherText } from '../../model/silence.ts'
import { alertLinksOf } from '../../reporting/alert-links.ts'
import type { StoredAlert } from '../../stores/queries.ts'
import { pathWith } from '../format.ts'
import type { BuiltPage, PageContext } from '../page.ts'
import { silencesOn } from '../silences.ts'
import { waitViews } from '../waits.ts'

/** How many notifications of the same alert the page shows after and before this one. */
const LATER = 20
const EARLIER = 30

/** Longer values get no link that filters by them. */
const MAX_FILTER_LENGTH = 400

/** The page of one alert: its state and reason, other notifications of the same alert, and actions. */
export async function alertPage(id: string, context: PageContext): Promise<BuiltPage | undefined> {
  const { facts, words } = context
  const row = await rowOf(id, context)
  if (row === undefined) return undefined
  const about = await facts.aboutAlert(row)
  const { variables } = about.alert
  const name = (variables['alarm_name'] ?? variables['message'] ?? row.fingerprint).slice(0, 200)
  const silencesFor = await silencesOn([{ alert: row }], { facts, words })
  return {
    template: 'alert',
    title: name,
    view: {
      alert: row,
      name,
      target: (variables['alarm_target'] ?? '').slice(0, 400),
      summary: (variables['alarm_summary'] ?? variables['alarm_description'] ?? '').slice(0, 2_000),
      isReadable: Object.keys(variables).length > 0,
      variables,
      links: alertLinksOf(row, about, words.language),
      filterOf,
      silences: silencesFor(row),
      waits: (await waitViews(isOpen(row), context)).channel(row.channel),
      ...(await notificationsOf(row, context)),
      same: pathWith('/alerts', { fingerprint: row.fingerprint, channel: row.channel }),
    },
  }
}

function isOpen({ state }: StoredAlert): boolean {
  return state === 'pending' || state === 'sending'
}

async function rowOf(id: string, { facts }: PageContext): Promise<StoredAlert | undefined> {
  const { items } = await facts.store.alerts({ limit: 1, before: String(Number(id) + 1) })
  return items.find((each) => each.id === id)
}

/** The notifications of the same alert in its channel, oldest first; `isCut`: there may be more. */
async function notificationsOf(row: StoredAlert, { facts }: PageContext) {
  const { id, fingerprint, channel } = row
  const query = { fingerprint, channel, before: id }
  const later = await facts.store.alerts({ ...query, order: 'oldest', limit: LATER })
  const earlier = await facts.store.alerts({ ...query, limit: EARLIER })
  return {
    notifications: [...earlier.items.toReversed(), row, ...later.items],
    isCut: earlier.next !== null || later.next !== null,
  }
}

/** A link that searches for the value of a variable; undefined if a matcher cannot express it. */
function filterOf(name: string, value: string): string | undefined {
  const isPlain = value !== '' && value.length <= MAX_FILTER_LENGTH && !/\p{Cc}/u.test(value)
  if (!isPlain || !/^[\w.:/-]+$/.test(name)) return undefined
  return pathWith('/alerts', { q: matcherText({ name, value, isRegex: false }) })
}
