import type { MessageAlert } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { RenderContext } from '../context.ts'
import { type AlertView, listLinkOf, toolsFor, viewOf } from '../templates/view.ts'
import { cutTo, oneLine } from '../text/escape.ts'
import { LEVEL_ICONS } from '../text/level-icons.ts'
import { locationOf } from '../text/location.ts'
import { Markup } from '../text/markup.ts'
import { summaryOf } from '../text/summary.ts'
import type { CountGroup, Draft, RenderRequest } from '../types.ts'
import { largestFitting } from './largest-fitting.ts'
import { withNotice } from './notice.ts'
import { levelHeadOf, titleOf, titleOfCounts } from './title.ts'

const MAX_LINE_LENGTH = 300
const MAX_TARGET_LENGTH = 80

/** What a digest says of one level, or of what is resolved. */
interface Section {
  sign: string
  mark: string
  /** How many alerts, which may be more than its lines. */
  count: number
  lines: Markup[]
  alerts: AlertView[]
  groups: CountGroup[]
}

/** A line for each alert, as many of the first as fit. */
export function renderLines(request: RenderRequest, making: RenderContext): Draft {
  const { alerts, fits, delayed } = request
  const views: AlertView[] = []
  const viewsOf = (count: number): AlertView[] => {
    while (views.length < count)
      views.push(
        viewOf(alerts[views.length] as MessageAlert, making, { grouped: true, brief: true }),
      )
    return views.slice(0, count)
  }
  const madeOf = (count: number): Draft => {
    const told = viewsOf(count)
    const firing = told.filter(({ isResolved }) => !isResolved).length
    const by = { firing, resolved: count - firing }
    const it = {
      ...viewOfDigest(request, making),
      ...summaryOf(count, by, request, making),
      ...sectioned(sectionsOf(told, making)),
      more: 0,
    }
    const text = making.renderPart('lines', it) ?? it.lines.join('\n')
    const title = titleOf(alerts.slice(0, count), making)
    return digestOf(title, withNotice(text, delayed, making), { request, making, told: count })
  }
  return largest(alerts.length, madeOf, fits)
}

/** Counts by level, name and cluster, the most severe first; what does not fit is only counted. */
export function renderCounts(request: RenderRequest, making: RenderContext): Draft {
  const { groups, fits, delayed, total } = request
  const title = titleOfCounts(groups, total, making)
  const sum = (some: readonly CountGroup[], of: (group: CountGroup) => number): number =>
    some.reduce((all, group) => all + of(group), 0)
  const by = {
    firing: sum(groups, ({ firing }) => firing),
    resolved: sum(groups, ({ resolved }) => resolved),
  }
  const countOf = (level: Level): number =>
    sum(
      groups.filter((each) => each.level === level),
      ({ firing, resolved }) => firing + resolved,
    )
  const madeOf = (count: number): Draft => {
    const sections = new Map<Level, Section>()
    for (const group of groups.slice(0, count)) {
      const { level } = group
      const section = sections.get(level) ?? {
        ...emptySection(LEVEL_ICONS[level], levelHeadOf(level, making)),
        count: countOf(level),
      }
      sections.set(level, section)
      section.groups.push(group)
      section.lines.push(groupLineOf(group, making))
    }
    const it = {
      ...viewOfDigest(request, making),
      ...summaryOf(total, by, request, making),
      ...sectioned([...sections.values()]),
      more: sum(groups.slice(count), ({ firing, resolved }) => firing + resolved),
    }
    const text = making.renderPart('counts', it) ?? it.lines.join('\n')
    return digestOf(title, withNotice(text, delayed, making), { request, making, told: count })
  }
  return largest(groups.length, madeOf, fits)
}

/** The largest that fits; where not even one line does, the title alone. */
function largest(
  limit: number,
  madeOf: (count: number) => Draft,
  fits: RenderRequest['fits'],
): Draft {
  const told = largestFitting(limit, (count) => {
    const { title, text, buttons } = madeOf(count)
    return fits(title, text, buttons)
  })
  if (told > 0) return madeOf(told)
  const made = madeOf(Math.min(1, limit))
  return fits(made.title, made.text, made.buttons)
    ? made
    : { ...made, text: made.title, buttons: [], told: 1 }
}

