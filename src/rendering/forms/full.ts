import type { MessageAlert } from '../../model/alert.ts'
import type { MessageKind } from '../../model/message.ts'
import type { RenderContext } from '../context.ts'
import { buttonsOf, type ViewOptions, viewOf } from '../templates/view.ts'
import { linksOf } from '../text/links.ts'
import { Markup } from '../text/markup.ts'
import type { Draft, RenderRequest } from '../types.ts'
import { alertText, lineCount } from './alert-text.ts'
import { groupText } from './group.ts'
import { largestFitting, MAX_FULL_ALERTS, MAX_READABLE_LINES } from './limits.ts'
import { withNotice } from './notice.ts'
import { titleOf } from './title.ts'

/** Values of a single alert that is too large are cut to these lengths, until it fits. */
const VALUE_LENGTHS = [6_000, 3_000, 1_500, 700, 300, 100, 40]
/** Limit if the message links to the full text: about what a phone shows in a few screens. */
const MAX_LENGTH_BESIDE_LINK = 1_500

/**
 * Renders the first alerts in full, as many as fit. If more fit in brief, renders them in brief. If not even one fits, its
 * values are cut.
 */
export function renderFull(request: RenderRequest, context: RenderContext): Draft {
  const { alerts, fits } = request
  const max = Math.min(alerts.length, MAX_FULL_ALERTS)
  const fitting = (options: ViewOptions) => {
    const textOf = textsOf(request, context, options)
    const included = largestFitting(max, (count) => {
      const made = withTitleAndButtons(textOf(count), { request, context, count })
      return fits(made.title, made.text, made.buttons)
    })
    return { included, textOf }
  }
  let best = fitting({})
  if (best.included < max) {
    const brief = fitting({ brief: true })
    if (brief.included > best.included) best = brief
  }
  if (best.included > 0) {
    const text = best.textOf(best.included)
    const isReadable = best.included === 1 || lineCount(text) <= MAX_READABLE_LINES
    return { ...withTitleAndButtons(text, { request, context, count: best.included }), isReadable }
  }
  return renderCut(request, context)
}

/**
 * Renders a single alert, with its values cut until it fits. A template that is too long by itself is replaced by the
 * built-in one.
 */
function renderCut(request: RenderRequest, context: RenderContext): Draft {
  let made = cutToFit(request, context)
  if (made === undefined && context.replaceOwnParts(TOO_LONG)) made = cutToFit(request, context)
  if (made !== undefined) return made
  const about = { request, context, count: 1 }
  const { title } = withTitleAndButtons('', about)
  return { ...withTitleAndButtons(context.markup.bold(title).toString(), about), buttons: [] }
}

const TOO_LONG = 'too long for a message, even with its values cut; the built-in part replaces it'

function cutToFit(request: RenderRequest, context: RenderContext): Draft | undefined {
  const { fits, link } = request
  const about = { request, context, count: 1 }
  const longestShown = link === undefined ? Number.POSITIVE_INFINITY : MAX_LENGTH_BESIDE_LINK
  for (const longest of VALUE_LENGTHS.filter((each) => each <= longestShown)) {
    const made = withTitleAndButtons(cutText(request, context, longest), about)
    if (fits(made.title, made.text, made.buttons)) return made
  }
  return undefined
}

/** Returns a function that renders the first `count` alerts. */
function textsOf(request: RenderRequest, context: RenderContext, options: ViewOptions) {
  const { alerts, stillFiring = [] } = request
  return (count: number): string => {
    const [first] = alerts
    if (count === 1 && stillFiring.length === 0 && !context.has('message'))
      return alertText(viewOf(first as MessageAlert, context, options), context)
    return groupText({ request, context, options: { ...options, grouped: true } }, count)
  }
}

/** Renders one alert with cut values. The part `long` adds a notice that they were cut. */
function cutText(request: RenderRequest, context: RenderContext, longest: number): string {
  const entry = request.alerts[0] as MessageAlert
  const view = viewOf(entry, context, { longest, brief: longest < 1_000 })
  const text = context.has('message')
    ? groupText(
        { request: { ...request, stillFiring: [] }, context, options: { longest, grouped: true } },
        1,
      )
    : alertText(view, context)
  return (
    context.renderPart('long', { ...view, text: new Markup(text), listUrl: request.link }) ?? text
  )
}

/** Completes a text with title, delay notice and buttons. */
function withTitleAndButtons(
  text: string,
  { request, context, count }: { request: RenderRequest; context: RenderContext; count: number },
): Draft {
  const { stillFiring = [], delayed, link } = request
  const alerts = request.alerts.slice(0, count)
  const resolved = alerts.every(({ alert }) => alert.status === 'resolved')
  const kind: MessageKind = resolved ? 'recovery' : count === 1 ? 'alert' : 'group'
  const [first] = alerts
  const word = count > 1 ? 'all' : 'detailsButton'
  const details = link === undefined ? [] : [{ title: context.word(word), url: link }]
  const buttons =
    first === undefined || count > 1
      ? details
      : [...buttonsOf(linksOf(first, context.variablesOf(first)), context), ...details]
  return {
    title: titleOf(alerts, context, { stillFiring: stillFiring.length }),
    text: withNotice(text, delayed, context),
    kind,
    included: count,
    buttons,
  }
}
