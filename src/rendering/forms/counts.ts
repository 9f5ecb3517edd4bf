import type { MessageAlert } from '../../model/alert.ts'
import { isSevere, type Level } from '../../model/level.ts'
import type { RenderContext } from '../context.ts'
import { alertName } from '../i18n.ts'
import { cutTo, oneLine } from '../text/escape.ts'
import { locationOf } from '../text/location.ts'
import { Markup } from '../text/markup.ts'
import { NOTHING_SHARED, ownPlace, sharedPlace } from '../text/shared-place.ts'
import type { CountGroup, Draft, RenderRequest } from '../types.ts'
import { isHead, largestDigest, renderDigest, type SizedDigest } from './digest.ts'
import { distinctTexts } from './distinct.ts'
import { truncatedOf } from './group.ts'
import { areOcp, headlineOfCounts, levelMark } from './headline.ts'
import { MAX_READABLE_LINES } from './limits.ts'
import { inReadingOrder } from './reading-order.ts'
import { emptySection, MAX_LINE_LENGTH, type Section } from './sections.ts'
import { statusSums, sum, summaryOf } from './summary.ts'
import { titleOfCounts } from './title.ts'

const MAX_TARGET_LENGTH = 120
/** Maximum number of different targets that a line of counts names. */
const MAX_TARGETS = 3

/**
 * Renders counts by level, name and cluster, the most severe first. Above them are as many firing Down and Critical
 * alerts in full as fit. Groups that do not fit are included in the total only.
 */
export function renderCounts(request: RenderRequest, context: RenderContext): Draft {
  const severe = possibleHeads(request.alerts)
  return largestDigest(countsMaker(request, severe, context), {
    limit: request.groups.length,
    least: Math.max(1, request.groups.findLastIndex(({ level }) => isSevere(level)) + 1),
    headsAmong: () => severe.length,
    fits: request.fits,
  })
}

/** The alerts that may be shown in full above counts; more would exceed the readable lines. */
export function possibleHeads(alerts: readonly MessageAlert[]): readonly MessageAlert[] {
  return alerts.filter(isHead).slice(0, MAX_READABLE_LINES)
}

/** Returns a function that renders the first `count` groups below the first `heads` severe alerts. */
function countsMaker(
  request: RenderRequest,
  severe: readonly MessageAlert[],
  context: RenderContext,
): (count: number, heads: number) => SizedDigest {
  const { groups, total } = request
  const distinct = distinctTexts(severe, context)
  const title = titleOfCounts(groups, total, context)
  const { sign, mark, text: headline } = headlineOfCounts(groups, total, context)
  const truncated = truncatedOf(request.alerts, context)
  const summary = summaryOf({ total, ...statusSums(groups) }, request, context)
  const headings = levelHeadings(groups, context)
  return (count, heads) => {
    const sections = countSections(groups.slice(0, count), headings, context)
    const it = {
      ...summary,
      sign,
      mark,
      headline,
      sections,
      lines: sections.flatMap(({ lines }) => lines),
      more: sum(groups.slice(count), ({ firing, resolved }) => firing + resolved),
      stillFiring: [],
      stillFiringLines: [],
      truncated,
    }
    const inFull = inReadingOrder(severe.slice(0, heads), context)
    const made = { part: 'counts', title, inFull, distinct, included: count } as const
    return renderDigest(it, made, { request, context })
  }
}

interface LevelHeading {
  sign: string
  text: string
  count: number
}

/** The heading of each level, with the number of alerts in all its groups. */
function levelHeadings(
  groups: readonly CountGroup[],
  context: RenderContext,
): ReadonlyMap<Level, LevelHeading> {
  const headings = new Map<Level, LevelHeading>()
  for (const [level, same] of Map.groupBy(groups, (each) => each.level)) {
    const examples = same.flatMap((group) => group.examples)
    const { sign, word } = levelMark(level, examples, context)
    headings.set(level, {
      sign,
      text: `${sign} ${word || context.word('alertWord')}`,
      count: sum(same, ({ firing, resolved }) => firing + resolved),
    })
  }
  return headings
}

/** Sections of the shown groups. */
function countSections(
  shown: readonly CountGroup[],
  headings: ReadonlyMap<Level, LevelHeading>,
  context: RenderContext,
): Section[] {
  const sections = new Map<Level, Section>()
  for (const group of shown) {
    const { level } = group
    const { sign, text, count } = headings.get(level) as LevelHeading
    const section = sections.get(level) ?? { ...emptySection(sign, text), count }
    sections.set(level, section)
    section.groups.push(group)
    section.lines.push(groupLine(group, context))
  }
  return [...sections.values()]
}

/** The line of a group, computed once for a message. */
export function groupLine(group: CountGroup, context: RenderContext): Markup {
  return context.memo('group line', group, () => makeGroupLine(group, context))
}

function makeGroupLine(group: CountGroup, context: RenderContext): Markup {
  const { name, cluster, firing, resolved } = group
  const count = firing + resolved
  const { shared, targets } = targetsOf(group, context)
  const what = [
    alertName(context.language, name),
    isPlace(group, context) ? cluster : '',
    ...shared,
  ]
    .map(oneLine)
    .filter((each) => each !== '')
  const line = cutTo(what.join(' · '), MAX_LINE_LENGTH, '…')
  const comma = context.language === 'en-US' ? ', ' : '、'
  const named = `${targets.join(comma)}${count > targets.length ? ' …' : ''}`
  const ended = resolved > 0 ? ` (${context.word('resolved', { n: resolved })})` : ''
  const text = context.escaped(
    `${line}${ended}${targets.length > 0 ? `${context.word('colon')}${named}` : ''}`,
  )
  return new Markup(`${context.markup.bold(String(count))} ${text}`.trim())
}

/** True if the group's cluster is the location of its alerts, not of the exporter that reported them. */
function isPlace({ cluster, examples }: CountGroup, context: RenderContext): boolean {
  if (examples.length === 0 || areOcp(examples)) return true
  return examples.some((entry) =>
    locationOf(context.variablesOf(entry)).some(
      (part) => part === cluster || part.endsWith(`=${cluster}`),
    ),
  )
}

/** The first different targets of a group and, if all targets are known, the location parts that all share. */
function targetsOf(
  { examples, cluster, firing, resolved }: CountGroup,
  context: RenderContext,
): { shared: readonly string[]; targets: string[] } {
  const places = examples.map((entry) =>
    locationOf(context.variablesOf(entry)).filter(
      (part) => part !== cluster && !part.endsWith(`=${cluster}`),
    ),
  )
  const areAll = examples.length >= firing + resolved
  const shared = areAll ? sharedPlace(places) : NOTHING_SHARED
  const shown = places.map((place) =>
    cutTo(oneLine(ownPlace(place, shared).join(' ')), MAX_TARGET_LENGTH, '…'),
  )
  const distinct = distinctTexts(examples, context, (_, index) =>
    context.escaped(shown[index] as string),
  )
  const targets = examples.map((entry, index) =>
    listItem(
      [shown[index], ...(distinct.get(entry) ?? [])].filter((each) => each !== '').join(' '),
    ),
  )
  const different = [...new Set(targets)].filter((each) => each !== '')
  return { shared: shared.parts, targets: different.slice(0, MAX_TARGETS) }
}

/** Quotes a target that contains a separator, so that it cannot be read as two. */
function listItem(target: string): string {
  return /[,、"]/.test(target) ? JSON.stringify(target) : target
}
