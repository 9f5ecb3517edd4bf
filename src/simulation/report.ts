import { LEVEL_NAMES } from '../model/level.ts'
import type { Outcome } from './storm.ts'

const MAX_MESSAGES_SHOWN = 20
const BARS = 12
const BAR_WIDTH = 48

/** Describes a storm's outcome for a terminal: by level, by message, and as a plot of delivered alerts over time. */
export function reportOf(
  outcome: Outcome,
  { alerts, over }: { alerts: number; over: string },
): string {
  const { messages, levels, deliveredAtMs, waiting, calls, refused } = outcome
  const delivered = `${deliveredAtMs.length} of ${alerts} alerts delivered in ${count(messages.length, 'message')}`
  const last = deliveredAtMs.at(-1)
  const when = last === undefined ? '' : `, the last after ${seconds(last)}`
  const lines = [
    `${count(alerts, 'alert')} over ${over}: ${delivered}${when}.`,
    `${count(calls, 'call')} used, ${refused} refused by DingTalk.`,
    ...(waiting > 0
      ? [`${count(waiting, 'alert')} still waiting after a day (a limit holds them).`]
      : []),
    '',
    ...table(
      ['level', 'alerts', 'delivered', 'median wait', 'longest wait'],
      levels.map((each) => [
        LEVEL_NAMES[each.level],
        String(each.alerts),
        String(each.delivered),
        seconds(each.medianWaitMs),
        seconds(each.longestWaitMs),
      ]),
    ),
    '',
    ...table(
      ['after', 'robot', 'kind', 'alerts', 'title'],
      messages
        .slice(0, MAX_MESSAGES_SHOWN)
        .map(({ atMs, robot, kind, alerts: number, title }) => [
          seconds(atMs),
          robot,
          kind,
          String(number),
          title,
        ]),
    ),
    ...(messages.length > MAX_MESSAGES_SHOWN
      ? [`… and ${count(messages.length - MAX_MESSAGES_SHOWN, 'more message')}`]
      : []),
    '',
    'alerts delivered over time',
    ...plot(deliveredAtMs, alerts),
  ]
  return `${lines.join('\n')}\n`
}

/** Aligns columns to their widest cell, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const isNumber = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^\d/.test(row[column] ?? '')),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        isNumber[column] === true
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)]
}

function plot(deliveredAtMs: readonly number[], alerts: number): string[] {
  const endMs = Math.max(1, deliveredAtMs.at(-1) ?? 0)
  return Array.from({ length: BARS }, (_, index) => {
    const atMs = (endMs * (index + 1)) / BARS
    const delivered = deliveredAtMs.filter((each) => each <= atMs).length
    const bar = '█'.repeat(Math.round((BAR_WIDTH * delivered) / Math.max(1, alerts)))
    return `${seconds(atMs).padStart(9)} ${bar.padEnd(BAR_WIDTH, '·')} ${delivered}`
  })
}

function seconds(ms: number): string {
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`
  return ms < 7_200_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
