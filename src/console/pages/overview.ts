import type { Overview, RobotOverview } from '../../reporting/overview.ts'
import { barSvg, chartHtml, meterSvg } from '../chart.ts'
import { formattersOf } from '../format.ts'
import type { BuiltPage, PageContext } from '../page.ts'
import { exampleCurl } from '../snippets.ts'

const LATEST_COUNT = 6
const DEAD = 5

/** From this share of the month on the bar warns. */
const SCARCE_FROM = 0.9

export async function overview({ facts, words }: PageContext): Promise<BuiltPage> {
  const glance = await facts.glance()
  const [latest, dead] = await Promise.all([
    facts.store.messages({ limit: LATEST_COUNT }),
    facts.store.messages({ limit: DEAD, state: 'dead' }),
  ])
  const settings = facts.settings()
  const { short, minute } = formattersOf({ words, now: glance.now, timezone: settings.timezone })
  const sum = (of: 'received' | 'told'): number =>
    glance.hour.reduce((total, each) => total + each[of], 0)
  const totals = { received: sum('received'), told: sum('told'), waiting: glance.waiting }
  const figures = (values: { received: number; told: number; waiting: number }) => ({
    received: words.number(values.received),
    told: words.number(values.told),
    waiting: words.number(values.waiting),
  })
  return {
    template: 'overview',
    active: '/',
    title: words.t('overview'),
    view: {
      glance,
      mood: moodOf(glance, dead.items.length > 0),
      totals,
      failing: glance.robots.filter((robot) => isFailing(robot)),
      resting: glance.robots.filter((robot) => robot.pausedUntil !== undefined),
      robots: glance.robots.map((robot) => robotView(robot, words)),
      organisation:
        glance.quota.limit === undefined
          ? undefined
          : monthBar(glance.quota.used, glance.quota.limit, words.t('organisation')),
      plot: chartHtml(glance.hour, {
        summary: words.t('plotSays', figures(totals)),
        minute: (each) => words.t('plotMinute', { time: minute(each.at), ...figures(each) }),
        time: minute,
        number: words.number,
      }),
      oldest: oldestOf(glance),
      lastTold: lastTold(glance),
      few: glance.robots.length + (glance.quota.limit === undefined ? 0 : 1) === 1,
      latest: latest.items,
      dead: dead.items,
      moreDead: dead.next !== null,
      short,
      hasSandbox: facts.sandboxChannels().length > 0,
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
    mood: moodOfRobot(robot),
    meter: meterSvg({ left, all, label }),
    month: monthly === undefined ? undefined : monthBar(monthUsed, monthly, words.t('month')),
  }
}

type Mood = 'calm' | 'busy' | 'resting' | 'bad'

/** The worst of what there is to say, which the page is coloured by. */
function moodOf(glance: Overview, dead: boolean): Mood {
  if (dead) return 'bad'
  if (glance.robots.some((robot) => moodOfRobot(robot).mood !== 'calm')) return 'resting'
  return glance.waiting > 0 ? 'busy' : 'calm'
}

function moodOfRobot(robot: RobotOverview): {
  mood: Mood
  word: 'ready' | 'rests' | 'setAside' | 'retries'
} {
  if (isFailing(robot)) return { mood: 'resting', word: 'retries' }
  if (robot.pausedUntil === undefined) return { mood: 'calm', word: 'ready' }
  if (robot.pauseReason === 'rejected') return { mood: 'bad', word: 'setAside' }
  return { mood: 'resting', word: robot.pauseReason === 'unreachable' ? 'retries' : 'rests' }
}

/** Between two attempts, the last of which failed. */
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

/** When the last message was accepted, where that was also the last attempt. */
function lastTold(glance: Overview): Date | undefined {
  const told = glance.robots
    .filter((robot) => robot.lastResult === 'ok')
    .flatMap((robot) => robot.lastAt?.getTime() ?? [])
  return told.length === 0 ? undefined : new Date(Math.max(...told))
}

function oldestOf(glance: Overview): Date | undefined {
  const oldest = glance.channels.flatMap((each) => each.oldest?.getTime() ?? [])
  return oldest.length === 0 ? undefined : new Date(Math.min(...oldest))
}
