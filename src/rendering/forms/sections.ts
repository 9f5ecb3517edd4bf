import type { RenderContext } from '../context.ts'
import type { AlertView } from '../templates/view.ts'
import { cutTo, oneLine } from '../text/escape.ts'
import { Markup } from '../text/markup.ts'
import { NOTHING_SHARED, ownPlace, type SharedPlace, sharedPlace } from '../text/shared-place.ts'
import type { CountGroup } from '../types.ts'

export const MAX_LINE_LENGTH = 300

/** A section of a digest: the alerts of one level, or the resolved ones. */
export interface Section {
  sign: string
  /** The heading: the level's mark, and what all lines share. */
  mark: string
  /** Number of alerts, which may exceed the number of lines. */
  count: number
  lines: Markup[]
  alerts: AlertView[]
  groups: CountGroup[]
}

/** From this many alerts with the same name on, they get a section that shows the name once. */
const SAME_NAME = 3

/** Sorts alerts into sections by level, resolved ones last. Many with the same name get a section for themselves. */
export function sectionsOf(views: readonly AlertView[], context: RenderContext): Section[] {
  const counts = new Map<string, number>()
  for (const view of views) {
    const key = keyOf(view, true)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const sections = new Map<string, { section: Section; order: number; isSameName: boolean }>()
  for (const view of views) {
    const isSameName = (counts.get(keyOf(view, true)) ?? 0) >= SAME_NAME
    const key = keyOf(view, isSameName)
    const { mark, sign, name, isResolved, level } = view
    const known = sections.get(key) ?? {
      section: emptySection(
        sign,
        isSameName ? [mark, oneLine(name)].filter(Boolean).join(' · ') : headingOf(view, context),
      ),
      order: isResolved ? 6 : level,
      isSameName,
    }
    sections.set(key, known)
    known.section.count += 1
    known.section.alerts.push(view)
  }
  return [...sections.values()]
    .sort((a, b) => a.order - b.order)
    .map(({ section, isSameName }) => withLines(section, isSameName, context))
}

/** Adds a section's lines. If its alerts have the same name, the location parts they share go into its heading. */
function withLines(section: Section, isSameName: boolean, context: RenderContext): Section {
  const { mark, alerts } = section
  const shared = isSameName ? sharedPlace(alerts.map(({ places }) => places)) : NOTHING_SHARED
  const heading = [mark, ...shared.parts.map(oneLine)].filter((each) => each !== '')
  const line = cutTo(heading.join(' · '), MAX_LINE_LENGTH, '…')
  return { ...section, mark: line, lines: linesOf(alerts, context, { isSameName, shared }) }
}

export function emptySection(sign: string, mark: string): Section {
  return { sign, mark, count: 0, lines: [], alerts: [], groups: [] }
}

function keyOf({ isResolved, level, levelText, name }: AlertView, isSameName: boolean): string {
  return JSON.stringify([isResolved ? 'resolved' : `${level} ${levelText}`, isSameName ? name : ''])
}

function headingOf({ mark, sign }: AlertView, context: RenderContext): string {
  return mark === sign ? `${sign} ${context.word('alertWord')}` : mark
}

/** A line for each alert; alerts with the same text share a line, with their number. */
function linesOf(
  views: readonly AlertView[],
  context: RenderContext,
  own: { isSameName: boolean; shared: SharedPlace },
): Markup[] {
  const same = Map.groupBy(views, (view) => whatAndWhere(view, own))
  return [...same].map(([text, alike]) => {
    const times = alike.length > 1 ? ` ×${alike.length}` : ''
    return new Markup(`${context.escaped(text)}${times} · ${whenOf(alike, context)}`)
  })
}

function whatAndWhere(
  { name, places, distinct }: AlertView,
  { isSameName, shared }: { isSameName: boolean; shared: SharedPlace },
): string {
  const own = ownPlace(places, shared)
  const labels = Math.min(distinct.length, own.length)
  const shown = own.slice(0, own.length - labels)
  const line = lineText(isSameName && own.length > 0 ? shown : [name, ...shown])
  return [line, ...own.slice(own.length - labels)].filter((each) => each !== '').join(' · ')
}

/** Joins name and location parts to the text of a line. */
export function lineText(parts: readonly string[]): string {
  const shown = parts.map(oneLine).filter((each) => each !== '')
  return cutTo(shown.join(' · '), MAX_LINE_LENGTH, '…')
}

/** The start of the alert that fires longest; for resolved alerts, the longest duration. */
function whenOf(views: readonly AlertView[], context: RenderContext): string {
  const lasted = views.flatMap(({ isResolved, lastedMs }) => (isResolved ? (lastedMs ?? []) : []))
  if (lasted.length > 0)
    return context.word('lastedFor', { d: context.duration(Math.max(...lasted)) })
  const since = views.map(({ startsAt, receivedAt }) => (startsAt ?? receivedAt).getTime())
  return context.minute(new Date(Math.min(...since)))
}
