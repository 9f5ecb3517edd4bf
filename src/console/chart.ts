/** Counts of one minute. */
export interface ChartPoint {
  at: Date
  received: number
  delivered: number
  waiting: number
}

export interface ChartLabels {
  summary: string
  minute: (minute: ChartPoint) => string
  time: (at: Date) => string
  number: (value: number) => string
}

/** Units per minute of the SVG, which is stretched to the available width. */
const STEP = 100
const HEIGHT = 1_000

/** Keeps a single alert visible beside large values. */
const MIN_HEIGHT = 12

const BARS = {
  received: { offset: 8, width: 38 },
  delivered: { offset: 52, width: 38 },
} as const

/**
 * Renders received and delivered alerts as bars over an area of waiting alerts, one step per minute. The chart is plain
 * SVG with the scales as text around it.
 */
export function chartHtml(minutes: readonly ChartPoint[], words: ChartLabels): string {
  const width = minutes.length * STEP
  const most = niceMaximum(
    Math.max(1, ...minutes.map((each) => Math.max(each.received, each.delivered, each.waiting))),
  )
  const heightOf = (value: number): number => Math.round((value / most) * HEIGHT)
  const bar = (index: number, name: keyof typeof BARS, value: number): string => {
    if (value === 0) return ''
    const height = Math.max(MIN_HEIGHT, heightOf(value))
    const { offset, width: wide } = BARS[name]
    return `<rect class="${name}" x="${index * STEP + offset}" y="${HEIGHT - height}" width="${wide}" height="${height}"/>`
  }
  const area = minutes
    .map((each, index) => `L${index * STEP} ${HEIGHT - heightOf(each.waiting)}h${STEP}`)
    .join('')
  const bars = minutes
    .map(
      (each, index) =>
        `<g><title>${escaped(words.minute(each))}</title><rect class="hover" x="${index * STEP}" y="0" width="${STEP}" height="${HEIGHT}"/>${bar(index, 'received', each.received)}${bar(index, 'delivered', each.delivered)}</g>`,
    )
    .join('')
  const scale = [most, most / 2, 0]
    .map((value) => `<span>${escaped(words.number(value))}</span>`)
    .join('')
  const times = [0, 0.25, 0.5, 0.75, 1]
    .map((share) => minutes[Math.round(share * (minutes.length - 1))])
    .map((each) => (each === undefined ? '' : `<span>${escaped(words.time(each.at))}</span>`))
    .join('')
  return `<div class="chart" role="img" aria-label="${escaped(words.summary)}"><div class="scale" aria-hidden="true">${scale}</div><svg viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none"><path class="waiting" d="M0 ${HEIGHT}${area}V${HEIGHT}Z"/>${bars}</svg><div class="times" aria-hidden="true">${times}</div></div>`
}

/** Rounds up to 2, 4, 10, 20, 40, 100 …, so that half of it is an integer too. */
function niceMaximum(value: number): number {
  let unit = 1
  for (;;) {
    for (const factor of [2, 4, 10]) if (value <= factor * unit) return factor * unit
    unit *= 10
  }
}

/** Up to this many calls are drawn one by one. */
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

/** Renders a share as a bar; `warns` colours it as scarce. */
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

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
