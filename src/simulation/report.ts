import { LEVEL_NAMES } from '../model/level.ts'
import type { Outcome } from './storm.ts'

const MAX_MESSAGES_SHOWN = 20
const BARS = 12
const BAR_WIDTH = 48

/** What a storm became, for a person at a terminal: by level, by message, and as a plot of alerts told over time. */
export function reportOf(
  outcome: Outcome,
  { alerts, over }: { alerts: number; over: string },
): string {
  const { messages, levels, toldAtMs, waiting, calls, refused } = outcome
  const told = `${toldAtMs.length} of ${alerts} alerts told in ${count(messages.length, 'message')}`
  const last = toldAtMs.at(-1)
  const when = last === undefined ? '' : `, the last after ${seconds(last)}`
  const lines = [
    `${count(alerts, 'alert')} over ${over}: ${told}${when}.`,
    `${count(calls, 'call')} used, ${refused} refused by DingTalk.`,
    ...(waiting > 0
      ? [`${count(waiting, 'alert')} still waiting after a day (a limit holds them).`]
      : []),
    '',
    ...table(
      ['level', 'alerts', 'told', 'median wait', 'longest wait'],
      levels.map(({ level, alerts: number, told: reached, medianWaitMs, longestWaitMs }) => [
        LEVEL_NAMES[level],
        String(number),
        String(reached),
        seconds(medianWaitMs),
        seconds(longestWaitMs),
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
    'alerts told over time',
    ...plot(toldAtMs, alerts),
  ]
  return `${lines.join('\n')}\n`
}

/** Columns as wide as their widest cell; numbers to the right. */
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

function plot(toldAtMs: readonly number[], alerts: number): string[] {
  const endMs = Math.max(1, toldAtMs.at(-1) ?? 0)
  return Array.from({ length: BARS }, (_, index) => {
    const atMs = (endMs * (index + 1)) / BARS
    const reached = toldAtMs.filter((each) => each <= atMs).length
    const bar = '█'.repeat(Math.round((BAR_WIDTH * reached) / Math.max(1, alerts)))
    return `${seconds(atMs).padStart(9)} ${bar.padEnd(BAR_WIDTH, '·')} ${reached}`
  })
}

function seconds(ms: number): string {
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`
  return ms < 7_200_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
