import type { Overview, RobotOverview } from '../../reporting/overview.ts'
import { barSvg, chartHtml, meterSvg } from '../chart.ts'
import { formattersOf } from '../format.ts'
import type { BuiltPage, PageContext } from '../page.ts'
import { exampleCurl } from '../snippets.ts'
import { shownSilence } from './silence.ts'

const LATEST_COUNT = 6
const DEAD_COUNT = 5
const MAX_SILENCES = 20

/** The month's bar warns from this share on. */
const SCARCE_FROM = 0.9

export async function overview({ facts, words }: PageContext): Promise<BuiltPage> {
  const current = await facts.overview()
  const [latest, dead, silences] = await Promise.all([
    facts.store.messages({ limit: LATEST_COUNT }),
    facts.store.messages({ limit: DEAD_COUNT, state: 'dead' }),
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
      mood: pageMood(current, dead.items.length > 0),
      totals,
      failing: current.robots.filter((robot) => isFailing(robot)),
      paused: current.robots.filter((robot) => robot.pausedUntil !== undefined),
      robots: current.robots.map((robot) => robotView(robot, words)),
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
      oldest: oldestOf(current),
      lastDeliveryAt: lastDeliveryAt(current),
      few: current.robots.length + (current.quota.limit === undefined ? 0 : 1) === 1,
      latest: latest.items,
      dead: dead.items,
      moreDead: dead.next !== null,
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
    mood: robotMood(robot),
    meter: meterSvg({ left, all, label }),
    month: monthly === undefined ? undefined : monthBar(monthUsed, monthly, words.t('month')),
  }
}

type Mood = 'calm' | 'busy' | 'paused' | 'bad'

/** The worst state of all, which sets the colour of the page. */
function pageMood(current: Overview, dead: boolean): Mood {
  if (dead) return 'bad'
  if (current.robots.some((robot) => robotMood(robot).mood !== 'calm')) return 'paused'
  return current.waiting > 0 ? 'busy' : 'calm'
}

function robotMood(robot: RobotOverview): {
  mood: Mood
  word: 'ready' | 'paused' | 'setAside' | 'retries'
} {
  if (isFailing(robot)) return { mood: 'paused', word: 'retries' }
  if (robot.pausedUntil === undefined) return { mood: 'calm', word: 'ready' }
  if (robot.pauseReason === 'rejected') return { mood: 'bad', word: 'setAside' }
  return { mood: 'paused', word: robot.pauseReason === 'unreachable' ? 'retries' : 'paused' }
}

/** True while a robot waits for a retry. */
function isFailing({ pausedUntil, lastResult, waiting }: RobotOverview): boolean {
  return pausedUntil === undefined && waiting > 0 && lastResult !== undefined && lastResult !== 'ok'
}

function monthBar(
  used: number,
  limit: number,
  label: string,
): { used: number; limit: number; bar: string } {
  const share = used / Math.max(1, limit)
  return { used, limit, bar: barSvg({ share, label, warns: share >= SCARCE_FROM }) }
}

/** Time of the latest delivery by a robot whose last attempt succeeded. */
function lastDeliveryAt(current: Overview): Date | undefined {
  const times = current.robots
    .filter((robot) => robot.lastResult === 'ok')
    .flatMap((robot) => robot.lastAt?.getTime() ?? [])
  return times.length === 0 ? undefined : new Date(Math.max(...times))
}

function oldestOf(current: Overview): Date | undefined {
  const oldest = current.channels.flatMap((each) => each.oldest?.getTime() ?? [])
  return oldest.length === 0 ? undefined : new Date(Math.min(...oldest))
}
