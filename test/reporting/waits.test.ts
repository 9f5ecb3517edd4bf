import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { wordsOf } from '../../src/console/i18n.ts'
import { waitViews } from '../../src/console/waits.ts'
import { NO_END_MS } from '../../src/model/pause.ts'
import type { ChannelOverview } from '../../src/reporting/channel-overview.ts'
import type { Overview } from '../../src/reporting/overview.ts'
import type { RobotOverview } from '../../src/reporting/robot-overview.ts'
import { waitOf, waitsOf } from '../../src/reporting/waits.ts'

const NOON = new Date('2026-11-24T12:00:00Z')
const LATER = new Date('2026-11-24T13:00:00Z')

const robot = (name: string, changes: Partial<RobotOverview> = {}): RobotOverview =>
  ({ name, pausedUntil: undefined, wait: undefined, ...changes }) as RobotOverview

const channel = (changes: Partial<ChannelOverview> = {}): ChannelOverview =>
  ({
    name: 'ops',
    mode: 'all',
    robots: ['a', 'b'],
    heldUntil: undefined,
    ...changes,
  }) as ChannelOverview

const overview = (robots: RobotOverview[], channels = [channel()]): Overview =>
  ({ robots, channels }) as unknown as Overview

const BY_HAND = { pausedUntil: new Date(NO_END_MS), pauseReason: 'by_hand', pausedBy: 'li' }

describe('why something waits', () => {
  test('is first of all a pause, with its author and end', () => {
    assert.deepEqual(waitOf(robot('a', BY_HAND), LATER), {
      ...{ robot: 'a', until: undefined, kind: 'paused', reason: 'by_hand', by: 'li' },
    })
    const throttled = robot('a', { pausedUntil: LATER, pauseReason: 'throttled' })
    assert.deepEqual(waitOf(throttled, undefined), {
      ...{ robot: 'a', until: LATER, kind: 'paused', reason: 'throttled', by: undefined },
    })
  })

  test('is the push limit of the same channel, not of another', () => {
    const held = robot('a', { wait: { reason: 'push_limit', until: LATER } })
    assert.deepEqual(waitOf(held, LATER), {
      ...{ robot: 'a', until: LATER, kind: 'plan', reason: 'push_limit' },
    })
    assert.equal(waitOf(held, undefined), undefined)
  })

  test('is what the robot plans', () => {
    const collecting = robot('a', { wait: { reason: 'collecting', until: LATER } })
    assert.deepEqual(waitOf(collecting, undefined), {
      ...{ robot: 'a', until: LATER, kind: 'plan', reason: 'collecting' },
    })
    assert.equal(waitOf(robot('a'), undefined), undefined)
  })

  test('is returned per robot, but not for a pool in which another robot works', () => {
    const both = [robot('a', BY_HAND), robot('b')]
    assert.equal(waitsOf('ops', overview(both)).length, 1)
    assert.deepEqual(waitsOf('ops', overview(both, [channel({ mode: 'pool' })])), [])
    const none = [robot('a', BY_HAND), robot('b', BY_HAND)]
    assert.equal(waitsOf('ops', overview(none, [channel({ mode: 'pool' })])).length, 2)
    assert.deepEqual(waitsOf('gone', overview(both)), [])
  })

  test('is a text with its end, in each language', async () => {
    for (const [language, text] of [
      ['en-US', 'a is paused by li'],
      ['zh-CN', 'a 已被 li 暂停'],
      ['zh-TW', 'a 已被 li 暫停'],
    ] as const) {
      const facts = { overview: async () => overview([robot('a', BY_HAND)]), now: () => NOON }
      const context = { facts, words: wordsOf(language) } as never
      const waits = await waitViews(true, context)
      assert.deepEqual(waits.channel('ops'), [{ text, until: undefined, isOpenEnded: true }])
      assert.deepEqual((await waitViews(false, context)).channel('ops'), [])
    }
  })

  test('of a message is its next attempt, unless its robot is paused', async () => {
    const words = wordsOf('en-US')
    const waiting = async (found: RobotOverview, dueAt: Date | undefined) => {
      const facts = { overview: async () => overview([found]), now: () => NOON }
      const waits = await waitViews(true, { facts, words } as never)
      return waits
        .message({ robot: 'a', channel: 'ops', dueAt })
        .map(({ text, until }) => [text, until])
    }
    assert.deepEqual(await waiting(robot('a'), LATER), [['the next attempt is due', LATER]])
    assert.deepEqual(await waiting(robot('a', BY_HAND), LATER), [['a is paused by li', undefined]])
    assert.deepEqual(await waiting(robot('a'), NOON), [['waits for the next call', undefined]])
  })
})
