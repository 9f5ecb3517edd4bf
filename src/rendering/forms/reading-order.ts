import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import { type DistinctTexts, nameOf } from '../templates/view.ts'
import { distinctLabels, labelText } from '../text/distinct-labels.ts'
import { oneLine } from '../text/escape.ts'
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

/** For each alert of a message, the labels that distinguish it from others with the same shown text. */
export function distinctTexts(
  alerts: readonly MessageAlert[],
  context: RenderContext,
  shown: (entry: MessageAlert, index: number) => string = (entry) =>
    context.escaped(oneLine(nameAndPlace(entry, context))),
): DistinctTexts {
  const pairs = distinctLabels(alerts, shown)
  return new Map(
    alerts.map((entry, index) => {
      const own = pairs[index] ?? []
      return [entry, own.length === 0 ? [] : [labelText(own)]] as const
    }),
  )
}

function nameAndPlace(entry: MessageAlert, context: RenderContext): string {
  return context.memo('name and place', entry, () => {
    const variables = context.variablesOf(entry)
    return [nameOf(variables, context), ...locationOf(variables)].join(' · ')
  })
}
