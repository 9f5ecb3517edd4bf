import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import { type AlertView, nameOf, viewOf } from '../templates/view.ts'
import { locationOf } from '../text/location.ts'
import type { Draft, RenderRequest } from '../types.ts'
import { isHead, largestDigest, renderDigest, type SizedDigest } from './digest.ts'
import { distinctTexts } from './distinct.ts'
import { stillFiringIn, truncatedOf } from './group.ts'
import { headlineFields } from './headline.ts'
import { leastCarried } from './limits.ts'
import { inReadingOrder } from './reading-order.ts'
import { lineText, sectionsOf } from './sections.ts'
import { statusCounts, summaryOf } from './summary.ts'
import { titleOf } from './title.ts'

/** Renders as many of the first alerts as fit: firing Down and Critical ones in full if they fit, others as a line. */
export function renderLines(request: RenderRequest, context: RenderContext): Draft {
  const { alerts, fits, messages = 1 } = request
  return largestDigest(linesMaker(request, context), {
    limit: alerts.length,
    least: leastCarried(alerts, messages),
    headsAmong: (count) => alerts.slice(0, count).filter(isHead).length,
    fits,
  })
}

/** Returns a function that renders the first `count` alerts, with the first `heads` severe ones in full. */
function linesMaker(
  request: RenderRequest,
  context: RenderContext,
): (count: number, heads: number) => SizedDigest {
  const { alerts, stillFiring = [] } = request
  const distinct = distinctTexts([...alerts, ...stillFiring], context, (entry) => {
    const variables = context.variablesOf(entry)
    return context.escaped(lineText([nameOf(variables, context), ...locationOf(variables)]))
  })
  const lineOf = (entry: MessageAlert): AlertView =>
    context.memo('line', entry, () =>
      viewOf(entry, context, { grouped: true, brief: true, distinct }),
    )
  return (count, heads) => {
    const shown = inReadingOrder(alerts.slice(0, count), context)
    const inFull = shown.filter(isHead).slice(0, heads)
    const rest = shown.filter((each) => !inFull.includes(each))
    const sections = sectionsOf(rest.map(lineOf), context)
    const it = {
      ...summaryOf({ total: count, ...statusCounts(shown) }, request, context),
      ...headlineFields(shown, context),
      ...stillFiringIn(stillFiring, context, { distinct }),
      sections,
      lines: sections.flatMap(({ lines }) => lines),
      more: 0,
      truncated: truncatedOf(shown, context),
    }
    const title = titleOf(shown, context, { stillFiring: stillFiring.length })
    const made = { part: 'lines', title, inFull, distinct, included: count } as const
    return renderDigest(it, made, { request, context })
  }
}
