import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  conditionOf,
  type Headline,
  type HeadlineQuestion,
  headlineOf,
  type RobotFacts,
} from '../../src/reporting/headline.ts'

const NOW = new Date('2026-11-24T04:00:00Z')
const ago = (ms: number): Date => new Date(NOW.getTime() - ms)
const MINUTE = 60_000
const LATER = ago(-5 * MINUTE)

function robot(name: string, changes: Partial<RobotFacts> = {}): RobotFacts {
  return {
    ...{ name, sandbox: false, pausedUntil: undefined, pauseReason: undefined },
    ...{ pausedBy: undefined, lastResult: 'ok', lastAt: ago(MINUTE), waiting: 0 },
    ...{ oldest: undefined, monthUsed: 10, monthly: undefined, covered: false },
    ...changes,
  }
}

function head(changes: Partial<HeadlineQuestion> = {}): Headline {
  const question: HeadlineQuestion = {
    ...{ storeFault: undefined, refused: undefined, robots: [robot('a'), robot('b')] },
    ...{ channels: [], failed: { count: 0, severe: 0, oldest: undefined }, waiting: 0 },
    ...{ oldest: undefined, quota: { used: 10, limit: 3_000 }, hasMessages: true },
    ...changes,
  }
  return headlineOf(question, NOW)
}

const shown = ({ mood, kind }: Headline): string => `${mood} ${kind}`
const paused = (reason: string, changes: Partial<RobotFacts> = {}) =>
  robot('a', { pausedUntil: LATER, pauseReason: reason, ...changes })

describe('the headline', () => {
  test('is calm only when everything is delivered and nothing is wrong', () => {
    assert.equal(shown(head()), 'calm calm')
    assert.equal(shown(head({ hasMessages: false })), 'calm empty')
  })

  const situations: [string, Partial<HeadlineQuestion>, string][] = [
    ['token wrong', { robots: [robot('a', { lastResult: 'token' })] }, 'bad refused'],
    ['throttled', { robots: [paused('throttled')] }, 'paused throttled'],
    ['quota nearly used', { quota: { used: 2_700, limit: 3_000 } }, 'paused quota_low'],
    ['quota used up', { quota: { used: 3_000, limit: 3_000 } }, 'bad quota_used_up'],
    [
      "a robot's month nearly used",
      { robots: [robot('a', { monthly: 100, monthUsed: 95 })] },
      'paused quota_low',
    ],
    ['store unavailable', { storeFault: 'disk full' }, 'bad store_unavailable'],
    [
      'push limit holds',
      { channels: [{ name: 'ops', waiting: 3, heldUntil: LATER }], waiting: 3, oldest: ago(1) },
      'paused push_limit',
    ],
    [
      'one of a pool down',
      { robots: [robot('a', { lastResult: 'token', covered: true }), robot('b')] },
      'paused set_aside',
    ],
    ['one of a pool set aside', { robots: [paused('rejected')] }, 'paused set_aside'],
    [
      'configuration refused',
      { refused: { at: ago(MINUTE), faults: ['robots: is missing'] } },
      'bad config_refused',
    ],
    [
      'nothing configured',
      { robots: [robot('lab', { sandbox: true })], hasMessages: false },
      'busy sandbox_only',
    ],
    ['paused by hand', { robots: [paused('by_hand')] }, 'paused by_hand'],
    ['unreachable', { robots: [paused('unreachable')] }, 'paused unreachable'],
    [
      'retrying',
      { robots: [robot('a', { lastResult: 'timeout', waiting: 1 })], waiting: 1 },
      'paused unreachable',
    ],
    ['failed', { failed: { count: 1, severe: 1, oldest: ago(MINUTE) } }, 'bad failed'],
    ['waiting', { waiting: 3, oldest: ago(1_000) }, 'busy waiting'],
    ['waiting for long', { waiting: 3, oldest: ago(28 * MINUTE) }, 'paused waiting'],
  ]
  for (const [name, changes, expected] of situations)
    test(`says ${expected}: ${name}`, () => assert.equal(shown(head(changes)), expected))

  test('says the worst first, whatever comes together, and is never calm beside it', () => {
    for (const [, first] of situations)
      for (const [, second] of situations) {
        const both = head({ ...first, ...second })
        assert.notEqual(both.kind, 'calm')
        assert.notEqual(both.mood, 'calm')
        if (both.troubles.length > 0) assert.equal(both.kind, both.troubles[0]?.kind)
      }
    const worst = head({
      robots: [paused('throttled'), robot('b', { lastResult: 'signature' })],
      failed: { count: 2, severe: 0, oldest: ago(MINUTE) },
      quota: { used: 2_900, limit: 3_000 },
    })
    assert.deepEqual(
      worst.troubles.map(({ kind }) => kind),
      ['refused', 'failed', 'throttled', 'quota_low'],
    )
  })

  test('names the robot with the most waiting, of as many the one that waits longest', () => {
    const [many, long] = [
      robot('stormy', { waiting: 209, oldest: ago(28 * MINUTE) }),
      robot('lab', { waiting: 63, oldest: ago(MINUTE) }),
    ]
    const { waiting } = head({ robots: [long, many], waiting: 272, oldest: ago(28 * MINUTE) })
    assert.deepEqual(waiting.most, { robot: 'stormy', count: 209 })
    const same = [{ ...many, waiting: 63 }, long]
    assert.equal(head({ robots: same, waiting: 126 }).waiting.most?.robot, 'stormy')
    assert.equal(head({ robots: [many], waiting: 209 }).waiting.most, undefined)
  })
})

describe('the condition of a robot', () => {
  test('is never ready while DingTalk refuses it, though nothing waits', () => {
    for (const lastResult of ['token', 'signature', 'keyword', 'group', 'address', 'redirect'])
      assert.deepEqual(conditionOf(robot('a', { lastResult })), { mood: 'bad', kind: 'refused' })
  })

  test('is not bad for one text that was refused, or a failure before the last success', () => {
    for (const lastResult of ['content', 'too_long', 'ok', 'timeout', undefined])
      assert.equal(conditionOf(robot('a', { lastResult })).kind, 'ready', lastResult)
  })
})
