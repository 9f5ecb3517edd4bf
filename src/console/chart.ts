import type { ChartBucket } from '../reporting/timeline.ts'
import { escaped } from './format.ts'

interface ChartLabels {
  summary: string
  /** The tooltip of a column. */
  bucket: (bucket: ChartBucket) => string
  /** The URL of the list of a column's alerts. */
  href: (bucket: ChartBucket) => string
  time: (at: Date) => string
  number: (value: number) => string
}

/** Units per column of the SVG, which is stretched to the available width. */
const STEP = 100
const HEIGHT = 1_000
/** Height of the band above the columns, which marks pauses. */
const BAND = 60

/** Keeps a single alert visible beside large values. */
const MIN_HEIGHT = 14

const BAR = { offset: 12, width: 76 } as const

/** From the bottom up. Failed alerts are on top, since they need a person. */
const STACK = ['delivered', 'suppressed', 'waiting', 'failed'] as const

/**
 * Draws the alerts received in each bucket as stacked columns, each a link to its alerts, with a band above where a
 * robot was paused. The SVG needs no script; with one, a cross-hair follows the pointer and the arrow keys.
 */
export function chartHtml(buckets: readonly ChartBucket[], words: ChartLabels): string {
  const width = Math.max(1, buckets.length) * STEP
  const most = niceMaximum(Math.max(1, ...buckets.map(({ received }) => received)))
  const columns = buckets
    .map((bucket, index) => {
      const left = index * STEP
      const band =
        bucket.paused.length === 0
          ? ''
          : `<rect class="pause" x="${left}" y="0" width="${STEP}" height="${BAND}"/>`
      return `<a href="${escaped(words.href(bucket))}" tabindex="-1" data-column="${index}"><title>${escaped(words.bucket(bucket))}</title><rect class="hover" x="${left}" y="0" width="${STEP}" height="${BAND + HEIGHT}"/>${band}${columnOf(bucket, left, most)}</a>`
    })
    .join('')
  const grid = [0, 0.5, 1]
    .map(
      (share) =>
        `<rect class="grid" x="0" y="${BAND + share * HEIGHT - 4}" width="${width}" height="8"/>`,
    )
    .join('')
  const scale = [most, most / 2, 0]
    .map((value) => `<span>${escaped(words.number(value))}</span>`)
    .join('')
  const times = [0, 0.25, 0.5, 0.75, 1]
    .map((share) => buckets[Math.round(share * (buckets.length - 1))])
    .map((each) => (each === undefined ? '' : `<span>${escaped(words.time(each.at))}</span>`))
    .join('')
  return `<div class="chart" id="chart" tabindex="0" role="group" aria-label="${escaped(words.summary)}" data-columns="${buckets.length}"><div class="scale" aria-hidden="true">${scale}</div><div class="plot"><svg viewBox="0 0 ${width} ${BAND + HEIGHT}" preserveAspectRatio="none"><defs><pattern id="hatch" width="24" height="24" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="failed-back" width="24" height="24"/><rect class="failed-line" width="9" height="24"/></pattern></defs>${grid}${columns}</svg><div class="cross" hidden></div></div><div class="times" aria-hidden="true">${times}</div><p class="readout" aria-live="polite" hidden></p></div>`
}

/** Rounds each part's top edge rather than its height, so that rounding errors do not add up. */
function columnOf(bucket: ChartBucket, left: number, most: number): string {
  const x = left + BAR.offset
  let bottom = BAND + HEIGHT
  let sum = 0
  return STACK.map((name) => {
    if (bucket[name] === 0) return ''
    sum += bucket[name]
    const top = BAND + HEIGHT - Math.round((sum / most) * HEIGHT)
    const height = Math.max(MIN_HEIGHT, bottom - top)
    bottom = Math.max(0, bottom - height)
    return `<rect class="${name}" x="${x}" y="${bottom}" width="${BAR.width}" height="${height}"/>`
  }).join('')
}

/** Rounds up to 2, 4, 10, 20, 40, 100 …, so that half of it is an integer too. */
function niceMaximum(value: number): number {
  let unit = 1
  for (;;) {
    for (const factor of [2, 4, 10]) if (value <= factor * unit) return factor * unit
    unit *= 10
  }
}

/** Up to this limit, each call is drawn as a mark. */
const MAX_PIPS = 40

/** Renders the calls left of a limit: one mark per call, or a bar if there are too many. */
export function meterSvg({
  left,
  all,
  label,
}: {
  left: number
  all: number
  label: string
}): string {
  if (all > MAX_PIPS) return barSvg({ share: left / Math.max(1, all), label })
  const gap = 2
  const width = (200 - gap * (all - 1)) / Math.max(1, all)
  const pips = Array.from(
    { length: all },
    (_, index) =>
      `<rect class="${index < left ? 'on' : 'off'}" x="${round(index * (width + gap))}" y="0" width="${round(width)}" height="10" rx="1.5"/>`,
  ).join('')
  return `<svg class="meter" viewBox="0 0 200 10" preserveAspectRatio="none" role="img" aria-label="${escaped(label)}">${pips}</svg>`
}

/** Renders a share as a bar; `warns` colors it as nearly used up. */
export function barSvg({
  share,
  label,
  warns = false,
}: {
  share: number
  label: string
  warns?: boolean
}): string {
  const width = round(Math.min(1, Math.max(0, share)) * 200)
  return `<svg class="meter" viewBox="0 0 200 10" preserveAspectRatio="none" role="img" aria-label="${escaped(label)}"><rect class="off" width="200" height="10" rx="1.5"/><rect class="${warns ? 'scarce' : 'on'}" width="${width}" height="10" rx="1.5"/></svg>`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
