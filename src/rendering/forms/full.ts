import type { MessageAlert } from '../../model/alert.ts'
import type { MessageKind } from '../../model/message.ts'
import type { RenderContext } from '../context.ts'
import type { Part } from '../templates/loader.ts'
import {
  type AlertView,
  buttonsOf,
  listLinkOf,
  nameOf,
  toolsFor,
  type ViewOptions,
  viewOf,
} from '../templates/view.ts'
import { ICONS, LEVEL_ICONS } from '../text/level-icons.ts'
import { linksOf } from '../text/links.ts'
import { locationOf } from '../text/location.ts'
import { Markup } from '../text/markup.ts'
import { summaryOf } from '../text/summary.ts'
import type { Draft, RenderRequest } from '../types.ts'
import { largestFitting } from './largest-fitting.ts'
import { withNotice } from './notice.ts'
import { commonOf, titleOf } from './title.ts'

/** Values of a single alert that is too large are cut to these lengths, until it fits. */
const VALUE_LENGTHS = [6_000, 3_000, 1_500, 700, 300, 100, 40]
/** Where a page has the whole text, no more than a phone shows in a few screens. */
const MAX_LENGTH_BESIDE_LINK = 1_500

/** From so many changes on an alert is told as flapping. */
const FLAPPING_CHANGES = 2

/** Whole alerts, as many of the first as fit; of a single one that does not fit, as much as fits. */
export function renderFull(request: RenderRequest, making: RenderContext): Draft {
  const { alerts, fits } = request
  const fitting = (telling: ViewOptions) => {
    const textOf = textsOf(request, making, telling)
    const told = largestFitting(alerts.length, (count) => {
      const made = withTitleAndButtons(textOf(count), { request, making, count })
      return fits(made.title, made.text, made.buttons)
    })
    return { told, textOf }
  }
  let best = fitting({})
  if (best.told < alerts.length) {
    const brief = fitting({ brief: true })
    if (brief.told > best.told) best = brief
  }
  if (best.told > 0)
    return withTitleAndButtons(best.textOf(best.told), { request, making, count: best.told })
  const longestShown =
    request.link === undefined ? Number.POSITIVE_INFINITY : MAX_LENGTH_BESIDE_LINK
  for (const longest of VALUE_LENGTHS.filter((each) => each <= longestShown)) {
    const made = withTitleAndButtons(cutText(request, making, longest), {
      request,
      making,
      count: 1,
    })
    if (fits(made.title, made.text, made.buttons)) return made
  }
  const { title } = withTitleAndButtons('', { request, making, count: 1 })
  return {
    ...withTitleAndButtons(making.markup.bold(title).toString(), { request, making, count: 1 }),
    buttons: [],
  }
}

/** The text that tells the first `count` alerts. */
function textsOf(request: RenderRequest, making: RenderContext, telling: ViewOptions) {
  const { alerts, stillFiring = [] } = request
  return (count: number): string => {
    const [first] = alerts
    if (count === 1 && stillFiring.length === 0)
      return textOf(viewOf(first as MessageAlert, making, telling), making)
    return groupText(request, making, { ...telling, grouped: true }, count)
  }
}

/** An alert as its part tells it: the operator's, or what is left to say when even the built-in one fails. */
function textOf(view: AlertView, making: RenderContext): string {
  return making.renderPart(partFor(view), view) ?? plainText(view, making)
}

function partFor({ changes, isResolved, told, labels }: AlertView): Part {
  if (changes >= FLAPPING_CHANGES) return 'flapping'
  if (isResolved) return 'recovery'
  const v = told.alert.variables
  const says = v['alarm_summary'] !== undefined || v['alarm_description'] !== undefined
  return says || labels.length === 0 ? 'alert' : 'bare'
}

/** What a group finds of each of its alerts: all that a part about one finds, and the text that this makes. */
function alertsIn(
  alerts: readonly MessageAlert[],
  making: RenderContext,
  { without, ...telling }: ViewOptions,
) {
  const key = `in a group ${JSON.stringify([telling, without])}`
  return alerts.map((told) =>
    making.memo(key, told, () => {
      const view = viewOf(told, making, telling)
      let text: Markup | undefined
      let ownText: Markup | undefined
      return {
        ...view,
        get text(): Markup {
          text ??= new Markup(textOf(view, making))
          return text
        },
        /** Without what the group tells once for all; OCP's format stays whole. */
        get ownText(): Markup {
          if (ownText === undefined) {
            const own = view.isOcp ? view : viewOf(told, making, { ...telling, without })
            ownText = new Markup(textOf(own, making))
          }
          return ownText
        },
      }
    }),
  )
}

