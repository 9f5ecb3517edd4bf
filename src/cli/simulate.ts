import { realClock } from '../clock.ts'
import { DURATION_PATTERN, durationMs } from '../config/duration.ts'
import { AppError } from '../errors.ts'
import type { Channel } from '../model/settings.ts'
import { reportOf } from '../simulation/report.ts'
import { playStorm, withRobots } from '../simulation/storm.ts'
import { type ConfigOptions, load } from './load.ts'

interface SimulateOptions extends ConfigOptions {
  alerts: string
  over: string
  robots?: string
}

const MAX_ALERTS = 200_000
const MAX_ROBOTS = 100
const MAX_OVER_MS = 86_400_000

/** Plays a storm through the first channel on a virtual clock and prints the outcome; sends nothing. */
export async function simulate(options: SimulateOptions): Promise<number> {
  const alerts = wholeNumber(options.alerts, '--alerts', MAX_ALERTS)
  const overMs = new RegExp(DURATION_PATTERN).test(options.over) ? durationMs(options.over) : -1
  if (overMs < 0 || overMs > MAX_OVER_MS)
    throw new AppError('usage', '--over: must be a duration such as 1s, 30s or 10m, at most 1d')
  const { settings } = await load(options)
  const channel = [...settings.channels.values()][0] as Channel
  const storm = {
    alerts,
    overMs,
    channel: channel.name,
    start: realClock.now(),
    settings:
      options.robots === undefined
        ? settings
        : withRobots(settings, channel, wholeNumber(options.robots, '--robots', MAX_ROBOTS)),
  }
  process.stdout.write(reportOf(await playStorm(storm), { alerts, over: options.over }))
  return 0
}

function wholeNumber(text: string, flag: string, most: number): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1 || number > most)
    throw new AppError('usage', `${flag}: must be a whole number from 1 to ${most}`)
  return number
}
