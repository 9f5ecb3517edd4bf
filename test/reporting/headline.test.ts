import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  conditionOf,
  type Headline,
  type HeadlineFacts,
  headlineOf,
  type RobotFacts,
  unavailableHeadline,
} from '../../src/reporting/headline.ts'
import type { QuietSource } from '../../src/reporting/quiet-sources.ts'

const NOW = new Date('2026-11-24T04:00:00Z')
const ago = (ms: number): Date => new Date(NOW.getTime() - ms)
const MINUTE = 60_000
const LATER = ago(-5 * MINUTE)

function robot(name: string, changes: Partial<RobotFacts> = {}): RobotFacts {
  return {
    ...{ name, sandbox: false, pausedUntil: undefined, pauseReason: undefined },
    ...{ pausedSince: undefined, pausedBy: undefined, lastResult: 'ok', lastAt: ago(MINUTE) },
    ...{ waiting: 0, oldest: undefined, sharedBy: undefined, covered: false },
    ...{ attempts: { accepted: 5, refused: 0 }, monthUsed: 10, monthly: undefined },
    ...changes,
  }
}

function head(changes: Partial<HeadlineFacts> = {}): Headline {
  const facts: HeadlineFacts = {
    ...{ refused: undefined, robots: [robot('a'), robot('b')] },
    ...{ channels: [], failed: { count: 0, severe: 0, oldest: undefined }, waiting: 0 },
    removed: { count: 0, oldest: undefined },
    ...{ waitingSevere: 0, quiet: [] },
    ...{ oldest: undefined, quota: { used: 10, limit: 3_000 }, hasMessages: true },
    ...changes,
  }
  return headlineOf(facts, NOW)
}

/** The kinds of trouble, the worst first; from `unreachable` on none is bad. */
const WEIGHT: readonly string[] = [
  ...['store_unavailable', 'refused', 'failed', 'removed', 'config_refused', 'quota_used_up'],
  ...[
    'unreachable',
    'throttled',
    'heartbeat_missing',
    'by_hand',
    'set_aside',
    'push_limit',
    'quota_low',
  ],
]

const shown = ({ mood, kind }: Headline): string => `${mood} ${kind}`
const paused = (reason: string, changes: Partial<RobotFacts> = {}) =>
  robot('a', { pausedUntil: LATER, pauseReason: reason, ...changes })

const REFUSED = { accepted: 0, refused: 2 }
const SILENT: QuietSource = {
  ...{ kind: 'heartbeat_missing', source: 'alertmanager', name: 'Watchdog' },
  ...{ everyMs: MINUTE, since: ago(30 * MINUTE) },
}
const QUIET: QuietSource = { kind: 'quiet', source: 'ocp', since: ago(480 * MINUTE) }