function digestOf(
  title: string,
  text: string,
  { request, making, told }: { request: RenderRequest; making: RenderContext; told: number },
): Draft {
  const { link } = request
  const buttons = link === undefined ? [] : [{ title: making.word('all'), url: link }]
  return { title, text, kind: 'digest', told: Math.max(1, told), buttons }
}

function viewOfDigest({ link, alerts, groups }: RenderRequest, making: RenderContext) {
  const level = alerts[0]?.level ?? groups[0]?.level
  return {
    ...toolsFor(making),
    sign: level === undefined ? '' : LEVEL_ICONS[level],
    listUrl: link,
    listLink: listLinkOf(link, making),
  }
}

function sectioned(sections: Section[]) {
  return { sections, lines: sections.flatMap(({ lines }) => lines) }
}

/** From so many alerts of one name on, a section says the name once. */
const SAME_NAME = 3

/** By level, then what is resolved; many of one name are a section of their own. */
function sectionsOf(views: readonly AlertView[], making: RenderContext): Section[] {
  const keyOf = ({ isResolved, level, name }: AlertView, named: boolean): string =>
    `${isResolved ? 'resolved' : level} ${named ? name : ''}`
  const counts = new Map<string, number>()
  for (const view of views) {
    const key = keyOf(view, true)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const sections = new Map<string, Section & { order: number }>()
  for (const view of views) {
    const named = (counts.get(keyOf(view, true)) ?? 0) >= SAME_NAME
    const key = keyOf(view, named)
    const { mark, sign, name, isResolved, level } = view
    const section = sections.get(key) ?? {
      ...emptySection(sign, named ? `${mark} · ${oneLine(name)}` : mark),
      order: isResolved ? 6 : level,
    }
    sections.set(key, section)
    section.count += 1
    section.alerts.push(view)
    section.lines.push(lineOf(view, making, { named }))
  }
  return [...sections.values()].sort((a, b) => a.order - b.order)
}

function emptySection(sign: string, mark: string): Section {
  return { sign, mark, count: 0, lines: [], alerts: [], groups: [] }
}

/** What, where, and since when; of a resolved one, for how long. */
function lineOf(view: AlertView, making: RenderContext, { named }: { named: boolean }): Markup {
  const { name, place, startsAt, receivedAt, lastedMs, isResolved } = view
  const when =
    isResolved && lastedMs !== undefined
      ? making.duration(lastedMs)
      : making.time(startsAt ?? receivedAt)
  const said = [named && place !== '' ? '' : name, place].map(oneLine)
  const line = cutTo(said.filter((each) => each !== '').join(' · '), MAX_LINE_LENGTH, '…')
  return new Markup(`${making.escaped(line)} · ${when}`)
}

function groupLineOf(group: CountGroup, making: RenderContext): Markup {
  const { name, cluster, firing, resolved, targets } = group
  const count = firing + resolved
  const what = [name, cluster].map(oneLine).filter((each) => each !== '')
  const line = cutTo(what.join(' · '), MAX_LINE_LENGTH, '…')
  const some = targets.map((each) => {
    const place = locationOf({ alarm_target: each }).filter((part) => part !== cluster)
    return cutTo(oneLine(place.join(' ')), MAX_TARGET_LENGTH, '…')
  })
  const comma = making.language === 'en-US' ? ', ' : '、'
  const named = `${some.join(comma)}${count > some.length ? ' …' : ''}`
  const ended = resolved > 0 ? ` (${making.word('resolved', { n: resolved })})` : ''
  const text = making.escaped(
    `${line}${ended}${some.length > 0 ? `${making.word('colon')}${named}` : ''}`,
  )
  return new Markup(`${making.markup.bold(String(count))} ${text}`.trim())
}
