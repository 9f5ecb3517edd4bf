import type { Channel, Robot, Settings } from '../../src/model/settings.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import type { Renderer } from '../../src/rendering/types.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'
import type { Setup } from './history.ts'

/**
 * one: one robot. all: two robots, each in another group. pool: three robots of one group. pair: two of them.
 * two: two channels of one robot.
 */
export const SHAPES = ['one', 'all', 'pool', 'pair', 'two'] as const
export type Shape = (typeof SHAPES)[number]

/** The parts of a configuration that histories change. */
export interface Layout {
  shape: Shape
  /** The robots have new names and the same tokens. */
  renamed?: boolean
  /** The channel `ops` is removed. */
  without?: boolean
}

/** The tokens of the robots, in the order of their names. */
const TOKENS: Record<Shape, readonly string[]> = {
  one: ['t1'],
  all: ['t1', 'u1'],
  pool: ['t1', 't2', 't3'],
  pair: ['t1', 't2'],
  two: ['t1'],
}

/** The DingTalk group of a token. */
export function groupOf(token: string): string {
  return token.slice(0, 1)
}

/** The groups of channel `ops`. */
export function groupsOf({ shape }: Layout): string[] {
  return [...new Set(TOKENS[shape].map(groupOf))]
}

const NAMES: Record<string, string> = { t1: 'a', t2: 'b', t3: 'c', u1: 'd' }

/** The channel to which an alert is posted. */
export function channelFor(alert: number, { shape }: Layout, { monthly }: Setup): string {
  if (monthly !== undefined && alert % 4 === 3) return 'lab'
  return shape === 'two' && alert % 4 > 1 ? 'other' : 'ops'
}

export function settingsFor(layout: Layout, setup: Setup): Settings {
  const { shape, renamed = false, without = false } = layout
  const { limits, timeoutMs, everyMs, by, monthly } = setup
  const nameOf = (token: string): string => `${NAMES[token]}${renamed ? '-new' : ''}`
  const tokens = TOKENS[shape]
  const robots: Robot[] = tokens.map((token) =>
    robotNamed(nameOf(token), { key: token, address: 'direct', limits, timeoutMs }),
  )
  const channel = (name: string, changes: Partial<Channel> = {}): Channel =>
    channelNamed(name, {
      robots: tokens.map(nameOf),
      mode: shape === 'pool' || shape === 'pair' ? 'pool' : 'all',
      aggregate: everyMs === 0 ? undefined : { everyMs, by },
      ...changes,
    })
  const channels = without ? [] : [channel('ops')]
  if (shape === 'two' || without) channels.push(channel('other'))
  if (monthly !== undefined) {
    robots.push(robotNamed('lab', { key: 'sandbox-lab', limits, timeoutMs }))
    channels.push(channel('lab', { robots: ['lab'], mode: 'all' }))
  }
  return settingsOf({ robots, channels }, { externalUrl: 'http://console', monthlyQuota: monthly })
}

/** Cached: renderers depend only on the channels' names here, and are expensive to create for every process. */
const RENDERERS = new Map<string, Renderer>()

export function rendererFor(settings: Settings): Renderer {
  const names = [...settings.channels.keys()].join(' ')
  const renderer = RENDERERS.get(names) ?? createRenderer(settings, settings.channels.values())
  RENDERERS.set(names, renderer)
  return renderer
}