describe('the headline', () => {
  test('is calm only when everything is delivered and nothing is wrong', () => {
    assert.equal(shown(head()), 'calm calm')
    assert.equal(shown(head({ hasMessages: false })), 'calm empty')
  })

  test('names the reason while the store cannot be read, and no number', () => {
    const { troubles, waiting, ...headline } = unavailableHeadline('disk full')
    assert.deepEqual(headline, { mood: 'bad', kind: 'store_unavailable', quiet: [] })
    assert.deepEqual(troubles, [{ kind: 'store_unavailable', why: 'disk full' }])
    assert.equal(waiting.count, 0)
  })

  const situations: [string, Partial<HeadlineFacts>, string][] = [
    ['token wrong', { robots: [robot('a', { lastResult: 'token' })] }, 'bad refused'],
    ['throttled', { robots: [paused('throttled')] }, 'paused throttled'],
    ['quota nearly used', { quota: { used: 2_700, limit: 3_000 } }, 'paused quota_low'],
    ['quota used up', { quota: { used: 3_000, limit: 3_000 } }, 'bad quota_used_up'],
    [
      "a robot's month nearly used",
      { robots: [robot('a', { monthly: 100, monthUsed: 95 })] },
      'paused quota_low',
    ],
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
    ['heartbeat missing', { quiet: [SILENT] }, 'paused heartbeat_missing'],
    [
      'every text refused',
      { robots: [robot('a', { lastResult: 'content', attempts: REFUSED })] },
      'bad refused',
    ],
    ['failed', { failed: { count: 1, severe: 1, oldest: ago(MINUTE) } }, 'bad failed'],
    ['removed', { removed: { count: 2, oldest: ago(MINUTE) } }, 'bad removed'],
    ['waiting', { waiting: 3, oldest: ago(1_000) }, 'busy waiting'],
    ['waiting for long', { waiting: 3, oldest: ago(28 * MINUTE) }, 'paused waiting'],
  ]
  for (const [name, changes, expected] of situations)
    test(`is ${expected}: ${name}`, () => assert.equal(shown(head(changes)), expected))

  test('shows the worst problem of any combination, and is then never calm', () => {
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

  test('names each of three troubles, the most urgent first', () => {
    const names = situations.map(([, changes]) => changes)
    for (const first of names)
      for (const second of names)
        for (const third of names) {
          const all = head({ ...first, ...second, ...third })
          const kinds = all.troubles.map(({ kind }) => WEIGHT.indexOf(kind))
          assert.deepEqual(
            kinds,
            kinds.toSorted((a, b) => a - b),
          )
          assert.ok(!kinds.includes(-1))
          const isBad = kinds.some((weight) => weight < WEIGHT.indexOf('unreachable'))
          if (kinds.length > 0) assert.equal(all.mood, isBad ? 'bad' : 'paused')
        }
  })

  test('reports a source that is only quiet, and stays calm', () => {
    const { mood, kind, quiet } = head({ quiet: [QUIET] })
    assert.deepEqual([mood, kind, quiet], ['calm', 'calm', [QUIET]])
    assert.deepEqual(head({ quiet: [SILENT] }).quiet, [])
  })

  test('contains since when a robot is paused, and how many waiting alerts are Down or Critical', () => {
    const since = ago(3 * MINUTE)
    for (const reason of ['throttled', 'by_hand']) {
      const [trouble] = head({ robots: [paused(reason, { pausedSince: since })] }).troubles
      assert.ok(trouble !== undefined && 'since' in trouble)
      assert.equal(trouble.since, since, reason)
    }
    assert.equal(head({ waiting: 9, waitingSevere: 4 }).waiting.severe, 4)
  })

  test('names all robots of a pool that share the waiting alerts', () => {
    const pool = { sharedBy: ['a', 'b'], waiting: 272, oldest: ago(MINUTE) }
    const robots = [robot('a', pool), robot('b', pool)]
    assert.equal(head({ robots, waiting: 272 }).waiting.most, undefined)
    const three = [robot('c', { waiting: 1 }), ...robots]
    const { most } = head({ robots: three, waiting: 273 }).waiting
    assert.deepEqual(most, { robot: 'a + b', count: 272 })
  })

  test('names the robot with the most waiting alerts, of equal ones the one with the oldest', () => {
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
  test('is never ready while DingTalk refuses the robot, even if nothing waits', () => {
    for (const lastResult of ['token', 'signature', 'keyword', 'group', 'address', 'redirect'])
      assert.deepEqual(conditionOf(robot('a', { lastResult })), { mood: 'bad', kind: 'refused' })
  })

  test('is refused if every message of the past hour was refused, whatever the reason', () => {
    const of = (lastResult: string, attempts: RobotFacts['attempts'], covered = false) =>
      conditionOf(robot('a', { lastResult, attempts, covered })).kind
    assert.equal(of('content', REFUSED), 'refused')
    assert.equal(of('content', REFUSED, true), 'set_aside')
    assert.equal(of('content', { accepted: 1, refused: 9 }), 'ready')
    assert.equal(of('content', { accepted: 0, refused: 1 }), 'ready')
    assert.equal(of('ok', REFUSED), 'ready')
  })

  const pauses = [undefined, 'throttled', 'rejected', 'by_hand', 'unreachable'] as const
  const results = [undefined, 'ok', 'throttled', 'token', 'content', 'timeout'] as const
  for (const reason of pauses)
    test(`depends on ${reason ?? 'no pause'} with each last result, covered or not, waiting or not`, () => {
      for (const lastResult of results)
        for (const covered of [false, true])
          for (const waiting of [0, 5]) {
            const pausing = reason && { pausedUntil: LATER, pauseReason: reason }
            const { mood, kind } = conditionOf(
              robot('a', { lastResult, covered, waiting, ...pausing }),
            )
            const seen = `${lastResult} ${covered} ${waiting}: ${mood} ${kind}`
            assert.equal(mood === 'calm', kind === 'ready', seen)
            assert.equal(mood === 'bad', kind === 'refused', seen)
            if (reason !== undefined) assert.notEqual(kind, 'ready', seen)
            if (lastResult === 'token') assert.notEqual(mood, 'calm', seen)
            if (reason === 'by_hand' || reason === 'throttled') assert.equal(kind, reason, seen)
            if (reason === 'rejected') assert.equal(kind, 'set_aside', seen)
          }
    })

  test('is not bad for one text that was refused, or a failure before the last success', () => {
    for (const lastResult of ['content', 'too_long', 'ok', 'timeout', undefined])
      assert.equal(conditionOf(robot('a', { lastResult })).kind, 'ready', lastResult)
  })
})
