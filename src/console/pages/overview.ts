import { AppError } from '../../errors.ts'
import type { Silence } from '../../model/silence.ts'
import { flowOf } from '../../reporting/flow.ts'
import { headlineOf, unavailableHeadline } from '../../reporting/headline.ts'
import { RANGES, type RangeName, type Totals } from '../../reporting/history.ts'
import type { Overview } from '../../reporting/overview.ts'
import type { ChartBucket } from '../../reporting/timeline.ts'
import { chartHtml } from '../chart.ts'
import { formattersOf, pathWith } from '../format.ts'
import { headlineView } from '../headline.ts'
import type { Words } from '../i18n.ts'
import { type BuiltPage, oneOf, type PageContext, testOutcomes } from '../page.ts'
import { monthBar, robotsWorstFirst, robotView } from '../robot-line.ts'
import { shownSilence } from '../silences.ts'
import { exampleCurl } from '../snippets.ts'

const LATEST_COUNT = 6
const FAILED_COUNT = 5
const MAX_SILENCES = 20

const RANGE_NAMES = Object.keys(RANGES) as RangeName[]
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export async function overview(context: PageContext): Promise<BuiltPage> {
  const range = oneOf(context.request.query['range'], RANGE_NAMES) ?? '1h'
  let current: Overview
  try {
    current = await context.facts.overview(range)
  } catch (error) {
    if (error instanceof AppError && error.code === 'store_unavailable')
      return unavailable(error.message, context)
    throw error
  }
  return overviewOf(current, context)
}

/** The page without a store: it shows no numbers, since old ones would look current. */
function unavailable(why: string, { words }: PageContext): BuiltPage {
  return {
    template: 'unavailable',
    title: words.t('overview'),
    status: 503,
    view: { head: headlineView(unavailableHeadline(why), words) },
  }
}

async function overviewOf(current: Overview, context: PageContext): Promise<BuiltPage> {
  const { request, facts, words } = context
  const [latest, failed, silences] = await Promise.all([
    facts.store.messages({ limit: LATEST_COUNT }),
    facts.store.messages({ limit: FAILED_COUNT, failed: true }),
    facts.store.silences({ inForceAt: facts.now(), limit: MAX_SILENCES }),
  ])
  const settings = facts.settings()
  const { now, quota, channels, robots, quiet } = current
  const refused = facts.refused()
  const hasMessages = latest.items.length > 0
  const headline = headlineOf({ ...current, hasMessages, refused }, now)
  const { timezone } = settings
  const format = { words, now, timezone }
  return {
    template: 'overview',
    title: words.t('overview'),
    view: {
      current,
      head: headlineView(headline, words),
      faults: refused?.faults ?? [],
      ...numbersOf(current, { words, timezone, retentionMs: settings.retentionMs }),
      ...robotsWorstFirst(robots.map((robot) => robotView(robot, format))),
      flow: flowOf({ channels, robots, quiet, muted: mutedChannels(silences) }),
      pressedAt: request.query['at'],
      outcomes: await testOutcomes(request.query, facts),
      organisation:
        quota.limit === undefined
          ? undefined
          : monthBar(quota.used, quota.limit, words.t('organisation')),
      latest: latest.items,
      failed: failed.items,
      untilTime: formattersOf(format).picked(new Date(now.getTime() + 4 * HOUR_MS)),
      hasSandbox: facts.sandboxChannels().length > 0,
      silences: silences.map((each) => shownSilence(each, { now, words })),
      warnings: facts.warnings(),
      curl: exampleCurl(facts.url(), {
        channel: [...settings.channels.keys()][0] as string,
        access: settings.access,
      }),
    },
  }
}

/** Channels that are muted completely, and until when. */
function mutedChannels(silences: readonly Silence[]): Map<string, Date> {
  const whole = silences.filter(
    ({ kind, matchers, fingerprint }) =>
      kind === 'mute' && matchers.length === 0 && fingerprint === undefined,
  )
  return new Map(whole.map(({ channel, until }) => [channel, until]))
}

/** The chart and the tiles, whose counts add up to the alerts received. */
function numbersOf(
  { range, totals, chart, waiting, failed, now }: Overview,
  { words, timezone, retentionMs }: { words: Words; timezone: string; retentionMs: number },
) {
  const { t, n, number } = words
  const { minute, dayTime } = formattersOf({ words, now, timezone })
  const span = { from: chart[0]?.at, to: chart.at(-1)?.until }
  const isLong = RANGES[range].bucketMs * RANGES[range].count > DAY_MS / 2
  const time = isLong ? dayTime : minute
  const tile = (state: keyof Totals, listed: string, hint?: string) => ({
    ...{ state, count: totals[state], hint, href: listHref(listed, span) },
  })
  return {
    ranges: RANGE_NAMES.map((name) => ({ name, isChosen: name === range })),
    range,
    totals,
    tiles: [
      tile('delivered', 'sent'),
      tile('waiting', 'pending', waiting > totals.waiting ? n('waitsInAllN', waiting) : undefined),
      tile('failed', 'dead', failed.count > 0 ? n('failedInAllN', failed.count) : undefined),
      tile('suppressed', 'suppressed'),
    ],
    isPartial: RANGES[range].bucketMs * RANGES[range].count > retentionMs,
    retentionMs,
    chart: chartHtml(chart, {
      summary: t('chartSummary', { range: t(`last_${range}`), ...figures(totals, number) }),
      bucket: (each) => {
        const text = t('chartBucket', { time: time(each.at), ...figures(each, number) })
        return each.paused.length === 0 ? text : `${text} ${pausedIn(each, words)}`
      },
      href: (each) => listHref(undefined, { from: each.at, to: each.until }),
      time,
      number,
    }),
  }
}

function pausedIn({ paused }: ChartBucket, { t }: Words): string {
  return t('chartPaused', { robots: paused.join(t('comma')) })
}

function figures(counts: Totals, number: Words['number']): Record<keyof Totals, string> {
  return {
    received: number(counts.received),
    delivered: number(counts.delivered),
    waiting: number(counts.waiting),
    failed: number(counts.failed),
    suppressed: number(counts.suppressed),
  }
}

/** The URL of the list of alerts with a state, received in a range. */
function listHref(
  state: string | undefined,
  { from, to }: { from: Date | undefined; to: Date | undefined },
): string {
  return pathWith('/alerts', { state, from: instant(from), to: instant(to) })
}

function instant(at: Date | undefined): string | undefined {
  return at?.toISOString().replace('.000Z', 'Z')
}
