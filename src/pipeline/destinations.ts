import { channelsFor } from '../decisions/route.ts'
import type { Alert } from '../model/alert.ts'
import { DEFAULT_LEVEL, type Level, levelOf } from '../model/level.ts'
import { type Channel, queuesOf, type Settings } from '../model/settings.ts'

/** The reserved channel name for which `routes` choose the channels of each alert. */
export const AUTO = 'auto'

/** A channel with its queues and its level words, prepared once for all alerts of a request. */
export interface Destination {
  channel: Channel
  queues: readonly string[]
  levels: LevelReader
}

export interface Destinations {
  of: (alert: Alert) => readonly Destination[]
  /** Level words of the alerts so far that neither the configuration nor the built-in table contains. */
  unknownLevels: () => string[]
}

/** The channels of an alert: the one that the path names, or those of the first route that matches. */
export function destinationsFor(channel: string, settings: Settings): Destinations {
  const found = new Map<string, Destination>()
  const destinationOf = (name: string): Destination => {
    let destination = found.get(name)
    if (destination === undefined) {
      const to = settings.channels.get(name) as Channel
      destination = { channel: to, queues: queuesOf(to), levels: levelReader(to.levels) }
      found.set(name, destination)
    }
    return destination
  }
  const unknownLevels = () => [
    ...new Set([...found.values()].flatMap(({ levels }) => levels.unknown())),
  ]
  if (channel !== AUTO) {
    const only = [destinationOf(channel)]
    return { of: () => only, unknownLevels }
  }
  const common = levelReader(settings.levels)
  return {
    of(alert) {
      const subject = { variables: alert.variables, level: common.levelOf(alert.levelWord) }
      return [...new Set(channelsFor(settings.routes, subject))].map(destinationOf)
    },
    unknownLevels,
  }
}

/** The level of an alert; configured words take precedence over the built-in ones. */
export function levelIn(alert: Alert, configured?: { levels: ReadonlyMap<string, Level> }): Level {
  return levelOf(alert.levelWord ?? '', configured?.levels) ?? DEFAULT_LEVEL
}

interface LevelReader {
  levelOf: (word: string | undefined) => Level
  unknown: () => string[]
}

/** Reads the levels of words, looking up each word once. */
function levelReader(configured: ReadonlyMap<string, Level>): LevelReader {
  const levels = new Map<string, Level | undefined>()
  return {
    levelOf(word) {
      if (word === undefined) return DEFAULT_LEVEL
      if (!levels.has(word)) levels.set(word, levelOf(word, configured))
      return levels.get(word) ?? DEFAULT_LEVEL
    },
    unknown: () => [...levels].flatMap(([word, level]) => (level === undefined ? [word] : [])),
  }
}
