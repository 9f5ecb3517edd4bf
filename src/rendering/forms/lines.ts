import type { MessageAlert } from '../../model/alert.ts'
import type { RenderContext } from '../context.ts'
import { type AlertView, listLinkOf, nameOf, toolsFor, viewOf } from '../templates/view.ts'
import { locationOf } from '../text/location.ts'
import { summaryOf } from '../text/summary.ts'
import type { Draft, RenderRequest } from '../types.ts'
import { stillFiringIn, truncatedOf } from './group.ts'
import { headlineFor } from './headline.ts'
import { headsOver, headTexts, isHead, largestDigest, type SizedDigest } from './heads.ts'
import { leastCarried } from './limits.ts'
import { withNotice } from './notice.ts'
import { distinctTexts, inReadingOrder } from './reading-order.ts'
import { lineText, sectionsOf } from './sections.ts'
import { statusCounts } from './tally.ts'
import { titleOf } from './title.ts'

/** Renders as many of the first alerts as fit: Down and Critical ones in full if they fit, others as a line each. */
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
  const { alerts, stillFiring = [], delayed } = request
  const distinct = distinctTexts([...alerts, ...stillFiring], context, (entry) => {
    const variables = context.variablesOf(entry)
    return context.escaped(lineText([nameOf(variables, context), ...locationOf(variables)]))
  })
  const lineOf = (entry: MessageAlert): AlertView =>
    context.memo('line', entry, () =>
      viewOf(entry, context, { grouped: true, brief: true, distinct: distinct.get(entry) ?? [] }),
    )
  return (count, heads) => {
    const shown = inReadingOrder(alerts.slice(0, count), context)
    const whole = shown.filter(isHead).slice(0, heads)
    const rest = shown.filter((each) => !whole.includes(each))
    const sections = sectionsOf(rest.map(lineOf), context)
    const it = {
      ...digestFacts(request, context),
      ...summaryOf(count, statusCounts(shown), request, context),
      ...headlineFor(shown, context),
      ...stillFiringIn(stillFiring, context, { distinct }),
      sections,
      lines: sections.flatMap(({ lines }) => lines),
      more: 0,
      truncated: truncatedOf(shown, context),
    }
    const headed = headTexts(whole, context, distinct)
    const text = headsOver(
      it,
      headed,
      (all) => context.renderPart('lines', all) ?? it.lines.join('\n'),
    )
    const title = titleOf(shown, context, { stillFiring: stillFiring.length })
    const draft = digestDraft(
      { title, text: withNotice(text, delayed, context), included: count },
      request,
      context,
    )
    return { draft, heads: headed, lineCount: it.lines.length }
  }
}

/** The fields that templates find in every digest. */
export function digestFacts({ link }: RenderRequest, context: RenderContext) {
  return { ...toolsFor(context), listUrl: link, listLink: listLinkOf(link, context) }
}

/** The digest with the button to the full list. */
export function digestDraft(
  { title, text, included }: Pick<Draft, 'title' | 'text' | 'included'>,
  { link }: RenderRequest,
  context: RenderContext,
): Draft {
  const buttons = link === undefined ? [] : [{ title: context.word('all'), url: link }]
  return { title, text, kind: 'digest', included: Math.max(1, included), buttons }
}
