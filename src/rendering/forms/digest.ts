import type { MessageAlert } from '../../model/alert.ts'
import { isSevere } from '../../model/level.ts'
import type { RenderContext } from '../context.ts'
import { type DistinctTexts, listLinkOf, toolsFor, viewOf } from '../templates/view.ts'
import { Markup } from '../text/markup.ts'
import { isOcpAlert } from '../text/sender.ts'
import type { Draft, RenderRequest } from '../types.ts'
import { alertText, lineCount } from './alert-text.ts'
import { largestFitting, MAX_READABLE_LINES } from './limits.ts'
import { withNotice } from './notice.ts'

/** A rendered digest, with the alerts in full at its top. */
export interface SizedDigest {
  draft: Draft
  heads: readonly Markup[]
  /** Lines below the full alerts. */
  lineCount: number
}

/** True if a digest shows the alert in full when it fits: a firing Down or Critical alert. */
export function isHead({ alert, level }: MessageAlert): boolean {
  return alert.status === 'firing' && isSevere(level)
}

/**
 * Chooses the digest with the most content. First come as many entries (alerts or groups) as fit below one full alert,
 * then more full alerts. These may displace entries, but not the first `least`. If a single entry exceeds the platform's
 * limit, the text is the title.
 */
export function largestDigest(
  make: (count: number, heads: number) => SizedDigest,
  {
    limit,
    least,
    headsAmong,
    fits,
  }: {
    /** Number of entries. */
    limit: number
    least: number
    /** The number of alerts among the first `count` entries that may be shown in full. */
    headsAmong: (count: number) => number
    fits: RenderRequest['fits']
  },
): Draft {
  const made = new Map<string, SizedDigest>()
  const sized = (count: number, heads: number): SizedDigest => {
    const key = `${count} ${heads}`
    const digest = made.get(key) ?? make(count, heads)
    made.set(key, digest)
    return digest
  }
  const passes = (count: number, heads: number): boolean => {
    const { draft, lineCount: lines } = sized(count, heads)
    return lines <= MAX_READABLE_LINES && fits(draft.title, draft.text, draft.buttons)
  }
  const maxEntries = (heads: number, from = 0): number =>
    // Most digests fit as a whole.
    limit <= MAX_READABLE_LINES && passes(limit, heads)
      ? limit
      : from + largestFitting(limit - from, (more) => passes(from + more, heads))
  const maxHeads = (count: number): number =>
    largestFitting(headsAmong(count), (heads) => {
      const lines = sized(count, heads).heads.map((text) => lineCount(String(text)))
      const sum = lines.reduce((all, each) => all + each, 0)
      return sum <= MAX_READABLE_LINES && passes(count, heads)
    })
  const count = maxEntries(Math.min(1, headsAmong(limit))) || maxEntries(0)
  if (count === 0) return smallest(sized(Math.min(1, limit), 0).draft, fits)
  const heads = maxHeads(count)
  const mayHaveMore = count > least && heads < headsAmong(limit)
  const moreHeads = mayHaveMore ? maxHeads(least) : 0
  return moreHeads > heads
    ? sized(maxEntries(moreHeads, least), moreHeads).draft
    : sized(count, heads).draft
}

function smallest(draft: Draft, fits: RenderRequest['fits']): Draft {
  return fits(draft.title, draft.text, draft.buttons)
    ? draft
    : { ...draft, text: draft.title, buttons: [], included: 1 }
}

/**
 * Renders the alerts in `inFull` in full, and below them the part with the fields in `it`. Adds title, delay notice and
 * a button to the full list.
 */
export function renderDigest(
  it: { lines: readonly Markup[] },
  made: {
    part: 'lines' | 'counts'
    title: string
    inFull: readonly MessageAlert[]
    distinct: DistinctTexts
    included: number
  },
  { request, context }: { request: RenderRequest; context: RenderContext },
): SizedDigest {
  const { link, delayed } = request
  const heads = headTexts(made.inFull, context, made.distinct)
  const facts = { ...toolsFor(context), listUrl: link, listLink: listLinkOf(link, context) }
  const text = headsOver(
    { ...facts, ...it },
    heads,
    (all) => context.renderPart(made.part, all) ?? it.lines.join('\n'),
  )
  const draft: Draft = {
    title: made.title,
    text: withNotice(text, delayed, context),
    kind: 'digest',
    included: Math.max(1, made.included),
    buttons: link === undefined ? [] : [{ title: context.word('all'), url: link }],
  }
  return { draft, heads, lineCount: it.lines.length }
}

/** Renders a digest with full alerts. If its part prints none of `it.heads`, they go above its text. */
function headsOver<T extends object>(
  it: T,
  heads: readonly Markup[],
  render: (it: T & { heads: readonly Markup[] }) => string,
): string {
  let isPrinted = false
  const noted = heads.map((head) => new NotedMarkup(String(head), () => (isPrinted = true)))
  const text = render({ ...it, heads: noted })
  return isPrinted || heads.length === 0 ? text : `${heads.join('\n\n')}\n\n${text}`
}

/** Markup that reports when it is printed. */
class NotedMarkup extends Markup {
  readonly #note: () => void
  constructor(text: string, note: () => void) {
    super(text)
    this.#note = note
  }
  override toString(): string {
    this.#note()
    return super.toString()
  }
}

/** Limits of a value in an alert that is shown in full above a digest. */
const HEAD_VALUE = { longest: 1_000, maxLines: 12 } as const

/**
 * Renders alerts in full; each is computed once per message, however many digests are tried. Leaves out description and
 * runbook if they and the name equal those of the alert above, except in an alert of OCP.
 */
function headTexts(
  alerts: readonly MessageAlert[],
  context: RenderContext,
  distinct: DistinctTexts,
): Markup[] {
  return alerts.map((entry, index) => {
    const above = alerts[index - 1]
    const isLikeAbove =
      above !== undefined &&
      !isOcpAlert(entry.alert) &&
      detailsOf(above, context) === detailsOf(entry, context)
    return context.memo(`head ${isLikeAbove}`, entry, () => {
      const options = { distinct, grouped: true, ...HEAD_VALUE }
      const fullView = viewOf(entry, context, options)
      const view = isLikeAbove
        ? viewOf(entry, context, { ...options, without: REPEATED })
        : fullView
      return new Markup(alertText(view, context, fullView))
    })
  })
}

const REPEATED = ['alarm_description', 'runbook_url'] as const

function detailsOf(entry: MessageAlert, context: RenderContext): string {
  const v = context.variablesOf(entry)
  return JSON.stringify([v['alarm_name'], ...REPEATED.map((name) => v[name])])
}
