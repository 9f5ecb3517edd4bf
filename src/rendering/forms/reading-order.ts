import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import { nameOf } from '../templates/view.ts'
import { locationOf } from '../text/location.ts'

/** Sorts alerts for a reader: firing before resolved, then by level, name and location. */
export function inReadingOrder(
  alerts: readonly MessageAlert[],
  context: RenderContext,
): MessageAlert[] {
  // Created per call, not at start: the first collator loads data that an idle receiver does not need.
  const collator = new Intl.Collator('en', { numeric: true })
  const keyed = alerts.map((entry) => ({ entry, key: nameAndPlace(entry, context) }))
  keyed.sort(
    (a, b) =>
      Number(a.entry.alert.status === 'resolved') - Number(b.entry.alert.status === 'resolved') ||
      a.entry.level - b.entry.level ||
      collator.compare(a.key, b.key),
  )
  return keyed.map(({ entry }) => entry)
}

/** Name and location, joined; computed once per message. */
export function nameAndPlace(entry: MessageAlert, context: RenderContext): string {
  return context.memo('name and place', entry, () => {
    const variables = context.variablesOf(entry)
    return [nameOf(variables, context), ...locationOf(variables)].join(' · ')
  })
}
