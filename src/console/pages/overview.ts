import { AppError } from '../../errors.ts'
import { isOpenEnded } from '../../model/pause.ts'
import {
  conditionOf,
  type Headline,
  type HeadlineQuestion,
  headlineOf,
} from '../../reporting/headline.ts'
import type { Overview, RobotOverview } from '../../reporting/overview.ts'
import type { StoredMessage } from '../../stores/queries.ts'
import { barSvg, chartHtml, meterSvg } from '../chart.ts'
import { formattersOf } from '../format.ts'
import { headlineView } from '../headline.ts'
import type { BuiltPage, PageContext } from '../page.ts'
import { exampleCurl } from '../snippets.ts'
import { shownSilence } from './silence.ts'

const LATEST_COUNT = 6
const FAILED_COUNT = 5
const MAX_SILENCES = 20

/** The month's bar warns from this share on. */
const SCARCE_FROM = 0.9

export async function overview(context: PageContext): Promise<BuiltPage> {
  let current: Overview
  try {
    current = await context.facts.overview()
  } catch (error) {
    if (error instanceof AppError && error.code === 'store_unavailable')
      return unavailable(error.message, context)
    throw error
  }
  return overviewOf(current, context)
}

/** Only that nothing can be known, so that the numbers of before do not pass for those of now. */
function unavailable(why: string, { facts, words }: PageContext): BuiltPage {
  const headline = headlineOf({ ...NOTHING_KNOWN, storeFault: why }, facts.now())
  return {
    template: 'unavailable',
    active: '/',
    title: words.t('overview'),
    status: 503,
    view: { head: headlineView(headline, words) },
  }
}

const NOTHING_KNOWN: Omit<HeadlineQuestion, 'storeFault'> = {
  refused: undefined,
  robots: [],
  channels: [],
  failed: { count: 0, severe: 0, oldest: undefined },
  waiting: 0,
  oldest: undefined,
  quota: { used: 0, limit: undefined },
  hasMessages: false,
}

function headlineFor(
  current: Overview,
  facts: PageContext['facts'],
  hasMessages: boolean,
): Headline {
  const times = current.channels.flatMap(({ oldest }) => oldest?.getTime() ?? [])
  const oldest = times.length === 0 ? undefined : new Date(Math.min(...times))
  const question = {
    ...current,
    oldest,
    hasMessages,
    storeFault: undefined,
    refused: facts.refused(),
  }
  return headlineOf(question, current.now)
}

async function overviewOf(
  current: Overview,
  { request, facts, words }: PageContext,
): Promise<BuiltPage> {
  const [latest, failed, silences] = await Promise.all([
    facts.store.messages({ limit: LATEST_COUNT }),
    facts.store.messages({ limit: FAILED_COUNT, failed: true }),
    facts.store.silences({ inForceAt: facts.now(), limit: MAX_SILENCES }),
  ])
  const settings = facts.settings()
  const { short, minute } = formattersOf({ words, now: current.now, timezone: settings.timezone })
  const sum = (of: 'received' | 'delivered'): number =>
    current.hour.reduce((total, each) => total + each[of], 0)
  const totals = {
    received: sum('received'),
    delivered: sum('delivered'),
    waiting: current.waiting,
  }
  const figures = (values: { received: number; delivered: number; waiting: number }) => ({
    received: words.number(values.received),
    delivered: words.number(values.delivered),
    waiting: words.number(values.waiting),
  })
  return {
    template: 'overview',
    active: '/',
    title: words.t('overview'),
    view: {
      current,
      head: headlineView(headlineFor(current, facts, latest.items.length > 0), words),
      totals,
      robots: current.robots.map((robot) => robotView(robot, words)),
      ...saidIn(request.query),
      outcomes: await outcomesOf(request.query, facts),
      organisation:
        current.quota.limit === undefined
          ? undefined
          : monthBar(current.quota.used, current.quota.limit, words.t('organisation')),
      chart: chartHtml(current.hour, {
        summary: words.t('chartSummary', figures(totals)),
        minute: (each) => words.t('chartMinute', { time: minute(each.at), ...figures(each) }),
        time: minute,
        number: words.number,
      }),
      few: current.robots.length + (current.quota.limit === undefined ? 0 : 1) === 1,
      latest: latest.items,
      failed: failed.items,
      short,
      hasSandbox: facts.sandboxChannels().length > 0,
      silences: silences.map((each) => shownSilence(each, { now: current.now, words })),
      warnings: facts.warnings(),
      curl: exampleCurl(facts.url(), {
        channel: [...settings.channels.keys()][0] as string,
        access: settings.access,
      }),
    },
  }
}

function robotView(robot: RobotOverview, words: PageContext['words']) {
  const { callsLeft: left, calls: all, perMs, monthly, monthUsed } = robot
  const label = words.t('callsLeft', { n: left, all, window: words.duration(perMs) })
  return {
    ...robot,
    condition: conditionOf(robot),
    isOpenEnded: robot.pausedUntil !== undefined && isOpenEnded(robot.pausedUntil),
    anchor: `robot-${encodeURIComponent(robot.name)}`,
    meter: meterSvg({ left, all, label }),
    month: monthly === undefined ? undefined : monthBar(monthUsed, monthly, words.t('month')),
  }
}

function monthBar(
  used: number,
  limit: number,
  label: string,
): { used: number; limit: number; bar: string } {
  const share = used / Math.max(1, limit)
  return { used, limit, bar: barSvg({ share, label, warns: share >= SCARCE_FROM }) }
}

/** What an action said, and the card or row in which it was pressed. */
function saidIn({ at }: Readonly<Record<string, string>>): { saidAt: string | undefined } {
  return { saidAt: at }
}

const MAX_OUTCOMES = 20

/** What has come of the tests that were pressed last. */
async function outcomesOf(
  { ran }: Readonly<Record<string, string>>,
  { store }: PageContext['facts'],
): Promise<StoredMessage[]> {
  if (ran === undefined || !/^\d{1,15}(\.\d{1,15})*$/.test(ran)) return []
  const ids = ran.split('.').slice(0, MAX_OUTCOMES)
  const found = await Promise.all(ids.map((id) => store.message(id, 0)))
  return found.flatMap((each) => each?.message ?? [])
}
