import type { MessageAlert } from '../../model/alert.ts'
import type { Variables } from '../../model/variables.ts'
import type { RenderContext } from '../context.ts'
import { payloadOf, sharedValues } from '../payload.ts'
import {
  type AlertView,
  type Common,
  type DistinctTexts,
  listLinkOf,
  nameOf,
  toolsFor,
  type ViewOptions,
  viewOf,
} from '../templates/view.ts'
import { groupSilenceOf, safeUrl } from '../text/links.ts'
import { locationOf } from '../text/location.ts'
import { Markup } from '../text/markup.ts'
import { sharedPlace } from '../text/shared-place.ts'
import type { RenderRequest } from '../types.ts'
import { alertText } from './alert-text.ts'
import { distinctTexts } from './distinct.ts'
import { headlineFields } from './headline.ts'
import { inReadingOrder } from './reading-order.ts'
import { statusCounts, summaryOf } from './summary.ts'

/** Renders several alerts in full below what they have in common. A recovery also shows the alerts that still fire. */
export function groupText(
  {
    request,
    context,
    options,
  }: { request: RenderRequest; context: RenderContext; options: ViewOptions },
  count: number,
): string {
  const { stillFiring = [], link } = request
  const alerts = inReadingOrder(request.alerts.slice(0, count), context)
  const all = [...alerts, ...stillFiring]
  const distinct = distinctTexts(all, context)
  const common = commonIn(all, context, distinct)
  const variables = alerts.map((each) => context.variablesOf(each))
  const shared = count > 1 ? sharedValues(variables) : {}
  const once = SHOWN_ONCE.filter((name) => shared[name] !== undefined)
  const views = alertsIn(alerts, context, { ...options, common, once, distinct })
  const by = statusCounts(alerts)
  const it = {
    ...toolsFor(context),
    ...summaryOf({ total: count, ...by }, request, context),
    ...headlineFields(alerts, context),
    alerts: views,
    name: common.name,
    place: common.place.parts.join(' · '),
    common: shared,
    once: Object.fromEntries(once.map((name) => [name, shared[name]])),
    truncated: truncatedOf(all, context),
    groupLinks: groupLinksOf(alerts, shared, context),
    ...stillFiringIn(stillFiring, context, { common, distinct }),
    listUrl: link,
    listLink: listLinkOf(link, context),
    go: context.go,
    get payload() {
      const entries = [...request.alerts.slice(0, count), ...stillFiring.slice(0, MAX_IN_PAYLOAD)]
      return payloadOf(entries, context, options.longest)
    },
  }
  const isPartial = by.firing === 0 && stillFiring.length > 0
  const message = context.has('message') ? context.renderPart('message', it) : undefined
  const text = message ?? context.renderPart(isPartial ? 'partial' : 'group', it)
  return text ?? views.map((each) => each.text).join('\n\n')
}

/** The name and the location parts that all alerts share. */
function commonIn(
  alerts: readonly MessageAlert[],
  context: RenderContext,
  distinct: DistinctTexts,
): Common {
  const names = alerts.map((each) => nameOf(context.variablesOf(each), context))
  const places = alerts.map((each) => [
    ...locationOf(context.variablesOf(each)),
    ...(distinct.get(each) ?? []),
  ])
  return { name: sharedValue(names), place: sharedPlace(places) }
}

/** Links that all alerts of a group share: runbook, dashboard, and a silence form for the group. */
function groupLinksOf(
  alerts: readonly MessageAlert[],
  shared: Variables,
  context: RenderContext,
): Markup | undefined {
  const silences = alerts.map((entry) => groupSilenceOf(entry, context.variablesOf(entry)))
  const ofGroup = sharedValue(silences)
  const links = [
    ['runbook', shared['runbook_url']],
    ['dashboard', shared['dashboard_url']],
    ['silenceGroup', ofGroup && (alerts[0]?.silenceLink ?? ofGroup)],
  ] as const
  const texts = links.flatMap(([word, url]) =>
    safeUrl(url) === undefined
      ? []
      : context.markup.browser(context.word(word), url ?? '').toString(),
  )
  return texts.length === 0 ? undefined : new Markup(texts.join(' · '))
}

/** Fields for templates: the alerts that still fire, as views and as lines. */
export function stillFiringIn(
  stillFiring: readonly MessageAlert[],
  context: RenderContext,
  shown: Pick<ViewOptions, 'common' | 'distinct'>,
) {
  const views = inReadingOrder(stillFiring, context).map((each) =>
    viewOf(each, context, { ...shown, grouped: true, brief: true }),
  )
  return { stillFiring: views, stillFiringLines: linesOfStillFiring(views, context) }
}

const MAX_STILL_FIRING = 20
/** Maximum number of alerts that still fire in the payload of a recovery. */
const MAX_IN_PAYLOAD = 10

function linesOfStillFiring(views: readonly AlertView[], context: RenderContext) {
  const same = Map.groupBy(views, ({ lead, label }) => lead + label)
  const lines = [...same].map(([text, alike]) => {
    const times = alike.length > 1 ? ` ×${alike.length}` : ''
    const { when } = alike[0] as AlertView
    return new Markup(`${context.escaped(text)}${times}${when === '' ? '' : ` · ${when}`}`)
  })
  const shown = lines.slice(0, MAX_STILL_FIRING)
  const rest = [...same.values()]
    .slice(MAX_STILL_FIRING)
    .reduce((sum, each) => sum + each.length, 0)
  return rest === 0 ? shown : [...shown, new Markup(context.word('more', { n: rest }))]
}

/** A sentence about the alerts that Alertmanager omitted from the groups of the given alerts; empty without any. */
export function truncatedOf(alerts: readonly MessageAlert[], context: RenderContext): string {
  const byGroup = new Map<string, number>()
  for (const { alert } of alerts) {
    const { truncated_alerts: count = '', group_key: key = '' } = alert.variables
    const n = /^\d{1,9}$/.test(count) ? Number(count) : 0
    if (n > 0) byGroup.set(key, Math.max(n, byGroup.get(key) ?? 0))
  }
  const n = [...byGroup.values()].reduce((sum, each) => sum + each, 0)
  return n === 0 ? '' : context.word('truncated', { n })
}

/** The views of a group's alerts, each with the text that its own part renders. */
function alertsIn(
  alerts: readonly MessageAlert[],
  context: RenderContext,
  { once, ...options }: ViewOptions & { once: readonly string[] },
) {
  return alerts.map((entry) => {
    const { distinct, ...others } = options
    const key = `in a group ${JSON.stringify([others, distinct?.get(entry), once])}`
    return context.memo(key, entry, () => {
      const view = viewOf(entry, context, options)
      let text: Markup | undefined
      let ownText: Markup | undefined
      return {
        ...view,
        get text(): Markup {
          text ??= new Markup(alertText(view, context))
          return text
        },
        /** The text without the values that the group shows once; an alert of OCP keeps them. */
        get ownText(): Markup {
          if (ownText === undefined) {
            const isSame = view.isOcp || once.length === 0
            const short = isSame ? view : viewOf(entry, context, { ...options, without: once })
            ownText = new Markup(alertText(short, context, view))
          }
          return ownText
        },
      }
    })
  })
}

/** Variables that a group shows once if all its alerts have the same value. */
const SHOWN_ONCE = ['alarm_summary', 'alarm_description', 'runbook_url', 'dashboard_url'] as const

/** The common value; undefined if the values differ. */
function sharedValue(values: readonly (string | undefined)[]): string | undefined {
  return values.every((each) => each === values[0]) ? values[0] : undefined
}
