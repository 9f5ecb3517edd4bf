import { isOpenEnded } from '../model/pause.ts'
import { conditionOf, type Mood, SCARCE_FROM } from '../reporting/headline.ts'
import type { RobotOverview } from '../reporting/robot-overview.ts'
import type { CellKind } from '../reporting/timeline.ts'
import { barSvg, meterSvg } from './chart.ts'
import { type FormatContext, formattersOf } from './format.ts'
import type { ConsoleWord, Words } from './i18n.ts'
import { stripSvg } from './strip.ts'

/** One robot as the overview shows it. */
export function robotView(robot: RobotOverview, format: FormatContext) {
  const { words } = format
  const { calls: all, perMs, monthly, monthUsed, pausedUntil } = robot
  // A paused robot has no call left, whatever its limit allows.
  const left = pausedUntil === undefined ? robot.callsLeft : 0
  const label =
    pausedUntil === undefined
      ? words.t('callsLeft', { n: left, all, window: words.duration(perMs) })
      : words.t('callsPaused')
  return {
    ...robot,
    ...{ left, label },
    condition: conditionOf(robot),
    isOpenEnded: pausedUntil !== undefined && isOpenEnded(pausedUntil),
    anchor: `robot-${encodeURIComponent(robot.name)}`,
    meter: meterSvg({ left, all, label }),
    month: monthly === undefined ? undefined : monthBar(monthUsed, monthly, words.t('month')),
    waitReason: waitReasonOf(robot),
    strip: stripOf(robot, format),
  }
}

type RobotView = ReturnType<typeof robotView>

const MOODS: readonly Mood[] = ['bad', 'paused', 'busy', 'calm']

/** Sorts robots by their condition, the worst first. `isShared`: several processes serve the robots. */
export function robotsWorstFirst(robots: readonly RobotView[]) {
  const rankOf = ({ condition }: RobotView): number => MOODS.indexOf(condition.mood)
  return {
    robots: robots.toSorted((a, b) => rankOf(a) - rankOf(b)),
    isShared: new Set(robots.flatMap(({ leasedBy }) => leasedBy ?? [])).size > 1,
    isTroubled: robots.some(({ condition }) => condition.mood !== 'calm'),
  }
}

/** The named reason why the queue waits. `no_call_left` also means that calls are left, but spread over the window. */
function waitReasonOf({ wait, callsLeft }: RobotOverview): string | undefined {
  if (wait === undefined || wait.reason === 'paused') return undefined
  return wait.reason === 'no_call_left' && callsLeft === 0 ? 'no_call_free' : wait.reason
}

const KINDS: Readonly<Record<CellKind, ConsoleWord>> = {
  idle: 'cellIdle',
  accepted: 'cellAccepted',
  retried: 'cellRetried',
  paused: 'cellPaused',
  refused: 'refused',
}

function stripOf({ name, cells }: RobotOverview, format: FormatContext): string {
  const { words } = format
  const { minute } = formattersOf(format)
  const of = (kind: CellKind): number => cells.filter((each) => each.kind === kind).length
  const shown = (['refused', 'paused', 'retried', 'accepted'] as const).filter((kind) => of(kind))
  const parts = shown.map((kind) => `${words.t(KINDS[kind])} ${minutes(of(kind), words)}`)
  const hour = parts.length === 0 ? words.t('cellIdle') : parts.join(words.t('comma'))
  return stripSvg(cells, {
    summary: words.t('stripSummary', { robot: name, hour }),
    run: ({ kind, from, minutes: count, calls }) =>
      [
        `${minute(from)} ${words.t(KINDS[kind])}`,
        ...(count > 1 ? [minutes(count, words)] : []),
        ...(calls > 0 ? [words.n('callsN', calls)] : []),
      ].join(words.t('comma')),
  })
}

function minutes(count: number, { t }: Words): string {
  return t('minutes', { n: count })
}

export function monthBar(
  used: number,
  limit: number,
  label: string,
): { used: number; limit: number; bar: string } {
  const share = used / Math.max(1, limit)
  return { used, limit, bar: barSvg({ share, label, warns: share >= SCARCE_FROM }) }
}
