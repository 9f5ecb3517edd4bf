import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import { nameOf } from '../templates/view.ts'
import { distinctLabels, labelText } from '../text/distinct-labels.ts'
import { oneLine } from '../text/escape.ts'
import { locationOf } from '../text/location.ts'

const COLLATOR = new Intl.Collator('en', { numeric: true })

/** Sorts alerts for a reader: firing before resolved, then by level, name and location. */
export function inReadingOrder(
  alerts: readonly MessageAlert[],
  making: RenderContext,
): MessageAlert[] {
  const keyed = alerts.map((told) => ({ told, key: nameAndPlace(told, making) }))
  keyed.sort(
    (a, b) =>
      Number(a.told.alert.status === 'resolved') - Number(b.told.alert.status === 'resolved') ||
      a.told.level - b.told.level ||
      COLLATOR.compare(a.key, b.key),
  )
  return keyed.map(({ told }) => told)
}

/** For each alert of a message, the labels that distinguish it from others with the same shown text. */
export function distinctTexts(
  alerts: readonly MessageAlert[],
  making: RenderContext,
  shown = (told: MessageAlert): string => making.escaped(oneLine(nameAndPlace(told, making))),
): ReadonlyMap<MessageAlert, readonly string[]> {
  const pairs = distinctLabels(alerts, shown)
  return new Map(
    alerts.map((told, index) => {
      const own = pairs[index] ?? []
      return [told, own.length === 0 ? [] : [labelText(own)]] as const
    }),
  )
}

function nameAndPlace(told: MessageAlert, making: RenderContext): string {
  return making.memo('name and place', told, () => {
    const variables = making.variablesOf(told)
    return [nameOf(variables, making), ...locationOf(variables)].join(' · ')
  })
}
