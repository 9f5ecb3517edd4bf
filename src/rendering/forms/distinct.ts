import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import type { DistinctTexts } from '../templates/view.ts'
import { distinctLabels, labelText } from '../text/distinct-labels.ts'
import { oneLine } from '../text/escape.ts'
import { nameAndPlace } from './reading-order.ts'

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