function groupText(
  request: RenderRequest,
  making: RenderContext,
  telling: ViewOptions,
  count: number,
): string {
  const { stillFiring = [], link } = request
  const told = request.alerts.slice(0, count)
  const variables = told.map((each) => making.variablesOf(each))
  const all = [...variables, ...stillFiring.map((each) => making.variablesOf(each))]
  const common = {
    name: sharedValue(all.map((v) => nameOf(v, making))),
    place: commonOf(all.map(locationOf)),
  }
  const shared = SHAREABLE.filter((name) => count > 1 && sharedValue(variables.map((v) => v[name])))
  const alerts = alertsIn(told, making, { ...telling, common, without: shared })
  const firing = alerts.filter(({ isResolved }) => !isResolved)
  const resolved = alerts.filter(({ isResolved }) => isResolved)
  const lead = firing[0]
  const by = { firing: firing.length, resolved: resolved.length }
  const it = {
    ...toolsFor(making),
    sign: lead === undefined ? ICONS.resolved : LEVEL_ICONS[lead.level],
    alerts: [...firing, ...resolved],
    ...summaryOf(count, by, request, making),
    name: common.name,
    place: common.place.join(' · '),
    common: Object.fromEntries(shared.map((name) => [name, variables[0]?.[name]])),
    stillFiring: stillFiring.map((each) => viewOf(each, making, { grouped: true, common })),
    listUrl: link,
    listLink: listLinkOf(link, making),
  }
  const isPartial = firing.length === 0 && stillFiring.length > 0
  const text = making.renderPart(isPartial ? 'partial' : 'group', it)
  return text ?? alerts.map((each) => each.text).join('\n\n')
}

/** Variables that a group may tell once. */
const SHAREABLE = ['alarm_summary', 'alarm_description', 'runbook_url'] as const

/** The value that all are; undefined where they differ. */
function sharedValue(values: readonly (string | undefined)[]): string | undefined {
  return values.every((each) => each === values[0]) ? values[0] : undefined
}

/** One alert with its values cut, under a word about it. */
function cutText(request: RenderRequest, making: RenderContext, longest: number): string {
  const told = request.alerts[0] as MessageAlert
  const view = viewOf(told, making, { longest, brief: longest < 1_000 })
  const text = textOf(view, making)
  return (
    making.renderPart('long', { ...view, text: new Markup(text), listUrl: request.link }) ?? text
  )
}

/** With its title, its notice and its buttons. */
function withTitleAndButtons(
  text: string,
  { request, making, count }: { request: RenderRequest; making: RenderContext; count: number },
): Draft {
  const { stillFiring = [], delayed, link } = request
  const alerts = request.alerts.slice(0, count)
  const resolved = alerts.every(({ alert }) => alert.status === 'resolved')
  const kind: MessageKind = resolved ? 'recovery' : count === 1 ? 'alert' : 'group'
  const [first] = alerts
  const word = count > 1 ? 'all' : 'detailsButton'
  const details = link === undefined ? [] : [{ title: making.word(word), url: link }]
  const buttons =
    first === undefined || count > 1
      ? details
      : [...buttonsOf(linksOf(first, making.variablesOf(first)), making), ...details]
  return {
    title: titleOf(alerts, making, { stillFiring: stillFiring.length }),
    text: withNotice(text, delayed, making),
    kind,
    told: count,
    buttons,
  }
}

const PLAIN = [
  'alarm_name',
  'alarm_level',
  'alarm_status',
  'alarm_target',
  'alarm_summary',
  'alarm_active_at',
  'alarm_resolved_at',
  'alarm_description',
  'alarm_url',
]

/** What is left to say when even the built-in part fails. */
function plainText({ v }: AlertView, making: RenderContext): string {
  return PLAIN.flatMap((name) =>
    v[name] === undefined ? [] : `- ${making.markup.bold(v[name])}`,
  ).join('\n')
}
