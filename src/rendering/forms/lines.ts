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
export function renderLines(request: RenderRequest, making: RenderContext): Draft {
  const { alerts, fits, messages = 1 } = request
  return largestDigest(linesMaker(request, making), {
    limit: alerts.length,
    least: leastCarried(alerts, messages),
    headsAmong: (count) => alerts.slice(0, count).filter(isHead).length,
    fits,
  })
}

/** Returns a function that renders the first `count` alerts, with the first `heads` severe ones in full. */
function linesMaker(
  request: RenderRequest,
  making: RenderContext,
): (count: number, heads: number) => SizedDigest {
  const { alerts, stillFiring = [], delayed } = request
  const distinct = distinctTexts([...alerts, ...stillFiring], making, (told) => {
    const variables = making.variablesOf(told)
    return making.escaped(lineText([nameOf(variables, making), ...locationOf(variables)]))
  })
  const lineOf = (told: MessageAlert): AlertView =>
    making.memo('line', told, () =>
      viewOf(told, making, { grouped: true, brief: true, distinct: distinct.get(told) ?? [] }),
    )
  return (count, heads) => {
    const shown = inReadingOrder(alerts.slice(0, count), making)
    const whole = shown.filter(isHead).slice(0, heads)
    const rest = shown.filter((each) => !whole.includes(each))
    const sections = sectionsOf(rest.map(lineOf), making)
    const it = {
      ...digestFacts(request, making),
      ...summaryOf(count, statusCounts(shown), request, making),
      ...headlineFor(shown, making),
      ...stillFiringIn(stillFiring, making, { distinct }),
      sections,
      lines: sections.flatMap(({ lines }) => lines),
      more: 0,
      truncated: truncatedOf(shown, making),
    }
    const headed = headTexts(whole, making, distinct)
    const text = headsOver(
      it,
      headed,
      (all) => making.renderPart('lines', all) ?? it.lines.join('\n'),
    )
    const title = titleOf(shown, making, { stillFiring: stillFiring.length })
    const draft = digestDraft(
      { title, text: withNotice(text, delayed, making), told: count },
      request,
      making,
    )
    return { draft, heads: headed, lineCount: it.lines.length }
  }
}

/** The fields that templates find in every digest. */
export function digestFacts({ link }: RenderRequest, making: RenderContext) {
  return { ...toolsFor(making), listUrl: link, listLink: listLinkOf(link, making) }
}

/** The digest with the button to the full list. */
export function digestDraft(
  { title, text, told }: Pick<Draft, 'title' | 'text' | 'told'>,
  { link }: RenderRequest,
  making: RenderContext,
): Draft {
  const buttons = link === undefined ? [] : [{ title: making.word('all'), url: link }]
  return { title, text, kind: 'digest', told: Math.max(1, told), buttons }
}
